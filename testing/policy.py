"""Conformance of a Policy. Shapes: B samples, T decisions, S steps of a replay, F features.

The subject is rolled out once; the checks then ask the policy the same questions in other ways
(re-scored, in another order, from a copy) and compare.
"""

import copy
import pickle
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from suite.core.distributions import StepDistribution
from suite.core.environment import Environment
from suite.core.policy import CAPABILITIES, Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory
from suite.core.relaxed import relaxed_rollout
from suite.core.rollout import rollout, rollout_in_batches
from suite.core.scoring import score
from suite.core.trees import take_rows
from suite.testing.checks import Check, distance, require, run_checks

RATIO_TOLERANCE = 1e-5  # of log-probabilities, relative where they exceed 1 nat
ORDER_TOLERANCE = 1e-5  # of continuous samples drawn in another batch
PERTURBATION = 0.05  # of each weight, to get a second policy


@dataclass(eq=False)
class PolicySubject:
    """A policy with what it is asked, and the rollout that the checks compare with."""

    policy: Policy
    context: Context
    environment: Environment | None = None
    seed: int = 0

    def roll(self, rows: Tensor | None = None, *, policy: Policy | None = None) -> Trajectory:
        """Samples of ``rows`` [K] of the context, each with its own stream."""
        rows = torch.arange(len(self.context)) if rows is None else rows
        streams = Streams(self.seed, 0, "conformance", rows.tolist())
        return rollout(
            policy or self.policy,
            take_rows(self.context, rows),
            streams,
            environment=self.environment,
        )

    @cached_property
    def trajectory(self) -> Trajectory:
        """The rollout of every row."""
        return self.roll()

    def can(self, capability: str) -> bool:
        """Whether the policy says so."""
        return capability in self.policy.capabilities

    @cached_property
    def discrete(self) -> bool:
        """Whether decisions are letters, of which no probability exceeds 1."""
        _, decision = self.laws()
        return not decision.is_floating_point()

    def laws(self) -> tuple[StepDistribution, Tensor]:
        """The laws of all steps of the record, and the decisions."""
        with torch.no_grad():
            return self.policy.replay(self.trajectory)


def check_policy(
    policy: Policy, context: Context, *, environment: Environment | None = None, seed: int = 0
) -> None:
    """Hold a policy to the capabilities that it claims.

    Args:
        policy: what is checked; its weights stay as they are.
        context: what samples are asked for, B >= 3 rows.
        environment: what a policy that ``acts`` meets.
        seed: of the random streams.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    require(len(context) >= 3, "pass a context of at least 3 rows, so that orders differ")
    subject = PolicySubject(policy, context, environment, seed)
    run_checks(POLICY_CHECKS, subject)


def claims_known_capabilities(subject: PolicySubject) -> None:
    """Capabilities are a subset of core.policy.CAPABILITIES that holds "samples"."""
    claimed = subject.policy.capabilities
    unknown = sorted(claimed - set(CAPABILITIES))
    require(not unknown, f"unknown capabilities {unknown}; known are {sorted(CAPABILITIES)}")
    require("samples" in claimed, 'every policy answers "samples"; add it to capabilities')
    require(
        subject.can("acts") == (subject.environment is not None),
        'a policy that "acts" is checked with environment=, and no other policy is',
    )
    require(
        any(p.requires_grad for p in subject.policy.parameters()),
        "no parameter can be trained; register the weights as nn.Parameter or sub-modules",
    )


def records_a_rollout_in_the_right_shapes(subject: PolicySubject) -> None:
    """A rollout records mask and finite log_prob [B, T], and tensors that lead with B."""
    record, size = subject.trajectory, len(subject.context)
    shape = tuple(record.mask.shape)
    require(
        len(shape) == 2 and shape[0] == size and 1 <= shape[1] <= subject.policy.num_steps,
        f"mask is {shape}; it must be [{size}, T] with T between 1 and num_steps = "
        f"{subject.policy.num_steps}",
    )
    require(tuple(record.log_prob.shape) == shape, f"log_prob must be {shape} as the mask is")
    require(bool(record.mask.any(dim=1).all()), "some row made no decision: start it active")
    require(
        bool(torch.isfinite(record.log_prob).all()), "log_prob of a sampled decision is not finite"
    )
    require(len(record.sample) == size, f"finish returns {len(record.sample)} of {size} samples")
    for name, values in record.decisions.items():
        require(values.shape[0] == size, f"pack's '{name}' must lead with B = {size}")


def samples_the_same_from_the_same_streams(subject: PolicySubject) -> None:
    """Everything random comes from the streams: the same ones give bitwise the same samples."""
    require(
        _gap(subject.roll(), subject.trajectory) == 0.0,
        "two rollouts from equal streams differ; draw only through the Streams given to start, "
        "step and sample",
    )


def samples_each_row_by_its_own_stream(subject: PolicySubject) -> None:
    """A row's sample does not depend on its slot or on the rows beside it."""
    size = len(subject.context)
    for rows in (torch.arange(size).flip(0), torch.tensor([size // 2])):
        again = subject.roll(rows)
        gap = _gap(again, take_rows(subject.trajectory, rows))
        how = "the batch is turned around" if len(rows) > 1 else "a row is drawn alone"
        require(
            gap <= ORDER_TOLERANCE,
            f"samples change by {gap:.2g} when {how}; no operation may mix rows (batch "
            "normalisation, one draw for the whole batch)",
        )


def makes_the_same_samples_in_slots(subject: PolicySubject) -> None:
    """Where rows refill slots, neither their number nor who stood there before says anything."""
    if not subject.policy.refills or subject.environment is not None:
        return
    streams = Streams(subject.seed, 0, "conformance", range(len(subject.context)))
    again = rollout_in_batches(subject.policy, subject.context, streams, batch_size=2)
    gap = _gap(again, subject.trajectory)
    require(
        gap <= ORDER_TOLERANCE,
        f"samples change by {gap:.2g} in two slots; refill must put fresh rows in the place of "
        "those that are over, and step must read each row's own t",
    )


def rebuilds_its_record_exactly(subject: PolicySubject) -> None:
    """Re-scored log-probabilities are those of the rollout, so that the importance ratio is 1."""
    if not subject.can("scores"):
        return
    record = subject.trajectory
    scored = _scored(subject, subject.policy).log_prob
    gap = distance(scored, record.log_prob)
    require(
        gap <= RATIO_TOLERANCE,
        f"log_prob of the replay is up to {gap:.2g} from that of the rollout; pack must keep what "
        "rebuilds every state bitwise, and replay must use the same law",
    )
    last = torch.tensor([record.num_steps - 1])
    part = score(subject.policy, record, steps=last).log_prob.detach()
    gap = distance(part, record.log_prob[:, last])
    require(
        gap <= RATIO_TOLERANCE, f"replay(steps=...) is {gap:.2g} from the same steps of replay()"
    )


def gives_no_decision_more_than_certainty(subject: PolicySubject) -> None:
    """Log-probabilities of discrete decisions are at most 0, and entropies at least 0."""
    if not subject.can("scores") or not subject.discrete:
        return
    highest = float(subject.trajectory.log_prob.max())
    require(
        highest <= 1e-6, f"a discrete decision has log_prob {highest:.2g} > 0; normalise the law"
    )
    law, _ = subject.laws()
    if law.has_entropy:
        scores = score(subject.policy, subject.trajectory, entropy=True)
        assert scores.entropy is not None
        lowest = float(scores.entropy.detach().min())
        require(lowest >= -1e-5, f"a discrete decision has entropy {lowest:.2g} < 0")


def is_at_no_distance_from_itself(subject: PolicySubject) -> None:
    """The KL to itself is 0, and that to another policy of its family is never negative."""
    if not subject.can("scores") or not subject.laws()[0].has_kl:
        return
    own = _scored(subject, subject.policy, reference=subject.policy.reference_copy()).kl
    other = _scored(subject, subject.policy, reference=_perturbed(subject.policy)).kl
    assert own is not None
    assert other is not None
    require(float(own.abs().max()) <= 1e-5, f"the KL to itself is {float(own.abs().max()):.2g}")
    require(
        bool(torch.isfinite(other).all()) and float(other.min()) >= -1e-5,
        f"the KL to a policy with other weights is {float(other.min()):.2g}; it must be finite and "
        "at least 0",
    )


def survives_a_checkpoint(subject: PolicySubject) -> None:
    """state_dict, loaded into a copy with other weights, and pickle give the same samples back."""
    loaded = _perturbed(subject.policy)
    loaded.load_state_dict(subject.policy.state_dict())
    pickled = pickle.loads(pickle.dumps(subject.policy))
    for way, twin in (("load_state_dict", loaded), ("pickle", pickled)):
        require(
            _gap(subject.roll(policy=twin), subject.trajectory) == 0.0,
            f"samples differ after {way}; everything that sampling reads must be a parameter, a "
            "buffer or a setting",
        )


def freezes_its_reference(subject: PolicySubject) -> None:
    """The reference copy shares no weight with the policy and takes no gradient."""
    reference = subject.policy.reference_copy()
    require(
        not any(p.requires_grad for p in reference.parameters()),
        "reference_copy must return a policy without gradients",
    )
    trained = {p.data_ptr() for p in subject.policy.parameters() if p.requires_grad}
    shared = trained & {p.data_ptr() for p in reference.parameters()}
    require(not shared, "the reference shares trained weights, and would move with the policy")


def knows_its_likelihood(subject: PolicySubject) -> None:
    """``nll`` is finite [B], the same from equal streams, and carries gradients to the weights."""
    if not subject.can("likelihood"):
        return
    samples, context = subject.trajectory.sample, subject.context

    def nll() -> Tensor:
        streams = Streams(subject.seed, 0, "nll", range(len(context)))
        return subject.policy.nll(samples, context, streams, draws=2)

    first = nll()
    require(tuple(first.shape) == (len(context),), f"nll is {tuple(first.shape)}; return [B]")
    require(bool(torch.isfinite(first).all()), "nll of the policy's own samples is not finite")
    require(torch.equal(first, nll()), "nll differs on equal streams; draw through them alone")
    _require_gradient(subject.policy, first.sum(), "nll")


def carries_gradients_through_its_sampler(subject: PolicySubject) -> None:
    """Relaxed rollouts draw the samples of plain ones, with gradients to the weights."""
    if not subject.can("pathwise"):
        return
    streams = Streams(subject.seed, 0, "conformance", range(len(subject.context)))
    steps = subject.policy.num_steps
    relaxed = relaxed_rollout(
        subject.policy, subject.context, streams, last=steps, temperature=1.0
    ).sample
    gap = distance(relaxed.tensor, subject.trajectory.sample.tensor)
    require(
        gap <= ORDER_TOLERANCE,
        f"relaxed samples are {gap:.2g} from plain ones; rsample must equal sample forward",
    )
    view = relaxed.relaxed if relaxed.relaxed is not None else relaxed.values
    require(view is not None, "relaxed_finish must return relaxed or values, with gradients")
    assert view is not None
    weights = torch.randn(view.shape[1:], generator=torch.Generator().manual_seed(0))
    _require_gradient(subject.policy, (view * weights).sum(), "the relaxed sample")


def describes_its_states_to_a_critic(subject: PolicySubject) -> None:
    """``features`` are finite, [B, T + 1, num_features]."""
    if not subject.can("value"):
        return
    record = subject.trajectory
    features = subject.policy.features(record)
    wanted = (len(subject.context), record.num_steps + 1, int(subject.policy.num_features))
    require(
        tuple(features.shape) == wanted,
        f"features are {tuple(features.shape)}; return [B, T + 1, num_features] = {wanted}",
    )
    require(bool(torch.isfinite(features).all()), "features are not finite")


def knows_its_backward_law(subject: PolicySubject) -> None:
    """``log_backward`` is finite [B, T] where the mask is True, and at most 0 if discrete."""
    if not subject.can("balance"):
        return
    record = subject.trajectory
    backward = subject.policy.log_backward(record).detach()
    require(
        backward.shape == record.mask.shape,
        f"log_backward is {tuple(backward.shape)}; return [B, T] = {tuple(record.mask.shape)}",
    )
    decided = backward[record.mask]
    require(bool(torch.isfinite(decided).all()), "log_backward of a decision is not finite")
    if subject.can("scores") and subject.discrete:
        require(float(decided.max()) <= 1e-6, "a backward move has a probability above 1")


POLICY_CHECKS: tuple[Check[PolicySubject], ...] = (
    claims_known_capabilities,
    records_a_rollout_in_the_right_shapes,
    samples_the_same_from_the_same_streams,
    samples_each_row_by_its_own_stream,
    makes_the_same_samples_in_slots,
    rebuilds_its_record_exactly,
    gives_no_decision_more_than_certainty,
    is_at_no_distance_from_itself,
    survives_a_checkpoint,
    freezes_its_reference,
    knows_its_likelihood,
    carries_gradients_through_its_sampler,
    describes_its_states_to_a_critic,
    knows_its_backward_law,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scored:
    log_prob: Tensor
    kl: Tensor | None


def _scored(subject: PolicySubject, policy: Policy, *, reference: Policy | None = None) -> _Scored:
    """Scores of the record by the update's own code: gradients on, in chunks, recomputed."""
    with torch.enable_grad():
        found = score(policy, subject.trajectory, reference=reference)
    kl = None if found.kl is None else found.kl.detach()
    return _Scored(log_prob=found.log_prob.detach(), kl=kl)


def _gap(one: Trajectory, other: Trajectory) -> float:
    """The largest difference of samples and log-probabilities; T may differ by padding."""
    width = max(one.num_steps, other.num_steps)
    log_probs = [
        torch.nn.functional.pad(record.log_prob, (0, width - record.num_steps))
        for record in (one, other)
    ]
    samples = distance(one.sample.tensor, other.sample.tensor)
    return max(samples, distance(log_probs[0], log_probs[1]))


def _perturbed(policy: Policy) -> Policy:
    """A copy with other weights, the same ones every time."""
    twin = copy.deepcopy(policy)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in twin.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(PERTURBATION * noise.to(parameter))
    return twin


def _require_gradient(policy: Policy, value: Tensor, what: str) -> None:
    require(value.requires_grad, f"{what} carries no gradient to the weights")
    parameters = [p for p in policy.parameters() if p.requires_grad]
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    gradients = [gradient for gradient in found if gradient is not None]
    require(
        all(bool(torch.isfinite(gradient).all()) for gradient in gradients),
        f"gradients of {what} are not finite",
    )
    require(
        any(bool((gradient != 0).any()) for gradient in gradients),
        f"gradients of {what} are 0 for every weight",
    )
