"""Relaxed rollouts: sampling with gradients through the last K steps, for pathwise methods.

The chain that is sampled is the policy's own (straight-through: hard forward, soft backward), so
the KL that is returned is that of the law really sampled from. Published DRAKES evaluates its KL
from T further forwards of policy and reference with gradient; here

1. the KL's value reads the laws of the sampling pass, and the reference's are taken from the record
   many steps at a time, without gradient;
2. activations of the first T - K steps are never made while sampling: they are made, and used up,
   many steps at a time in the backward pass;
3. those of each of the last K steps are made again when the backward pass comes to it.

Policies must be deterministic functions of their state (no dropout). Gradients do not pass through
the reference's reading of relaxed states.

Shapes: N rows, T decisions, K relaxed steps, P = T - K prefix steps, S steps of a chunk.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from suite.core.distributions import RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State, with_condition
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.scoring import ROWS_A_CHUNK, ReferenceLaws

CHUNKS = 8  # a chunk is at most this part of the chain, so that its activations stay few


@dataclass(frozen=True, kw_only=True, eq=False)
class RelaxedRollout:
    """What a relaxed rollout returns.

    Attributes:
        sample: finished objects whose relaxed view (or values) carries the gradient.
        kl: path KL to the reference, [N], nats; 0 without a reference.
        prefix_kl: the part of ``kl`` from the first T - K steps, [N], nats.
    """

    sample: Samples
    kl: Tensor
    prefix_kl: Tensor


def relaxed_rollout(
    policy: Policy,
    context: Context,
    streams: Streams,
    *,
    last: int,
    temperature: float,
    reference: Policy | None = None,
    kl_steps: Tensor | None = None,
) -> RelaxedRollout:
    """Sample with gradients through the last ``last`` steps.

    Args:
        policy: needs ``pathwise``.
        context: what the N rows are conditioned on.
        streams: one stream a row; the hard samples equal those of ``rollout``.
        last: K, how many steps carry a gradient from step to step.
        temperature: of the soft backward pass.
        reference: if given, the KL of every step's law to it is summed, from shared logits.
        kl_steps: which of the P prefix steps enter the KL, [S] long; they are reweighted by P / S,
            so that a uniform random choice is unbiased. None is all.

    Returns:
        Samples and KL; the gradient of the prefix's KL is that of its integrand at detached states
        (the score-function part, through which states are visited, is left out by design).
    """
    prefix = max(0, policy.num_steps - last)
    wanted = list(range(prefix)) if kl_steps is None else sorted(kl_steps.tolist())
    own = with_condition(policy, context)
    chain = _sample(policy, own, streams, prefix, set(wanted), temperature)
    zero = torch.zeros(len(context), device=streams.device)
    if reference is None:
        return RelaxedRollout(sample=chain.sample, kl=zero, prefix_kl=zero)
    laws = ReferenceLaws(reference, replace(chain.record, context=context))
    rows = (policy.rows_a_chunk or ROWS_A_CHUNK) // max(1, len(context))
    width = max(1, min(-(-policy.num_steps // CHUNKS), rows))
    prefix_kl = suffix_kl = zero
    for steps in _chunks(wanted, width, streams):
        prefix_kl = prefix_kl + _prefix_kl(policy, chain, laws, steps).sum(dim=1)
    for steps in _chunks(range(prefix, policy.num_steps), width, streams):
        suffix_kl = suffix_kl + chain.kl(laws.of(steps), steps).sum(dim=1)
    weight = 1.0 if kl_steps is None else prefix / max(1, len(wanted))
    prefix_kl = weight * prefix_kl
    return RelaxedRollout(sample=chain.sample, kl=prefix_kl + suffix_kl, prefix_kl=prefix_kl)


def _chunks(steps: Sequence[int], width: int, streams: Streams) -> tuple[Tensor, ...]:
    """Steps in tensors of at most ``width``; none where there is none (split would give one)."""
    return torch.tensor(steps, device=streams.device).split(width) if steps else ()


# --- the sampling pass ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chain:
    """What was sampled: the finished objects, the hard record, and the law of each step."""

    sample: Samples
    record: Trajectory
    laws: dict[int, StepDistribution]

    def law(self, steps: Tensor) -> StepDistribution:
        """The laws of ``steps`` [S] as one, over [N, S]."""
        chosen: Sequence[StepDistribution] = [self.laws[step] for step in steps.tolist()]
        return type(chosen[0]).stack(chosen)

    def kl(self, other: StepDistribution, steps: Tensor) -> Tensor:
        """KL of the sampled laws to another policy's, [N, S]; 0 where nothing was decided."""
        return _masked(self.law(steps).kl(other), self.record.mask[:, steps])


def _masked(values: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, values, torch.zeros_like(values))


def _sample(
    policy: Policy,
    context: Context,
    streams: Streams,
    prefix: int,
    wanted: set[int],
    temperature: float,
) -> _Chain:
    """P hard steps without gradient, then relaxed ones; keeps the laws of ``wanted`` hard steps."""
    state = start = policy.start(context, streams)
    laws: dict[int, StepDistribution] = {}
    kept, masks = [], []
    for index in range(policy.num_steps):
        t = torch.full((len(context),), index, dtype=torch.long, device=streams.device)
        before = state
        if index < prefix:
            with torch.no_grad():
                law = policy.step(state, t)
                decision = law.sample(streams)
                state = policy.advance(policy.remember(state, law), t, decision)
        else:
            law, decision, state = _relaxed_step(policy, state, t, streams, temperature)
        if index >= prefix or index in wanted:
            laws[index] = law
        with torch.no_grad():
            kept.append(policy.record(_detached(before), t, decision))
        masks.append(before["active"])
    names = kept[0] if kept else {}
    stacked = {name: torch.stack([step[name] for step in kept], dim=1) for name in names}
    mask = torch.stack(masks, dim=1)
    rows = torch.arange(len(context), device=streams.device)
    record = Trajectory(
        context=context,
        sample=policy.finish(_detached(state)),
        decisions=policy.pack(_detached(start), stacked, _detached(state)),
        mask=mask,
        log_prob=torch.zeros(mask.shape, device=streams.device),
        group=rows,
        seed_index=rows,
    )
    return _Chain(sample=policy.relaxed_finish(state), record=record, laws=laws)


def _detached(state: State) -> State:
    return {key: value.detach() for key, value in state.items()}


def _relaxed_step(
    policy: Policy, state: State, t: Tensor, streams: Streams, temperature: float
) -> tuple[StepDistribution, Tensor, State]:
    """A step that carries gradients to the next; activations are recomputed in the backward."""
    noise = _Replayable(streams)
    names = list(state)

    def run(*values: Tensor) -> tuple[StepDistribution, Tensor | RelaxedTokens, State]:
        inner = dict(zip(names, values, strict=True))
        law = policy.step(inner, t)
        draw = law.rsample(noise.streams(), temperature=temperature)
        return law, draw, policy.advance(policy.remember(inner, law), t, draw)

    # All noise comes from ``streams``: torch's own random state need not be kept.
    law, draw, after = checkpoint(
        run, *state.values(), use_reentrant=False, preserve_rng_state=False
    )
    hard = draw.tokens if isinstance(draw, RelaxedTokens) else draw.detach()
    return law, hard, after


# --- the KL of the prefix ---------------------------------------------------------------------


def _prefix_kl(policy: Policy, chain: _Chain, laws: ReferenceLaws, steps: Tensor) -> Tensor:
    """KL of prefix ``steps`` [S] from the laws of the sampling pass, [N, S].

    Its gradient is made in the backward pass from one replay of the chunk.
    """
    reference_law = laws.of(steps)
    with torch.no_grad():
        value = chain.kl(reference_law, steps)
    if not torch.is_grad_enabled():
        return value
    record = chain.record
    weights = [weight for weight in policy.parameters() if weight.requires_grad]
    data = record.context.data
    shared = {name: tensor for name, tensor in data.items() if tensor.requires_grad}
    kind = steps.device.type
    dtype, enabled = torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)

    def gradients(outer: Tensor) -> tuple[Tensor | None, ...]:
        leaves = {name: tensor.detach().requires_grad_() for name, tensor in shared.items()}
        context = replace(record.context, data={**data, **leaves})
        with torch.enable_grad(), torch.autocast(kind, dtype=dtype, enabled=enabled):
            law, _ = policy.replay(replace(record, context=context), steps)
            kl = _masked(law.kl(reference_law), record.mask[:, steps])
        return torch.autograd.grad(kl, [*weights, *leaves.values()], outer, allow_unused=True)

    kl: Tensor = _Deferred.apply(value, gradients, *weights, *shared.values())  # type: ignore[no-untyped-call]
    return kl


class _Deferred(torch.autograd.Function):
    """A value that is known, and the function that makes its gradients when they are asked for."""

    @staticmethod
    def forward(
        ctx: Any,
        value: Tensor,
        gradients: Callable[[Tensor], tuple[Tensor | None, ...]],
        *inputs: Tensor,
    ) -> Tensor:
        ctx.gradients = gradients
        ctx.save_for_backward(*inputs)  # so that autograd notices weights changed in between
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        assert ctx.saved_tensors is not None  # reading them is the check
        return (None, None, *ctx.gradients(outer))


# --- noise that is drawn once -------------------------------------------------------------------


class _Replayable:
    """Streams whose first draws can be made again when a checkpointed step is recomputed."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._recorded: list[Tensor] = []
        self._used = False

    def streams(self) -> Streams:
        replay = _Recording(self._streams, self._recorded, replaying=self._used)
        self._used = True
        return replay


class _Recording(Streams):
    """Draws once from the real streams; the second pass reads the same tensors again."""

    def __init__(self, inner: Streams, recorded: list[Tensor], *, replaying: bool) -> None:
        self._inner, self._recorded, self._replaying = inner, recorded, replaying
        self._cursor = 0
        self.device = inner.device

    def _next(self, draw: Callable[[], Tensor]) -> Tensor:
        if not self._replaying:
            self._recorded.append(draw())
        self._cursor += 1
        return self._recorded[self._cursor - 1]

    def uniform(self, *shape: int) -> Tensor:
        return self._next(lambda: self._inner.uniform(*shape))

    def normal(self, *shape: int) -> Tensor:
        return self._next(lambda: self._inner.normal(*shape))
