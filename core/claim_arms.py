"""What a claim asks for: its two arms as runs, checked, and the keys of what they rest on."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from suite.core import registry
from suite.core.claim_cells import Tried
from suite.core.claim_key import Key, key_of
from suite.core.config import Config, Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.task import Arm, Claim

CONTROL = "control:"
SAMPLER = "sampler:"
FILLER = "best_quarter"  # the role of an algorithm that may hold a sampler: a run must name one
ARMS = ("method", "baseline")


def load_claim(name: str) -> Claim:
    """A claim by name, checked.

    Raises:
        SuiteError: there is none, or it compares what cannot be compared.
    """
    claim = registry.make_claim(name)
    problems = [text for wrong, text in _problems(claim) if wrong]
    if problems:
        raise SuiteError(f"the claim '{name}' is wrong: {'; '.join(problems)}.\nMend its file.")
    return claim


def _problems(claim: Claim) -> Iterator[tuple[bool, str]]:
    grids = len(claim.method.grid), len(claim.baseline.grid)
    control = control_of(claim.baseline)
    yield grids[0] != grids[1], f"its arms try {grids[0]} and {grids[1]} configurations"
    yield 0 in grids, "a grid is empty"
    yield control_of(claim.method) is not None, "its method is a control; only a baseline may be"
    yield control is not None and claim.match is not None, "a control has no curve to match"
    yield (
        control is not None and (max(grids) > 1 or bool(claim.baseline.overrides)),
        "a control takes the method's configuration: leave its grid and overrides out",
    )
    yield len(set(claim.seeds)) < max(2, len(claim.seeds)), "it needs two or more different seeds"
    yield claim.tuning_seed in claim.seeds, "its tuning seed is one of its seeds"
    samplers = sampler_of(claim.method), sampler_of(claim.baseline)
    yield any(samplers) and claim.match is not None, "a sampler has no curve to match"
    yield samplers[0] is not None and control is not None, "a control needs a method that trains"
    yield claim.minimum_effect <= 0, "its minimum effect is not above 0"


def control_of(arm: Arm) -> str | None:
    """The control that an arm stands for, or None for a method."""
    return arm.algo.removeprefix(CONTROL) if arm.algo.startswith(CONTROL) else None


def sampler_of(arm: Arm) -> str | None:
    """The sampler that draws from the base in an arm, or None for a method."""
    return arm.algo.removeprefix(SAMPLER) if arm.algo.startswith(SAMPLER) else None


def arm_config(claim: Claim, arm: str, overrides: Mapping[str, Any], seed: int) -> Config:
    """The run that measures an arm; that of a control is its method's run with the control on.

    A sampler's arm is a run that is built and drawn from, and not trained.

    Raises:
        SuiteError: the task, the algorithm or a setting does not exist.
    """
    control = control_of(claim.baseline)
    side = claim.method if arm == "method" or control is not None else claim.baseline
    wanted = {"controls.enabled": False} if control is None else {"controls.only": [control]}
    settings = {**claim.settings, **side.overrides, **overrides, **wanted}
    sampler = sampler_of(side)
    algo = side.algo
    if sampler is not None:
        filler = registry.by_role("algorithm", FILLER)
        assert filler is not None
        algo = filler.name
    return resolve_request(
        Request(task=claim.task, algo=algo, sampler=sampler, seed=seed, settings=settings)
    )


def arm_key(claim: Claim, arm: str, overrides: Mapping[str, Any], seed: int) -> Key:
    """What a cell rests on now."""
    control = control_of(claim.baseline)
    config = arm_config(claim, arm, overrides, seed)
    # Both arms of a run with a control come from that run, so both rest on the control's code.
    return key_of(config, control)


def tuning_key(claim: Claim, arm: str) -> str:
    """What a tuning rests on: the keys of its runs without core, and what they were scored by."""
    grid = getattr(claim, arm).grid
    keys = [arm_key(claim, arm, overrides, claim.tuning_seed) for overrides in grid]
    rows = [{**asdict(key), "core": None} for key in keys]
    text = json.dumps([claim.metric, rows], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def choose(claim: Claim, tried: tuple[Tried, ...]) -> Mapping[str, Any]:
    """The overrides with the best score on the tuning seed; the first of equals."""
    if len(tried) == 1:
        return tried[0].overrides
    sign = 1.0 if claim.direction == "higher" else -1.0
    scores = [sign * one.score if one.score is not None else -math.inf for one in tried]
    return tried[scores.index(max(scores))].overrides
