"""Conformance of a Sampler, on a small run. Shapes: C contexts, G samples each, B = C G rows."""

import copy
from dataclasses import dataclass, replace

import torch
from pydantic import ValidationError
from torch import Tensor

from suite.core.policy import CAPABILITIES
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.core.run import Collected, Run
from suite.core.sampler import Sampler
from suite.testing.checks import Check, leaves, require, run_checks

CONTEXTS, GROUP = 2, 3
FACTS = (
    "unit", "bounds", "invalid_value", "views", "differentiable", "executes_code", "needs_network",
    "deterministic",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplerSubject:
    """A sampler and a run that it may draw in; every check draws in a copy of the run."""

    sampler: Sampler
    run: Run

    def fresh(self, *, seed: int = 0, reward: Reward | None = None) -> Run:
        """The run as ``suite sample`` would start it."""
        return replace(
            self.run,
            seed=seed,
            reward=reward or self.run.reward,
            policy=copy.deepcopy(self.run.policy),
            state={},
            journal=None,
            reward_calls=0,
            sampler=None,
        )

    def draw(self, run: Run | None = None, *, seed: int = 0, step: int = 0) -> Collected:
        """G samples for each of C contexts."""
        run = run or self.fresh(seed=seed)
        return self.sampler.sample(
            run, step, num_contexts=CONTEXTS, group_size=GROUP, purpose="conformance"
        )


class Counted(Reward):
    """Another reward that counts the samples it is asked about."""

    def __init__(self, reward: Reward) -> None:
        self.reward, self.calls = reward, 0
        for name in FACTS:
            setattr(self, name, getattr(reward, name))

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """The other reward's scores."""
        self.calls += len(samples)
        return self.reward(samples, context)


def check_sampler(sampler: Sampler, run: Run) -> None:
    """Hold a sampler to its contract.

    Args:
        sampler: what is checked.
        run: a run whose policy answers what the sampler asks for, with a reward if it needs one;
            it is drawn from several times.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(SAMPLER_CHECKS, SamplerSubject(sampler=sampler, run=run))


def is_frozen_settings(subject: SamplerSubject) -> None:
    """A sampler is settings that cannot be changed, and refuses those it does not know."""
    config = type(subject.sampler).model_config
    require(
        config.get("frozen") and config.get("extra") == "forbid",
        "keep Sampler's model_config: frozen=True, extra='forbid'",
    )
    try:
        type(subject.sampler).model_validate({"no_such_setting": 1})
    except ValidationError:
        return
    raise AssertionError("an unknown setting is accepted; keep extra='forbid'")


def asks_for_known_capabilities(subject: SamplerSubject) -> None:
    """``requires`` are capabilities, and this run's policy has them."""
    wanted = subject.sampler.requires
    unknown = sorted(wanted - set(CAPABILITIES))
    require(not unknown, f"unknown capabilities {unknown}; known are {sorted(CAPABILITIES)}")
    missing = sorted(wanted - subject.run.policy.capabilities)
    require(not missing, f"the run's policy lacks {missing}; check on a policy that has them")


def returns_the_samples_asked_for(subject: SamplerSubject) -> None:
    """G samples for each of C contexts, side by side, each with a score and finite where valid."""
    drawn = subject.draw()
    trajectory, rows = drawn.trajectory, CONTEXTS * GROUP
    require(
        len(trajectory) == len(drawn.scores.value) == rows,
        f"{CONTEXTS} contexts of {GROUP} give {len(trajectory)} samples with "
        f"{len(drawn.scores.value)} scores; return {rows} of each",
    )
    index = trajectory.context.index.view(CONTEXTS, GROUP)
    require(
        bool((index == index[:, :1]).all()),
        f"samples of one context are not side by side: contexts {index.flatten().tolist()}",
    )
    values = drawn.value[trajectory.valid_rows & drawn.scores.valid]
    require(bool(torch.isfinite(values).all()), f"scores of valid rows are {values.tolist()}")


def repeats_itself_with_one_seed(subject: SamplerSubject) -> None:
    """Equal seeds and steps give equal samples; another seed and another step give others."""
    first, again = subject.draw(), subject.draw()
    require(
        _same(first.trajectory.sample, again.trajectory.sample)
        and torch.equal(first.value, again.value),
        "two draws with one seed differ; draw through run.sample and run.streams alone",
    )
    for name, other in (("seed", subject.draw(seed=1)), ("step", subject.draw(step=1))):
        require(
            not _same(first.trajectory.sample, other.trajectory.sample),
            f"another {name} gives the same samples; pass the {name} on to what draws",
        )


def weighs_with_finite_numbers(subject: SamplerSubject) -> None:
    """``log_weight`` is None, or a finite number a sample."""
    weight = subject.draw().trajectory.log_weight
    if weight is None:
        return
    require(
        weight.shape == (CONTEXTS * GROUP,),
        f"log_weight is {tuple(weight.shape)}; give one number a sample, [{CONTEXTS * GROUP}]",
    )
    require(bool(torch.isfinite(weight).all()), f"log_weight is {weight.tolist()}")


def counts_its_reward_calls(subject: SamplerSubject) -> None:
    """The run is charged for every sample that is scored, ``calls_a_sample`` for each returned."""
    reward = None if subject.run.reward is None else Counted(subject.run.reward)
    run = subject.fresh(reward=reward)
    subject.draw(run)
    asked = run.reward_calls if reward is None or run.environment is not None else reward.calls
    require(
        run.reward_calls == asked,
        f"{asked} samples were scored and {run.reward_calls} charged; score through run.sample, or "
        "call run.charge_reward_calls",
    )
    promised = CONTEXTS * GROUP * subject.sampler.calls_a_sample()
    require(
        asked == promised,
        f"{CONTEXTS * GROUP} samples cost {asked} calls, and calls_a_sample() says {promised}",
    )


def changes_no_weight(subject: SamplerSubject) -> None:
    """Sampling trains nothing."""
    run = subject.fresh()
    before = copy.deepcopy(run.policy.state_dict())
    subject.draw(run)
    changed = [n for n, v in run.policy.state_dict().items() if not torch.equal(v, before[n])]
    require(not changed, f"the weights {changed[:3]} changed")


SAMPLER_CHECKS: tuple[Check[SamplerSubject], ...] = (
    is_frozen_settings,
    asks_for_known_capabilities,
    returns_the_samples_asked_for,
    repeats_itself_with_one_seed,
    weighs_with_finite_numbers,
    counts_its_reward_calls,
    changes_no_weight,
)


def _same(one: Samples, other: Samples) -> bool:
    pairs = zip(leaves(one), leaves(other), strict=True)
    return all(torch.equal(a, b) if isinstance(a, Tensor) else a == b for a, b in pairs)
