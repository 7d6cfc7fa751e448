"""Relaxed rollouts: sampling with gradients through the last K steps, for pathwise methods.

The chain that is sampled is the policy's own (straight-through: hard forward, soft backward), so the
KL that is returned is that of the law really sampled from. Published DRAKES evaluates its KL from
T further forwards of policy and reference; here both read the logits of the sampling pass, and the
reference stores no activations.

Shapes: N rows, T decisions, K relaxed steps, P = T - K prefix steps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from suite.core.distributions import StepDistribution
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples


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
    state = policy.start(context, streams)
    frozen = _Reference(reference, context) if reference is not None else None
    prefix = max(0, policy.num_steps - last)
    wanted = range(prefix) if kl_steps is None else set(kl_steps.tolist())
    weight = 1.0 if kl_steps is None else prefix / max(1, len(kl_steps))
    zero = torch.zeros(len(context), device=streams.device)
    prefix_kl = suffix_kl = zero
    for index in range(policy.num_steps):
        t = torch.full((len(context),), index, dtype=torch.long, device=streams.device)
        if index < prefix:
            in_kl = frozen if index in wanted else None
            state, kl = _hard_step(policy, in_kl, state, t, streams)
            prefix_kl = prefix_kl + kl
        else:
            state, kl = _relaxed_step(policy, frozen, state, t, streams, temperature)
            suffix_kl = suffix_kl + kl
    sample = policy.relaxed_finish(state)
    prefix_kl = weight * prefix_kl
    return RelaxedRollout(sample=sample, kl=prefix_kl + suffix_kl, prefix_kl=prefix_kl)


class _Reference:
    """A policy that reads another's states: their letters, and its own view of the context."""

    @torch.no_grad()
    def __init__(self, policy: Policy, context: Context) -> None:
        self.policy, self.own = policy, policy.condition(context)

    @torch.no_grad()
    def law(self, state: State, t: Tensor) -> StepDistribution:
        """The law of step ``t``; no gradient, no stored activations."""
        return self.policy.step({**state, **self.own}, t)


def _hard_step(
    policy: Policy, reference: "_Reference | None", state: State, t: Tensor, streams: Streams
) -> tuple[State, Tensor]:
    """A detached step; one forward gives both its sample and its KL."""
    if reference is None:
        with torch.no_grad():
            decision = policy.step(state, t).sample(streams)
            return policy.advance(state, t, decision), torch.zeros(len(t), device=t.device)
    drawn: list[Tensor] = []

    def run(*values: Tensor) -> Tensor:
        inner = dict(zip(state, values, strict=True))
        law = policy.step(inner, t)
        reference_law = reference.law(inner, t)
        with torch.no_grad():
            if not drawn:  # the recomputation in the backward pass must not draw again
                drawn.append(law.sample(streams))
        return law.kl(reference_law)

    kl = checkpoint(run, *state.values(), use_reentrant=False)
    with torch.no_grad():
        return policy.advance(state, t, drawn[0]), kl


def _relaxed_step(
    policy: Policy,
    reference: "_Reference | None",
    state: State,
    t: Tensor,
    streams: Streams,
    temperature: float,
) -> tuple[State, Tensor]:
    """A step that carries gradients to the next; activations are recomputed in the backward."""
    noise = _Replayable(streams)
    names: list[str] = []

    def run(*values: Tensor) -> tuple[Tensor, ...]:
        inner = dict(zip(state, values, strict=True))
        law = policy.step(inner, t)
        kl = torch.zeros(len(t), device=t.device)
        if reference is not None:
            kl = law.kl(reference.law(inner, t))
        draw = law.rsample(noise.streams(), temperature=temperature)
        after = policy.advance(inner, t, draw)
        names[:] = list(after)
        return (kl, *after.values())

    kl, *after = checkpoint(run, *state.values(), use_reentrant=False)
    return dict(zip(names, after, strict=True)), kl


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

    def _next(self, draw) -> Tensor:  # type: ignore[no-untyped-def]
        if not self._replaying:
            self._recorded.append(draw())
        self._cursor += 1
        return self._recorded[self._cursor - 1]

    def uniform(self, *shape: int) -> Tensor:
        return self._next(lambda: self._inner.uniform(*shape))

    def normal(self, *shape: int) -> Tensor:
        return self._next(lambda: self._inner.normal(*shape))
