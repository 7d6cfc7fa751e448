"""Rollouts: the sampling loop of every family, with or without an environment.

Shapes: N rows, T decisions.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from suite.core.environment import Environment, Transition
from suite.core.policy import Policy, State, take_state
from suite.core.randomness import Streams, stream_key
from suite.core.records import Context, Trajectory
from suite.core.slots import Kept, decide, rollout_in_slots
from suite.core.trees import concat_rows, take_rows, to_device

# What a particle sampler does between decisions: from the state before decision t [N], the rows [N]
# to go on with, or None to go on with each.
Resample = Callable[[State, Tensor], Tensor | None]


def _columns(kept: list[Kept]) -> Kept:
    """Decisions side by side, [N, T, ...]."""
    parts = ([one[part] for one in kept] for part in (0, 1))
    columns, own = ({key: torch.stack([d[key] for d in p], 1) for key in p[0]} for p in parts)
    return columns, own


@torch.no_grad()
def rollout(
    policy: Policy,
    context: Context,
    streams: Streams,
    *,
    environment: Environment | None = None,
    group: Tensor | None = None,
    resample: Resample | None = None,
) -> Trajectory:
    """Sample one trajectory a row of ``context``, on-policy.

    Args:
        policy: the model; what its laws draw from is sampled.
        context: what the N rows are conditioned on.
        streams: one stream a row; decides everything that is random.
        environment: stands between decisions where the policy ``acts``.
        group: which context of the batch each row answers, [N]; defaults to one group a row.
        resample: chooses, after each decision, the rows to go on with among those of one context;
            streams stay with their slots, so that copies part.

    Returns:
        The record, with per-decision log_prob and, from an environment, rewards.
    """
    device, n = streams.device, len(context)
    state = start = policy.start(context, streams)
    episode = _Episode(policy, environment, streams) if environment is not None else None
    if episode is not None:
        state = start = episode.reset(state, context)
    kept: list[Kept] = []
    for index in range(policy.num_steps):
        if not bool(state["active"].any()):
            break
        t = torch.full((n,), index, dtype=torch.long, device=device)
        active = state["active"]
        state, one = decide(policy, state, t, streams)
        kept.append(one)
        if episode is not None:
            state = episode.step(state, active, index)
        chosen = None if resample is None else resample(state, t + 1)
        if chosen is not None:
            state, start = take_state(state, chosen), take_state(start, chosen)
            kept = [(take_state(a, chosen), take_state(b, chosen)) for a, b in kept]
    columns, steps = _columns(kept)
    record = Trajectory(
        context=context,
        sample=policy.finish(state),
        decisions=policy.pack(start, steps, state),
        group=torch.arange(n, device=device) if group is None else group,
        seed_index=torch.tensor(streams.row_ids, device=device),
        **columns,
    )
    return episode.complete(record) if episode is not None else record


class _Episode:
    """The environment's side of a rollout: what it answered, step by step."""

    def __init__(self, policy: Policy, environment: Environment, streams: Streams) -> None:
        self.policy, self.environment, self.streams = policy, environment, streams
        self.rewards: list[Tensor] = []
        self.terminated: list[Tensor] = []
        self.truncated: list[Tensor] = []
        self.turn = torch.zeros(len(streams), dtype=torch.long, device=streams.device)
        self.segments: list[Tensor] = []
        self.valid = torch.ones(len(streams), dtype=torch.bool, device=streams.device)
        self.last: Tensor | None = None

    def reset(self, state: State, context: Context) -> State:
        """Start one episode a row, seeded by the row's own key."""
        names = [f"{self.streams.purpose}/environment"] * len(self.streams)
        seeds = [
            stream_key(self.streams.seed, self.streams.step, name, row) % 2**31
            for name, row in zip(names, self.streams.row_ids, strict=True)
        ]
        observation = self.environment.begin(seeds, context)
        if isinstance(observation, Tensor):
            self.last = observation = observation.to(self.streams.device)
        return self.policy.observe(state, torch.arange(len(seeds)), observation)

    def step(self, state: State, active: Tensor, index: int) -> State:
        """Execute what the policy emits and show it the answer."""
        ready, actions = self.policy.emit(state)
        rows = torch.nonzero(ready & active).squeeze(-1)
        self.segments.append(self.turn)
        if len(rows) == 0:  # the policy is still deciding
            self._blank(active & ~state["active"])
            return state
        self.turn = self.turn + (ready & active)
        answer = to_device(self.environment.step(rows, _chosen(actions, rows)), self.streams.device)
        last_step = index == self.policy.num_steps - 1
        ended = self._record(rows, answer, cut=last_step)
        state = self.policy.observe(state, rows, answer.observation)
        alive = state["active"].clone()
        alive[rows[ended]] = False
        self._stopped(active & ~alive & self.valid)
        return {**state, "active": alive}

    def _blank(self, stopped: Tensor) -> None:
        """Nobody acted: no reward, and no end but of rows that ran out of decisions."""
        none = torch.zeros(len(self.streams), device=self.streams.device)
        self.rewards.append(none)
        self.terminated.append(none.bool())
        self.truncated.append(none.bool())
        self._stopped(stopped)

    def _stopped(self, rows: Tensor) -> None:
        """A row that decides no more ends here; as without an environment, that is no cut."""
        self.terminated[-1] = self.terminated[-1] | (rows & ~self.truncated[-1])

    def _record(self, rows: Tensor, answer: Transition, *, cut: bool) -> Tensor:
        """Write one step's answers into [N] columns; returns which of ``rows`` have ended."""
        n = len(self.streams)
        truncated = answer.truncated | (cut & ~answer.terminated)
        columns = (
            (self.rewards, torch.zeros(n), answer.reward),
            (self.terminated, torch.zeros(n, dtype=torch.bool), answer.terminated),
            (self.truncated, torch.zeros(n, dtype=torch.bool), truncated),
        )
        for store, blank, values in columns:
            store.append(blank.to(values.device).index_copy(0, rows, values.to(blank.dtype)))
        if self.last is not None:
            self.last = self.last.index_copy(0, rows, answer.observation)
        self.valid[rows[answer.failed]] = False
        return answer.terminated | truncated | answer.failed

    def complete(self, record: Trajectory) -> Trajectory:
        """The record with rewards, ends, the final observations and which rows are valid."""
        width = record.num_steps
        return Trajectory(
            **{
                **{name: getattr(record, name) for name in record.__dataclass_fields__},
                "reward": torch.stack(self.rewards[:width], dim=1),
                "terminated": torch.stack(self.terminated[:width], dim=1),
                "truncated": torch.stack(self.truncated[:width], dim=1),
                "segment": torch.stack(self.segments[:width], dim=1),
                "final_observation": self.last,
                "valid": self.valid,
            }
        )


def _chosen(actions: Any, rows: Tensor) -> Any:
    """Actions of ``rows`` [K]: of a tensor that leads with N, or of N texts."""
    if isinstance(actions, Tensor):
        return actions.index_select(0, rows)
    return tuple(actions[row] for row in rows.tolist())


def rollout_in_batches(
    policy: Policy,
    context: Context,
    streams: Streams,
    *,
    batch_size: int,
    environment: Environment | None = None,
    group: Tensor | None = None,
) -> Trajectory:
    """``rollout`` of any number of rows, at most ``batch_size`` at a time; same samples."""
    if policy.refills and environment is None:
        return rollout_in_slots(policy, context, streams, slots=batch_size, group=group)
    parts = []
    for rows in _chunks(len(context), batch_size):
        parts.append(
            rollout(
                policy,
                take_rows(context, rows),
                streams.select(rows),
                environment=environment,
                group=None if group is None else group[rows],
            )
        )
    joined = join_trajectories(parts)
    if group is not None:
        return joined
    own = torch.arange(len(context), device=joined.group.device)
    return Trajectory(**{**vars(joined), "group": own})


def join_trajectories(parts: list[Trajectory]) -> Trajectory:
    """Records of one policy as one; those that stopped early are padded to one T."""
    return concat_rows(_pad_steps(parts))


def _chunks(size: int, width: int) -> Iterable[Tensor]:
    parts: Iterable[Tensor] = torch.arange(size).split(width)
    return parts


STEPWISE = (
    "mask",
    "log_prob",
    "behaviour_log_prob",
    "reward",
    "terminated",
    "truncated",
    "segment",
    "log_backward",
)


def _pad_steps(parts: list[Trajectory]) -> list[Trajectory]:
    """Batches that stopped early are padded to one T; padding is masked and 0."""
    width = max(part.num_steps for part in parts)
    stepwise = _stepwise_decisions(parts)
    padded = []
    for part in parts:
        short = width - part.num_steps
        if short == 0:
            padded.append(part)
            continue
        fields = dict(vars(part))
        for name in STEPWISE:
            if fields[name] is not None:
                fields[name] = torch.nn.functional.pad(fields[name], (0, short))
        fields["decisions"] = {
            key: _pad_decision(value, short) if key in stepwise else value
            for key, value in part.decisions.items()
        }
        padded.append(Trajectory(**fields))
    return padded


def _stepwise_decisions(parts: list[Trajectory]) -> set[str]:
    """Keys whose second dimension follows the number of steps, as T or T + 1, in every part.

    A family may keep [B, L] letters instead, and L may happen to be some part's T.
    """
    found = set()
    for key in parts[0].decisions:
        values = [part.decisions[key] for part in parts]
        if values[0].ndim < 2:
            continue
        extra = {v.shape[1] - part.num_steps for v, part in zip(values, parts, strict=True)}
        if extra in ({0}, {1}):
            found.add(key)
    return found


def _pad_decision(value: Tensor, short: int) -> Tensor:
    """Pad the step dimension [B, steps(+1), ...] with ``short`` copies of its last entry."""
    last = value[:, -1:].expand(-1, short, *value.shape[2:])
    return torch.cat([value, last], dim=1)
