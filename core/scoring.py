"""Re-scoring of records: log_prob, KL and entropy from one replay, in chunks that are recomputed.

Memory of a sum over T does not grow with T: each chunk of steps is checkpointed, so that its
activations live only while its own gradient is taken. A reference's laws are kept for the backward
pass up to KEPT_BYTES, and made again there beyond. An algorithm sees no chunks.

Shapes: B samples, S steps.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from suite.core.distributions import StepDistribution
from suite.core.policy import Policy, with_condition
from suite.core.records import Trajectory

ROWS_A_CHUNK = 2048  # states in memory at once; large enough to fill two cores
KEPT_BYTES = 2**28  # a reference read twice costs a forward, so that small laws are better kept


@dataclass(frozen=True, kw_only=True, eq=False)
class StepScores:
    """What one replay says of each decision, [B, S], nats; exactly 0 where the mask is False."""

    log_prob: Tensor
    kl: Tensor | None = None
    entropy: Tensor | None = None


def score(
    policy: Policy,
    trajectory: Trajectory,
    *,
    steps: Tensor | None = None,
    reference: Policy | None = None,
    entropy: bool = False,
    rows_a_chunk: int | None = None,
) -> StepScores:
    """Score the recorded decisions under ``policy``, with gradient where gradients are on.

    Args:
        policy: whose law is asked.
        trajectory: the record, B rows.
        steps: which steps, [S] long, increasing; None is all.
        reference: if given, KL(policy || reference) of each step's law; gets no gradient.
        entropy: whether to return each step's entropy too.
        rows_a_chunk: states scored at once; None is what the policy says, or ROWS_A_CHUNK.

    Returns:
        log_prob [B, S] and, if asked, kl and entropy.
    """
    if steps is None:
        steps = torch.arange(trajectory.num_steps, device=trajectory.mask.device)
    rows_a_chunk = rows_a_chunk or policy.rows_a_chunk or ROWS_A_CHUNK
    width = max(1, rows_a_chunk // max(1, len(trajectory)))
    mask = trajectory.mask[:, steps]
    laws = None if reference is None else ReferenceLaws(reference, trajectory)
    own = replace(trajectory, context=with_condition(policy, trajectory.context))
    score_chunks = _score_whole if policy.replays_whole else _score_steps
    parts = score_chunks(policy, own, steps, mask, laws, entropy, width)
    columns = [torch.cat(column, dim=1) for column in zip(*parts, strict=True)]
    kl = columns[1] if reference is not None else None
    return StepScores(log_prob=columns[0], kl=kl, entropy=columns[-1] if entropy else None)


class ReferenceLaws:
    """A reference's laws on a record: its own view of the context, no gradient, no activations.

    ``kept`` counts the bytes of laws that a backward pass will read again.
    """

    @torch.no_grad()
    def __init__(self, reference: Policy, trajectory: Trajectory) -> None:
        context = with_condition(reference, trajectory.context)
        self.reference, self.trajectory = reference, replace(trajectory, context=context)
        self.kept = 0

    @torch.no_grad()
    def of(self, steps: Tensor) -> StepDistribution:
        """The laws of ``steps`` [S], over [B, S]."""
        return self.reference.replay(self.trajectory, steps)[0]

    def keep(self, steps: Tensor) -> StepDistribution | None:
        """The laws of ``steps``, to be kept; None once laws fill KEPT_BYTES."""
        if self.kept >= KEPT_BYTES:
            return None
        law = self.of(steps)
        if torch.is_grad_enabled():
            self.kept += num_bytes(law)
        return law


def num_bytes(law: StepDistribution) -> int:
    """Of the tensors that a law holds, those of laws within it included."""
    total = 0
    for value in vars(law).values():
        if isinstance(value, Tensor):
            total += value.numel() * value.element_size()
        elif isinstance(value, StepDistribution):
            total += num_bytes(value)
    return total


def _measure(
    law: StepDistribution,
    decision: Tensor,
    mask: Tensor,
    reference_law: StepDistribution | None,
    entropy: bool,
) -> tuple[Tensor, ...]:
    values = [law.log_prob(decision)]
    if reference_law is not None:
        values.append(law.kl(reference_law))
    if entropy:
        values.append(law.entropy())
    # where, not a product: an unreachable padded decision may have log_prob -inf.
    return tuple(torch.where(mask, v, torch.zeros_like(v)) for v in values)


def _score_steps(
    policy: Policy,
    trajectory: Trajectory,
    steps: Tensor,
    mask: Tensor,
    reference: ReferenceLaws | None,
    entropy: bool,
    width: int,
) -> list[tuple[Tensor, ...]]:
    """Families whose every step is a forward of its own: chunk the trunk."""

    def measured(chunk: Tensor, chunk_mask: Tensor) -> tuple[Tensor, ...]:
        kept = None if reference is None else reference.keep(chunk)

        def run(chunk: Tensor, chunk_mask: Tensor) -> tuple[Tensor, ...]:
            law, decision = policy.replay(trajectory, chunk)
            other = reference.of(chunk) if reference is not None and kept is None else kept
            return _measure(law, decision, chunk_mask, other, entropy)

        return _recomputed(run, chunk, chunk_mask)

    pairs = zip(steps.split(width), mask.split(width, dim=1), strict=True)
    return [measured(chunk, chunk_mask) for chunk, chunk_mask in pairs]


def _score_whole(
    policy: Policy,
    trajectory: Trajectory,
    steps: Tensor,
    mask: Tensor,
    reference: ReferenceLaws | None,
    entropy: bool,
    width: int,
) -> list[tuple[Tensor, ...]]:
    """Families with one trunk pass for all steps: chunk the head alone."""
    law, decision = policy.replay(trajectory, steps)
    reference_law = None if reference is None else reference.of(steps)

    def run(start: Tensor, chunk_mask: Tensor) -> tuple[Tensor, ...]:
        first, length = int(start), chunk_mask.shape[1]
        part = reference_law.narrow(first, length) if reference_law is not None else None
        chosen = decision.narrow(1, first, length)
        return _measure(law.narrow(first, length), chosen, chunk_mask, part, entropy)

    starts = torch.arange(0, len(steps), width)
    pairs = zip(starts, mask.split(width, dim=1), strict=True)
    return [_recomputed(run, start, chunk_mask) for start, chunk_mask in pairs]


def _recomputed(run, chunk: Tensor, mask: Tensor) -> tuple[Tensor, ...]:  # type: ignore[no-untyped-def]
    """One chunk, its activations thrown away and made again in the backward pass."""
    if not torch.is_grad_enabled():
        return run(chunk, mask)  # type: ignore[no-any-return]
    return checkpoint(run, chunk, mask, use_reentrant=False)  # type: ignore[no-any-return]
