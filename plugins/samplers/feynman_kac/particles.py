"""Particles on the way: their states and what a record needs of their ancestors.

Shapes: N rows, T decisions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.policy import Policy, State, take_state
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory


@dataclass(frozen=True, kw_only=True, eq=False)
class Particles:
    """N rows after some steps; ``kept`` is of each step what a rollout keeps, [N, ...]."""

    start: State
    state: State
    kept: tuple[State, ...] = ()
    log_prob: tuple[Tensor, ...] = ()
    mask: tuple[Tensor, ...] = ()

    @classmethod
    def begin(cls, policy: Policy, context: Context, streams: Streams) -> "Particles":
        """Before the first step."""
        state = policy.start(context, streams)
        return cls(start=state, state=state)

    def step(self, policy: Policy, streams: Streams) -> "Particles":
        """After one step more by the policy's own law."""
        active = self.state["active"]
        t = torch.full((len(active),), len(self.kept), dtype=torch.long, device=active.device)
        law = policy.step(self.state, t)
        decision = law.sample(streams)
        return Particles(
            start=self.start,
            state=policy.advance(policy.remember(self.state, law), t, decision),
            kept=(*self.kept, policy.record(self.state, t, decision)),
            log_prob=(*self.log_prob, law.log_prob(decision).masked_fill(~active, 0.0)),
            mask=(*self.mask, active),
        )

    def take(self, rows: Tensor) -> "Particles":
        """The particles whose ancestors are ``rows`` [N], with their whole past."""
        return Particles(
            start=take_state(self.start, rows),
            state=take_state(self.state, rows),
            kept=tuple(take_state(one, rows) for one in self.kept),
            log_prob=tuple(one[rows] for one in self.log_prob),
            mask=tuple(one[rows] for one in self.mask),
        )

    def record(
        self, policy: Policy, context: Context, *, group: Tensor, seed_index: Tensor
    ) -> Trajectory:
        """The record of finished particles, as a rollout would have made it."""
        names = self.kept[0] if self.kept else {}
        stacked = {name: torch.stack([one[name] for one in self.kept], dim=1) for name in names}
        return Trajectory(
            context=context,
            sample=policy.finish(self.state),
            decisions=policy.pack(self.start, stacked, self.state),
            mask=torch.stack(self.mask, dim=1),
            log_prob=torch.stack(self.log_prob, dim=1),
            group=group,
            seed_index=seed_index,
        )
