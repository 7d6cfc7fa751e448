"""Self-checks before the first update: printed, stored, and fatal where going on would be wrong.

Shapes: B samples, T decisions.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from suite.core.algorithm import Algorithm
from suite.core.errors import SuiteError
from suite.core.records import Trajectory
from suite.core.run import Run

NUM_GROUPS = 4
TOLERANCE = {"fp32": 1e-4, "bf16": 0.1}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding: what was measured, and whether it is as it must be."""

    name: str
    ok: bool
    value: float | None
    detail: str

    def row(self) -> dict[str, Any]:
        """The check as plain data."""
        return asdict(self)


def self_checks(run: Run, algorithm: Algorithm) -> list[Check]:
    """Every check that applies to this run; samples are drawn under a purpose of their own.

    Raises:
        SuiteError: a check failed that would make every later number wrong.
    """
    checks = [*_disjoint(run), *_oracles(run)]
    a_process = -(-run.processes.size // NUM_GROUPS)  # every process needs a sample
    size = max(2, min(8, run.settings.group_size), a_process)
    collected = run.sample(
        0, num_contexts=NUM_GROUPS, group_size=size, purpose="selfcheck", counted=False
    )
    checks += [_calls(len(collected.trajectory))]
    checks += _rewards(collected.value, collected.trajectory)
    if "scores" in run.policy.capabilities:
        checks += _ratio(run, collected.trajectory)
        checks += _kl(run, collected.trajectory)
    fatal = [check for check in checks if not check.ok]
    if fatal:
        lines = "\n".join(f"  {c.name}: {c.detail}" for c in fatal)
        raise SuiteError(
            f"self-checks failed before the first update:\n{lines}\nNothing was trained."
        )
    return checks


def _calls(count: int) -> Check:
    """A budget counts what the algorithm asks for; what the suite asks itself is told apart."""
    return Check(
        name="reward calls of the self-checks",
        ok=True,
        value=float(count),
        detail=f"{count} samples were scored; they do not count against max_reward_calls",
    )


def _ratio(run: Run, trajectory: Trajectory) -> list[Check]:
    """Old log-probs re-scored by the update's code (gradients on, chunks, recomputation)."""
    with torch.no_grad():
        old = run.score(trajectory).log_prob
    with torch.enable_grad():
        new = run.score(trajectory).log_prob.detach()
    ratio = float(((new - old).exp() - 1.0).abs().max())
    difference = (new - trajectory.log_prob).abs().sum(dim=1)
    mismatch = float(difference.max())
    limit = TOLERANCE[run.processes.precision]
    return [
        Check(
            name="importance ratio is 1",
            ok=ratio <= limit,
            value=ratio,
            detail=f"largest |ratio - 1| is {ratio:.2g}; at most {limit:g} is allowed",
        ),
        Check(
            name="sampler mismatch",
            ok=mismatch <= max(limit, 1e-3) * 10,
            value=mismatch,
            detail=f"sampled and re-scored log-probs differ by {mismatch:.2g} nats a sample",
        ),
    ]


def _kl(run: Run, trajectory: Trajectory) -> list[Check]:
    with torch.no_grad():
        kl = run.score(trajectory, kl=True).kl
    assert kl is not None
    lowest, largest = float(kl.min()), float(kl.abs().max())
    limit = TOLERANCE[run.processes.precision]
    same = all(
        torch.equal(a, b)
        for a, b in zip(
            run.policy.state_dict().values(), run.base.state_dict().values(), strict=True
        )
    )
    ok = lowest >= -limit and (not same or largest <= limit)
    detail = f"lowest {lowest:.2g}, largest {largest:.2g} nats a decision"
    return [Check(name="KL to the start policy", ok=ok, value=largest, detail=detail)]


def _rewards(value: torch.Tensor, trajectory: Trajectory) -> list[Check]:
    good = value[trajectory.valid_rows]
    finite = bool(torch.isfinite(good).all())
    flat = sum(
        1 for g in trajectory.group.unique() if float(value[trajectory.group == g].std()) == 0.0
    )
    groups = len(trajectory.group.unique())
    return [
        Check(
            name="rewards are finite",
            ok=finite,
            value=None,
            detail="every score of the first samples is a number" if finite else "some are not",
        ),
        Check(
            name="groups with spread",
            ok=True,
            value=1.0 - flat / groups,
            detail=f"{groups - flat} of {groups} contexts gave samples of different reward",
        ),
    ]


def _disjoint(run: Run) -> list[Check]:
    train, held_out = run.contexts.fingerprints()
    if not held_out:
        return []
    shared = len(train & held_out)
    return [
        Check(
            name="train and held-out contexts are disjoint",
            ok=shared == 0,
            value=float(shared),
            detail=f"{shared} of {len(held_out)} held-out contexts are also training contexts",
        )
    ]


def _oracles(run: Run) -> list[Check]:
    """A training oracle must not have seen the rows that it is judged by.

    A reward says what it learned from in ``training_rows``; a held-out reward that looks measured
    values up instead of learning them names those rows in ``evaluation_rows``. Both are hashes.
    """
    seen = getattr(run.reward, "training_rows", None)
    judges = (getattr(run.held_out_reward, n, None) for n in ("training_rows", "evaluation_rows"))
    known = [rows for rows in judges if rows is not None]
    if seen is None or not known:
        return []
    rows = frozenset().union(*known)
    shared = len(seen & rows)
    advice = "; train the two on different rows" if shared else ""
    return [
        Check(
            name="oracles were trained on disjoint data",
            ok=shared == 0,
            value=float(shared),
            detail=f"{shared} of the held-out reward's {len(rows)} rows were seen by the training "
            f"oracle{advice}",
        )
    ]


def report(checks: list[Check], say: Callable[[str], None]) -> None:
    """One line a check."""
    for check in checks:
        say(f"  {'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
