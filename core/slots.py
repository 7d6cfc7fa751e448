"""Rollouts in slots: a row that is over leaves its slot to one that waits.

Rows of one batch end at very different lengths where a sample decides its own end. Slots keep a
batch full until nobody waits, and shrink it from then on. Streams belong to rows and not to slots,
so that the samples are the same whatever the number of slots and the order in which rows end.

Shapes: B rows in all, N of them in slots, T decisions.
"""

import torch
from torch import Tensor

from suite.core.policy import Policy, State, take_state, with_condition
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.trees import concat_rows, take_rows

# Of one decision: what every record has by its field, each [N], and what the policy records.
Kept = tuple[dict[str, Tensor], dict[str, Tensor]]

# Slots are cleared when this share of them is over: clearing copies what the others hold.
CLEARED = 0.25


def decide(policy: Policy, state: State, t: Tensor, streams: Streams) -> tuple[State, Kept]:
    """One decision ``t`` [N] of each row: the state after it, and what to keep of it."""
    law = policy.step(state, t)
    decision, decides = law.sample(streams), policy.decides(state)
    columns = {"mask": decides, "log_prob": law.log_prob(decision).masked_fill(~decides, 0.0)}
    drawn_from = law.behaviour_log_prob(decision)
    if drawn_from is not None:
        columns["behaviour_log_prob"] = drawn_from.masked_fill(~decides, 0.0)
    own = policy.record(state, t, decision)
    return policy.advance(policy.remember(state, law), t, decision), (columns, own)


@torch.no_grad()
def rollout_in_slots(
    policy: Policy,
    context: Context,
    streams: Streams,
    *,
    slots: int,
    group: Tensor | None = None,
) -> Trajectory:
    """Sample one trajectory a row of ``context`` with at most ``slots`` under way at once.

    Args:
        policy: one that ``refills``.
        context: what the B rows are conditioned on; all are conditioned at once, so that they are
            padded alike.
        streams: one stream a row.
        slots: N at most.
        group: which context of the batch each row answers, [B]; defaults to one group a row.

    Returns:
        The record, its rows in the order of ``context``.
    """
    total, device = len(context), streams.device
    pool = _Slots(policy, with_condition(policy, context), streams, min(slots, total))
    while pool.under_way:
        pool.step()
    columns, own = pool.columns()
    return Trajectory(
        context=context,
        sample=pool.samples(),
        decisions=policy.pack({}, own, {}),
        group=torch.arange(total, device=device) if group is None else group,
        seed_index=torch.tensor(streams.row_ids, device=device),
        **columns,
    )


class _Slots:
    """Rows under way, those that wait, and what was kept of all."""

    def __init__(self, policy: Policy, context: Context, streams: Streams, slots: int) -> None:
        self.policy, self.context, self.streams = policy, context, streams
        rows = torch.arange(len(context), device=streams.device)
        self.rows, self.waiting = rows[:slots].clone(), rows[slots:]
        self.state, self.own_streams = self._started(self.rows), streams.select(self.rows)
        self.t = torch.zeros_like(self.rows)
        self.longest = 0
        self.kept: Kept = ({}, {})
        self.over: list[tuple[Tensor, Samples]] = []

    @property
    def under_way(self) -> bool:
        return len(self.rows) > 0

    def _started(self, rows: Tensor) -> State:
        return self.policy.start(take_rows(self.context, rows), self.streams.select(rows))

    def step(self) -> None:
        """One decision of each slot; then slots that are over are cleared, if they are many."""
        self.longest = max(self.longest, int(self.t.max()) + 1)
        active = self.state["active"]
        self.state, kept = decide(self.policy, self.state, self.t, self.own_streams)
        for store, own in zip(self.kept, kept, strict=True):
            self._keep(store, own, active)
        self.t = (self.t + 1).clamp_max(self.policy.num_steps - 1)
        over = ~self.state["active"]
        if float(over.float().mean()) >= CLEARED:
            self._clear(over)

    def _keep(self, store: dict[str, Tensor], kept: dict[str, Tensor], active: Tensor) -> None:
        """Write [N, ...] of this decision into [B, T, ...] where rows are active, [N]."""
        for key, value in kept.items():
            if key not in store:
                shape = (len(self.context), self.policy.num_steps, *value.shape[1:])
                store[key] = value.new_zeros(shape)
            store[key][self.rows[active], self.t[active]] = value[active]

    def _clear(self, over: Tensor) -> None:
        """Finish rows that are over, [N] bool; their slots go to waiting rows, or away."""
        free = over.nonzero().squeeze(-1)
        self.over.append((self.rows[free], self.policy.finish(take_state(self.state, free))))
        fresh, self.waiting = self.waiting[: len(free)], self.waiting[len(free) :]
        if len(fresh):
            filled = free[: len(fresh)]
            self.state = self.policy.refill(self.state, filled, self._started(fresh))
            self.rows[filled], self.t[filled] = fresh, 0
            over[filled] = False
        if bool(over.any()):
            left = (~over).nonzero().squeeze(-1)
            self.state = take_state(self.state, left)
            self.rows, self.t = self.rows[left], self.t[left]
        self.own_streams = self.streams.select(self.rows)

    def columns(self) -> Kept:
        """What was kept, [B, T, ...], T of the longest row."""
        fields, own = ({k: v[:, : self.longest] for k, v in store.items()} for store in self.kept)
        return fields, own

    def samples(self) -> Samples:
        """The finished objects in the order of the context."""
        order = torch.cat([rows for rows, _ in self.over])
        return take_rows(concat_rows([made for _, made in self.over]), order.argsort())
