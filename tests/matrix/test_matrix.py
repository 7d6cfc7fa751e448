"""Every supported cell of estimator x micro policy trains; every other one is refused in time."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from suite.core import registry
from suite.core.api import run as run_suite
from suite.core.build import build, freeze_base
from suite.core.catalog import fact_names
from suite.core.checkpoint import newest_good
from suite.core.config import Request, resolve_request
from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.matrix import Cell, cells
from suite.core.policy import CAPABILITIES
from suite.core.records import Context, Samples
from suite.core.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The task that a policy is tried on, and what the policy needs to fit it."""

    task: str
    settings: dict[str, Any] = field(default_factory=dict)


STAGES = {
    "micro/token": Stage(task="micro/token"),
    "micro/gaussian": Stage(task="micro/gaussian"),
    "micro/unmasking": Stage(task="micro/unmasking"),
    "micro/actor": Stage(task="micro/cartpole", settings={"policy.num_steps": 16}),
    "micro/gflownet": Stage(task="micro/gflownet"),
    "gflownet/micro": Stage(task="molecule/micro"),
    "gflownet/string/micro": Stage(task="micro/gflownet"),
    "control/micro": Stage(task="robotics/micro"),
    "causal_lm/micro": Stage(task="maths/micro"),
    "diffusion/micro": Stage(task="image/micro"),
    "discrete_diffusion/micro": Stage(
        task="micro/unmasking",
        settings={"policy.length": 4, "policy.letters": 4, "policy.num_steps": 4},
    ),
}
SMALL = {
    "controls.enabled": False,
    "train.num_steps": 2,
    "train.eval_samples": 8,
    "train.group_size": 8,
    "train.checkpoint_every": 0,
}


def is_micro(policy: str) -> bool:
    return "micro" in policy.split("/")


def learns_from_demonstrations(algorithm: str) -> bool:
    return bool(registry.find("algorithm", algorithm).facts.get("needs_demonstrations", False))


CELLS = [cell for cell in cells() if is_micro(cell.policy)]
RUNS = [cell for cell in CELLS if cell.runs and not learns_from_demonstrations(cell.algorithm)]
TAUGHT = [cell for cell in CELLS if cell.runs and learns_from_demonstrations(cell.algorithm)]
REFUSED = [cell for cell in CELLS if not cell.runs]


def name_of(cell: Cell) -> str:
    return f"{cell.algorithm}-on-{cell.policy}"


def options(cell: Cell) -> dict[str, Any]:
    """What ``run`` and ``Request`` take, for one cell."""
    stage = STAGES[cell.policy]
    own = registry.make_task(stage.task).policy.name
    settings = {**SMALL, **stage.settings}
    policy = None if own == cell.policy else cell.policy
    return {"task": stage.task, "algo": cell.algorithm, "policy": policy, "settings": settings}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    assert before.keys() == after.keys()
    return any(not torch.equal(before[name], after[name]) for name in before)


# --- which cells there are ----------------------------------------------------------------------


def test_every_micro_policy_has_a_task_to_be_tried_on() -> None:
    """A family that joins brings its stage here, or its cells would go untried."""
    micro = {entry.name for entry in registry.entries("policy") if is_micro(entry.name)}
    assert micro == set(STAGES)
    assert micro == {cell.policy for cell in CELLS}


def test_every_algorithm_and_preset_is_tried_on_a_policy() -> None:
    named = {entry.name for entry in registry.entries("algorithm")}
    assert {cell.algorithm for cell in [*RUNS, *TAUGHT]} == named


def test_the_matrix_speaks_of_what_the_policies_answer() -> None:
    """A manifest's capabilities are those of the class, or the matrix would promise too much."""
    for name, stage in STAGES.items():
        told = fact_names(registry.find("policy", name), "capabilities", ())
        use = registry.make_task(stage.task).policy
        given = dict(use.config) if use.name == name else {}
        given |= {key.removeprefix("policy."): value for key, value in stage.settings.items()}
        assert registry.make_policy(name, given).capabilities == told, name


# --- cells that run -----------------------------------------------------------------------------


@pytest.mark.parametrize("cell", RUNS, ids=name_of)
def test_a_supported_cell_trains(cell: Cell, tmp_path: Path) -> None:
    """Two steps through the one trainer move the weights, and every metric is a number."""
    folder = tmp_path / "run"
    outcome = run_suite(out=folder, **options(cell))

    assert outcome.info["status"] == "finished"
    assert outcome.report.is_file()
    good, passed = newest_good(folder / "checkpoints")
    assert good is not None
    assert passed == []
    assert changed(load_file(folder / "base.safetensors"), load_file(good / "policy.safetensors"))

    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert len(losses) == 2
    numbers = [v for row in rows for v in row.values() if isinstance(v, int | float)]
    assert all(math.isfinite(number) for number in numbers)


# --- cells that need demonstrations -------------------------------------------------------------


@pytest.mark.parametrize("cell", TAUGHT, ids=name_of)
def test_a_task_without_demonstrations_says_so(cell: Cell, tmp_path: Path) -> None:
    """Micro tasks have none: the right outcome is a clear line, not a run on nothing."""
    with pytest.raises(SuiteError, match="has no demonstrations to learn from"):
        run_suite(out=tmp_path / "run", **options(cell))


class Taught(Contexts):
    """The first context asked of, and sixteen demonstrations of whatever the policy makes."""

    num_demonstrations = 16

    def __init__(self, samples: Samples, asked: Context) -> None:
        self.samples, self.asked = samples, asked

    def train(self, index: Tensor) -> Context:
        native = self.asked.native
        return Context(index=torch.zeros_like(index), native=native and native[:1] * len(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        if self.samples.tokens is not None:
            return self.train(index), Samples(tokens=self.samples.tokens[index])
        assert self.samples.values is not None
        return self.train(index), Samples(values=self.samples.values[index])


@pytest.mark.parametrize("cell", TAUGHT, ids=name_of)
def test_likelihood_training_makes_the_demonstrations_likelier(cell: Cell) -> None:
    """One sample sixteen times over: its own likelihood is all that there is to learn."""
    request = options(cell)
    request["settings"] |= {"train.num_steps": 30, "train.learning_rate": 0.03}
    built = build(resolve_request(Request(**request)))
    freeze_base(built)
    run = built.run
    made = run.sample(0, group_size=8, purpose="demonstrations").trajectory
    drawn = made.sample
    if drawn.tokens is not None:
        shown = Samples(tokens=drawn.tokens[:1].expand(16, -1))
    else:
        assert drawn.values is not None
        shown = Samples(values=drawn.values[:1].expand(16, *drawn.values.shape[1:]))
    run.contexts = Taught(shown, made.context)
    Trainer(run, built.algorithm).train()

    rows = torch.arange(16)
    empty = run.contexts.train(rows)
    with torch.no_grad():
        before, after = (
            policy.nll(shown, empty, run.streams(0, "held", rows), draws=8).mean()
            for policy in (run.base, run.policy)
        )
    assert float(after) < float(before) - 0.1


# --- cells that do not --------------------------------------------------------------------------


@pytest.mark.parametrize("cell", REFUSED, ids=name_of)
def test_an_unsupported_cell_is_refused_before_anything_is_built(
    cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was built before the capabilities were checked")

    for kind in ("policy", "reward", "contexts", "environment"):
        monkeypatch.setattr(registry, f"make_{kind}", built)
    with pytest.raises(SuiteError) as caught:
        run_suite(out=tmp_path / "run", **options(cell))

    asked, has, fits = str(caught.value).split("\n")
    missing = "; ".join(f"{name} ({CAPABILITIES[name]})" for name in cell.missing)
    assert asked == (
        f"the algorithm '{cell.algorithm}' asks for {missing}, "
        f"which the policy '{cell.policy}' does not answer."
    )
    told = fact_names(registry.find("policy", cell.policy), "capabilities", ())
    assert has == f"It answers: {', '.join(sorted(told))}."
    trained = [c.algorithm for c in CELLS if c.policy == cell.policy and c.runs]
    assert fits == f"Algorithms that fit: {', '.join(trained)}. Run `suite matrix` for all of them."
