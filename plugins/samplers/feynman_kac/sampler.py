"""Feynman-Kac steering: Singhal et al., arXiv:2501.06848, algorithm 1.

Each returned sample is one of K particles of its own. In some rounds on the way every particle is
weighted by what its guessed finished sample would earn, and particles are resampled where weights
have become uneven. The product of a particle's potentials is exp(lambda r) whatever its guesses
said, so that particles drawn by weight follow p exp(lambda r) / Z as K grows.

Departures from the published code: weights are carried on where there is no resampling (it drops
them); resampling is systematic; a round has a fixed place, so that its reward calls are known.

Shapes: S slots (returned samples) of K particles, N = S K rows, M guesses.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.policy import State
from suite.core.records import Context, Samples, Scores
from suite.core.rollout import join_trajectories, rollout
from suite.core.run import Collected
from suite.core.sampler import Sampler
from suite.core.trees import concat_rows, take_rows
from suite.plugins.samplers.feynman_kac.weights import (
    BEFORE,
    Potential,
    drawn,
    effective_share,
    mean_weight,
    potential,
    systematic,
)

if TYPE_CHECKING:
    from suite.core.run import Run


class FKSteering(Sampler):
    """Steers particles towards p exp(lambda r) / Z."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "lookahead"})

    particles: int = Field(8, ge=1, description="K, of one returned sample")
    strength: float = Field(10.0, ge=0, description="lambda: nats a unit of reward")
    potential: Potential = Field("difference", description="of the rewards of a particle's path")
    rounds: int = Field(3, ge=0, description="of weighting before the end, evenly spaced")
    guesses: int = Field(1, ge=1, description="M, of the finished sample in a round")
    resample_below: float = Field(
        0.5, ge=0, le=1, description="effective share of particles; 1 resamples in every round"
    )
    keep: Literal["drawn", "best"] = Field(
        "drawn", description="the particle returned: drawn by weight, or of the highest reward"
    )

    def calls_a_sample(self) -> int:
        return self.particles * (self.rounds * self.guesses + 1)

    def sample(
        self, run: "Run", step: int, *, num_contexts: int, group_size: int, purpose: str
    ) -> Collected:
        self.check_policy(run.policy)
        self._check(run)
        asked = run.ask(step, num_contexts=num_contexts, purpose=purpose)
        total = len(asked) * group_size
        run.charge_reward_calls(total * self.calls_a_sample())
        slots = run.processes.share(total)
        width = max(1, run.settings.sample_batch_size // self.particles)
        parts = []
        for some in slots.split(width):
            context = take_rows(asked, some // group_size)
            parts.append(Steering(self, run, context, some, step, purpose).returned(group_size))
        return _gathered(run, step, parts)

    def _check(self, run: "Run") -> None:
        if run.reward is None:
            raise SuiteError(
                "fk_steering steers by a reward, and this task's rewards come from its environment."
                "\nDraw without it, or name a reward."
            )
        if self.rounds >= run.policy.num_steps:
            raise SuiteError(
                f"sampler.rounds = {self.rounds} does not fit between the {run.policy.num_steps} "
                f"steps of this policy.\nSet it to {run.policy.num_steps - 1} or less."
            )


class Steering:
    """S slots of one batch, from the first step to the particle that each returns."""

    def __init__(
        self,
        settings: FKSteering,
        run: "Run",
        context: Context,
        slots: Tensor,
        step: int,
        purpose: str,
    ) -> None:
        self.settings, self.run, self.slots = settings, run, slots.to(run.device)
        self.step, self.purpose = step, purpose
        count = settings.particles
        self.shape = (len(slots), count)
        rows = torch.arange(len(slots)).repeat_interleave(count)
        self.context = take_rows(context, rows)
        self.ids = (slots.unsqueeze(1) * count + torch.arange(count)).flatten()
        rounds, steps = settings.rounds, run.policy.num_steps
        self.places = {i * steps // (rounds + 1) for i in range(1, rounds + 1)}
        self.choices = run.streams(step, f"{purpose}/choices", slots)
        self.memory = torch.full(self.shape, BEFORE[settings.potential], device=run.device)
        self.promise = torch.zeros(self.shape, device=run.device)  # at the last round
        self.spent = torch.zeros(self.shape, device=run.device)  # log-potentials of the path
        self.log_weight = torch.zeros(self.shape, device=run.device)

    @torch.no_grad()
    def finished(self, group_size: int) -> tuple[Collected, Tensor]:
        """All particles with their scores, and their log-weights [S, K]: -inf where none counts."""
        run, streams = self.run, self.run.streams(self.step, self.purpose, self.ids)
        group = (self.slots // group_size).repeat_interleave(self.settings.particles)
        with run.processes.autocast():
            record = rollout(
                run.policy, self.context, streams, group=group, resample=self._resample
            )
        scores = self._ask(record.sample, self.context, "end")
        return Collected(trajectory=record, scores=scores), self._corrected(scores)

    def _ask(self, samples: Samples, context: Context, when: str) -> Scores:
        run, purpose = self.run, f"{self.purpose}/{when}"
        assert run.reward is not None
        return run.ask_reward(run.reward, samples, context, self.step, purpose)

    def _resample(self, state: State, t: Tensor) -> Tensor | None:
        """In a round, weigh the particles before step ``t``; resample slots of uneven weights."""
        if int(t[0]) not in self.places:
            return None
        self.promise = self._promised(state, t)
        self.memory, gain = potential(self.settings.potential, self.memory, self.promise)
        self.spent, self.log_weight = self.spent + gain, self.log_weight + gain
        uneven = effective_share(self.log_weight) <= self.settings.resample_below
        own = torch.arange(self.shape[1], device=uneven.device).expand(self.shape)
        ancestors = systematic(self.log_weight, self.choices.uniform())
        ancestors = torch.where(uneven.unsqueeze(1), ancestors, own)
        level = mean_weight(self.log_weight).unsqueeze(1).expand(self.shape)
        self.log_weight = torch.where(uneven.unsqueeze(1), level, self.log_weight)
        for name in ("promise", "memory", "spent"):
            setattr(self, name, getattr(self, name).gather(1, ancestors))
        first = torch.arange(self.shape[0], device=uneven.device).unsqueeze(1) * self.shape[1]
        return (ancestors + first).flatten()

    def _promised(self, state: State, t: Tensor) -> Tensor:
        """log of the mean over guesses of exp(lambda r), [S, K]; failed scores promise nothing new.

        Appendix, "many-sample": with one guess it is lambda times its reward.
        """
        guesses, strength, index = self.settings.guesses, self.settings.strength, int(t[0])
        streams = self.run.streams(self.step, f"{self.purpose}/guesses/{index}", self.ids)
        guessed = self.run.policy.lookahead(state, t, guesses, streams)
        rows = torch.arange(len(self.ids)).repeat_interleave(guesses)
        scores = self._ask(guessed, take_rows(self.context, rows), f"round/{index}")
        value, valid = (x.view(*self.shape, guesses) for x in (scores.value, scores.valid))
        logs = (strength * value).masked_fill(~valid, -torch.inf)
        found = logs.logsumexp(dim=2) - valid.sum(dim=2).clamp_min(1).log()
        return torch.where(valid.any(dim=2), found, self.promise)

    def _corrected(self, scores: Scores) -> Tensor:
        """Weights after the last potential, which makes their path's product exp(lambda r)."""
        value, valid = scores.value.view(self.shape), scores.valid.view(self.shape)
        final = self.log_weight + self.settings.strength * value - self.spent
        none = ~valid.any(dim=1, keepdim=True)
        return torch.where(none, self.log_weight, final.masked_fill(~valid, -torch.inf))

    def returned(self, group_size: int) -> Collected:
        """One particle a slot, with its score."""
        everything, final = self.finished(group_size)
        record, scores = everything.trajectory, everything.scores
        weight: Tensor | None = None
        if self.settings.keep == "best":
            value = scores.value.masked_fill(~scores.valid, -torch.inf)
            pick = value.view(self.shape).argmax(dim=1)
        else:
            pick, weight = drawn(final, self.choices.uniform()), mean_weight(final)
        rows = pick + torch.arange(self.shape[0], device=pick.device) * self.shape[1]
        chosen, scored = take_rows(record, rows), take_rows(scores, rows)
        chosen = replace(chosen, log_weight=weight, valid=chosen.valid_rows & scored.valid)
        return Collected(trajectory=chosen, scores=scored)


def _gathered(run: "Run", step: int, parts: list[Collected]) -> Collected:
    """The slots of all processes, and what a collect tells of them."""
    trajectory = join_trajectories([part.trajectory for part in parts])
    scores = concat_rows([part.scores for part in parts])
    trajectory = join_trajectories(run.processes.gather(trajectory))
    scores = concat_rows(run.processes.gather(scores))
    run.check_failures(len(scores.failures), len(scores.value), scores.failures)
    if run.on_scored is not None:
        run.on_scored(run, step, trajectory, scores)
    return Collected(trajectory=trajectory, scores=scores)
