"""Each check of a policy passes on sound ones, and finds the fault that it is named after."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.contexts import Unconditioned
from suite.core.distributions import Categorical, RelaxedTokens, StepDistribution
from suite.core.environment import Environment
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.micro.unmasking import UnmaskingPolicy
from suite.testing import check_policy
from suite.testing import policy as checks
from suite.testing.checks import run_check

SIZE = {"length": 3, "letters": 3, "num_steps": 3, "network": "mlp", "width": 8, "seed": 0}


def context(size: int = 5) -> Context:
    return Unconditioned().train(torch.arange(size))


class UnknownCapability(UnmaskingPolicy):
    capabilities: ClassVar[frozenset[str]] = frozenset({"samples", "guesses"})


class TooManySteps(UnmaskingPolicy):
    """Says that it takes two decisions a sample, and its record says three."""

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return {"tokens": end["tokens"][:2], "revealed_at": end["revealed_at"]}


class GlobalNoise(UnmaskingPolicy):
    def start(self, context: Context, streams: Streams) -> State:
        state = super().start(context, streams)
        return {**state, "relaxed": state["relaxed"] + torch.rand(state["relaxed"].shape)}


class MixedRows(UnmaskingPolicy):
    """Each row's input holds the mean over the batch, as batch normalisation would."""

    def step(self, state: State, t: Tensor) -> StepDistribution:
        tokens = state["tokens"].float()
        shift = tokens.mean() * torch.arange(self.letters + 1)
        return self._law(state["relaxed"] + shift, state["tokens"], t)


class CrowdedSlots(UnmaskingPolicy):
    refills: ClassVar[bool] = True

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return dict(steps)

    def refill(self, state: State, slots: Tensor, fresh: State) -> State:
        """A fresh row goes on from what the row before it left."""
        return {**state, "active": super().refill(state, slots, fresh)["active"]}


class OtherLawInReplay(UnmaskingPolicy):
    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        law, decision = super().replay(trajectory, steps)
        law.log_p = law.log_p - 0.01  # type: ignore[attr-defined]
        return law, decision


class WrongSteps(UnmaskingPolicy):
    """Answers the first steps whichever are asked for."""

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        count = self.num_steps if steps is None else len(steps)
        return super().replay(trajectory, torch.arange(count))


class Unnormalised(UnmaskingPolicy):
    def _law(self, relaxed: Tensor, tokens: Tensor, t: Tensor) -> Any:
        law = super()._law(relaxed, tokens, t)
        law.log_p = law.log_p + 2.0
        return law


class WrongKl(UnmaskingPolicy):
    def _law(self, relaxed: Tensor, tokens: Tensor, t: Tensor) -> Any:
        law = super()._law(relaxed, tokens, t)
        kl = law.kl
        law.kl = lambda other: kl(other) - 1.0  # type: ignore[method-assign]
        return law


class ForgetfulState(UnmaskingPolicy):
    """Reads a number that no checkpoint keeps."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.shift = 3.0

    def __deepcopy__(self, memo: dict[int, Any]) -> "ForgetfulState":
        twin = type(self)(**SIZE)
        twin.load_state_dict(self.state_dict())
        twin.shift = 0.0
        return twin

    def step(self, state: State, t: Tensor) -> StepDistribution:
        shift = self.shift * torch.arange(self.letters + 1)
        return self._law(state["relaxed"] + shift, state["tokens"], t)


class SharedReference(UnmaskingPolicy):
    def reference_copy(self) -> Policy:
        return self


class InfiniteLikelihood(UnmaskingPolicy):
    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        return super().nll(samples, context, streams, draws=draws) / 0.0


class SoftSamples(UnmaskingPolicy):
    """Relaxed rollouts that draw other letters than plain ones."""

    def relaxed_finish(self, state: State) -> Samples:
        found = super().relaxed_finish(state)
        assert found.tokens is not None
        return Samples(tokens=found.tokens.flip(1), relaxed=found.relaxed)


class DetachedSamples(UnmaskingPolicy):
    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        return {key: value.detach() for key, value in super().advance(state, t, decision).items()}


class ShortFeatures(UnmaskingPolicy):
    def features(self, trajectory: Trajectory) -> Tensor:
        return super().features(trajectory)[:, :-1]


class SurePast(UnmaskingPolicy):
    def log_backward(self, trajectory: Trajectory) -> Tensor:
        return super().log_backward(trajectory) + 9.0


FAULTS: list[tuple[type[Policy], Callable[[Any], None], str]] = [
    (UnknownCapability, checks.claims_known_capabilities, "unknown capabilities ['guesses']"),
    (TooManySteps, checks.records_a_rollout_in_the_right_shapes, "'tokens' must lead with B = 5"),
    (GlobalNoise, checks.samples_the_same_from_the_same_streams, "from equal streams differ"),
    (MixedRows, checks.samples_each_row_by_its_own_stream, "no operation may mix rows"),
    (CrowdedSlots, checks.makes_the_same_samples_in_slots, "in two slots; refill must put"),
    (OtherLawInReplay, checks.rebuilds_its_record_exactly, "log_prob of the replay is up to"),
    (WrongSteps, checks.rebuilds_its_record_exactly, "from the same steps of replay()"),
    (Unnormalised, checks.gives_no_decision_more_than_certainty, "normalise the law"),
    (WrongKl, checks.is_at_no_distance_from_itself, "the KL to itself is 1"),
    (ForgetfulState, checks.survives_a_checkpoint, "samples differ after load_state_dict"),
    (SharedReference, checks.freezes_its_reference, "without gradients"),
    (InfiniteLikelihood, checks.knows_its_likelihood, "nll of the policy's own samples is not"),
    (SoftSamples, checks.carries_gradients_through_its_sampler, "rsample must equal sample"),
    (
        DetachedSamples,
        checks.carries_gradients_through_its_sampler,
        "the relaxed sample carries no",
    ),
    (ShortFeatures, checks.describes_its_states_to_a_critic, "return [B, T + 1, num_features]"),
    (SurePast, checks.knows_its_backward_law, "a backward move has a probability above 1"),
]

SOUND: dict[str, dict[str, Any]] = {
    "micro/token": {"length": 3, "letters": 4},
    "micro/unmasking": {"length": 3, "letters": 4},
    "micro/gaussian": {},
    "micro/gflownet": {"length": 3, "letters": 2},
    "gflownet/string/micro": {"length": 3, "letters": 2, "growth": "both_ends"},
    "discrete_diffusion/micro": {"length": 6, "letters": 4, "num_steps": 4},
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_policy_passes_every_check(name: str) -> None:
    check_policy(registry.make_policy(name, SOUND[name]), context())


@pytest.mark.parametrize(
    ("kind", "check", "message"), FAULTS, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_fault_is_found_by_the_check_named_after_it(
    kind: type[Policy], check: Callable[[Any], None], message: str
) -> None:
    policy = kind(**SIZE)

    with pytest.raises(AssertionError) as caught:
        run_check(check, checks.PolicySubject(policy, context()))
    assert message in str(caught.value)
    with pytest.raises(AssertionError):
        check_policy(policy, context())


def test_every_check_finds_some_fault() -> None:
    assert {check for _, check, _ in FAULTS} == set(checks.POLICY_CHECKS)


@pytest.mark.parametrize("continuous", [False, True])
def test_a_policy_that_acts_is_checked_in_its_environment(
    walk: Environment, continuous: bool
) -> None:
    settings = {"observation": 2, "actions": 2, "continuous": continuous, "num_steps": 6}
    policy = registry.make_policy("micro/actor", settings)

    check_policy(policy, context(), environment=walk)
    with pytest.raises(AssertionError, match="checked with environment="):
        check_policy(policy, context())


def test_two_rows_are_too_few_to_tell_orders_apart() -> None:
    policy = registry.make_policy("micro/token", SOUND["micro/token"])
    with pytest.raises(AssertionError, match="at least 3 rows"):
        check_policy(policy, context(2))


def test_a_certain_decision_is_allowed() -> None:
    """Probability 1 is log-probability 0 exactly, and its entropy 0."""
    law = Categorical(torch.tensor([[0.0, -1e9]]))
    assert float(law.log_prob(torch.tensor([0]))) == 0.0
    assert float(law.entropy()) == 0.0
