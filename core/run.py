"""The Run: what a training run holds, and the questions that an algorithm may ask of it.

It belongs to the trainer. Algorithms sample, score and read demonstrations through it, so that they
see no processes, no batches, no journal and no budget.

Shapes: C contexts, G samples a context, B = C G rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from suite.core.contexts import Contexts, pick_contexts
from suite.core.environment import Environment
from suite.core.errors import SuiteError
from suite.core.journal import Journal, samples_key
from suite.core.metric import Codec
from suite.core.policy import Policy
from suite.core.processes import Processes
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Scores, Trajectory
from suite.core.reward import Reward
from suite.core.rollout import join_trajectories, rollout_in_batches
from suite.core.scoring import StepScores, score
from suite.core.settings import TrainSettings
from suite.core.trees import concat_rows, take_rows, to_device


class BudgetSpent(Exception):  # noqa: N818 - a signal between run and trainer, not an error
    """The next collect would pass max_reward_calls."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Collected:
    """Samples of one collect with their scores; ``trajectory.valid`` carries failed scores."""

    trajectory: Trajectory
    scores: Scores

    @property
    def value(self) -> Tensor:
        """The reward of each sample, [B]."""
        return self.scores.value


@dataclass(kw_only=True, eq=False)
class Run:
    """What the trainer holds for one run; ``state`` is the algorithm's own (pairs, pools)."""

    seed: int
    policy: Policy
    base: Policy
    contexts: Contexts
    settings: TrainSettings
    reward: Reward | None = None
    held_out_reward: Reward | None = None
    environment: Environment | None = None
    processes: Processes = field(default_factory=Processes)
    journal: Journal | None = None
    codec: Codec | None = None
    modules: dict[str, nn.Module] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    reward_calls: int = 0
    sampler: Any = None
    # Who hears of scored samples: set by the trainer while an algorithm collects.
    on_scored: Callable[["Run", int, Trajectory, Scores], None] | None = None

    @property
    def reference(self) -> Policy:
        """The frozen policy that KL terms pull to: the start policy."""
        return self.base

    @property
    def device(self) -> torch.device:
        """Where tensors live."""
        return self.processes.device

    # --- sampling -------------------------------------------------------------------------------

    def ask(self, step: int, *, num_contexts: int | None = None, purpose: str = "train") -> Context:
        """The contexts of one step, [C]."""
        count = num_contexts or self.settings.num_contexts
        index = pick_contexts(
            self.seed, step, count, self.contexts.num_train, f"{purpose}/contexts"
        )
        return to_device(self.contexts.train(index), self.device)

    def streams(self, step: int, purpose: str, rows: Tensor) -> Streams:
        """One stream for each global row index."""
        return Streams(self.seed, step, purpose, rows.tolist(), device=self.device)

    def sample(
        self,
        step: int,
        *,
        num_contexts: int | None = None,
        group_size: int | None = None,
        purpose: str = "train",
        policy: Policy | None = None,
        scored: bool = True,
        counted: bool = True,
    ) -> Collected:
        """Sample G objects for each of C contexts and score them.

        ``counted`` is whether the calls count against max_reward_calls.

        Returns:
            B = C G rows, samples of one context side by side, the same on every process.

        Raises:
            BudgetSpent: scoring would pass max_reward_calls.
            SuiteError: too many scores failed for reasons that are not the model's, or there are
                fewer samples than processes.
        """
        group_size = group_size or self.settings.group_size
        if self.sampler is not None and purpose == "train" and policy is None:
            return self._from_sampler(step, num_contexts or self.settings.num_contexts, group_size)
        asked = self.ask(step, num_contexts=num_contexts, purpose=purpose)
        self._charge(len(asked) * group_size if scored and counted else 0)
        self._check_shares(len(asked) * group_size)
        rows = self.processes.share(len(asked) * group_size)
        context = take_rows(asked, rows // group_size)
        with self.processes.autocast():
            trajectory = rollout_in_batches(
                policy or self.policy,
                context,
                self.streams(step, purpose, rows),
                batch_size=self.settings.sample_batch_size,
                environment=self.environment,
                group=(rows // group_size).to(self.device),
            )
        scores = self._scores(trajectory, step, purpose, scored=scored)
        trajectory = join_trajectories(self.processes.gather(trajectory))
        scores = concat_rows(self.processes.gather(scores))
        self.check_failures(len(scores.failures), len(scores.value), scores.failures)
        trajectory = replace(trajectory, valid=trajectory.valid_rows & scores.valid)
        if scored and self.on_scored is not None:
            self.on_scored(self, step, trajectory, scores)
        return Collected(trajectory=trajectory, scores=scores)

    def _from_sampler(self, step: int, num_contexts: int, group_size: int) -> Collected:
        drawn: Collected = self.sampler.sample(
            self, step, num_contexts=num_contexts, group_size=group_size, purpose="sampler"
        )
        return drawn

    def _scores(self, trajectory: Trajectory, step: int, purpose: str, *, scored: bool) -> Scores:
        if trajectory.reward is not None:
            why = None if self.environment is None else self.environment.last_failure
            reason = tuple(None if ok else why for ok in trajectory.valid_rows.tolist())
            value = trajectory.reward.sum(dim=1)
            return Scores(value=value, valid=trajectory.valid_rows, reason=reason)
        if not scored or self.reward is None:
            return Scores.all_valid(torch.zeros(len(trajectory), device=self.device))
        return self.ask_reward(self.reward, trajectory.sample, trajectory.context, step, purpose)

    def ask_reward(
        self, reward: Reward, samples: Samples, context: Context, step: int, purpose: str
    ) -> Scores:
        """Scores of finished samples, from the journal where the reward is not reproducible."""
        if "native" in reward.views and samples.native is None and self.codec is not None:
            with self._telling(f"the task's codec, {type(self.codec).__name__}, cannot read"):
                samples = replace(samples, native=self.codec.decode(samples))
        outside = reward.executes_code or reward.needs_network or not reward.deterministic
        if not outside or self.journal is None:
            return self._judged(reward, samples, context)
        key = samples_key(samples, context, purpose=purpose, step=step)
        known = self.journal.get(key)
        if known is not None:
            return to_device(known, self.device)
        scores = self._judged(reward, samples, context)
        self.journal.put(key, scores)
        # Read back, so that a fresh answer and a resumed one have passed through the same rounding.
        recorded = self.journal.get(key)
        assert recorded is not None
        return to_device(recorded, self.device)

    def _judged(self, reward: Reward, samples: Samples, context: Context) -> Scores:
        with self._telling(f"the reward, {type(reward).__name__}, cannot score"):
            return reward(samples, context)

    @contextmanager
    def _telling(self, fails: str) -> Iterator[None]:
        """A policy that is not the task's may make what the task cannot read: said in one line."""
        try:
            yield
        except SuiteError:
            raise
        except Exception as error:
            raise SuiteError(
                f"{fails} what the policy, {type(self.policy).__name__}, makes "
                f"({type(error).__name__}: {error}).\nIf the policy is of another kind than the "
                "task's own (`suite show TASK`), name a task whose samples are of its kind. Else "
                "this is a bug: `suite --debug` has the traceback."
            ) from error

    def _check_shares(self, count: int) -> None:
        if count < self.processes.size:
            raise SuiteError(
                f"a collect of {count} samples cannot be shared by {self.processes.size} "
                "processes.\nRaise train.num_contexts or train.group_size, or lower --processes."
            )

    def _charge(self, calls: int) -> None:
        limit = self.settings.max_reward_calls
        if limit is not None and self.reward_calls + calls > limit:
            raise BudgetSpent
        self.reward_calls += calls

    def charge_reward_calls(self, calls: int) -> None:
        """Count calls that an algorithm makes itself (pathwise methods).

        Raises:
            BudgetSpent: they would pass max_reward_calls.
        """
        self._charge(calls)

    def check_failures(self, failed: int, count: int, reasons: Sequence[str]) -> None:
        """Stop where too many of ``count`` scores failed.

        Raises:
            SuiteError: more than train.max_failed_share of them did.
        """
        if failed > self.settings.max_failed_share * count:
            first = reasons[0] if reasons else "that of another process, in its log"
            raise SuiteError(
                f"{failed / count:.0%} of the scores of one collect failed for reasons that are "
                f"not the model's; {self.settings.max_failed_share:.0%} is allowed. First reason: "
                f"{first}.\nMend the reward or environment, or raise train.max_failed_share."
            )

    # --- scoring --------------------------------------------------------------------------------

    def score(
        self,
        trajectory: Trajectory,
        *,
        policy: Policy | None = None,
        kl: bool = False,
        entropy: bool = False,
        steps: Tensor | None = None,
    ) -> StepScores:
        """Re-score a record under ``policy`` (default: the one in training)."""
        with self.processes.autocast():
            return score(
                policy or self.policy,
                trajectory,
                steps=steps,
                reference=self.reference if kl else None,
                entropy=entropy,
            )

    def demonstrations(self, step: int, count: int) -> tuple[Context, Samples]:
        """``count`` finished samples that a base may learn from, with their contexts.

        Raises:
            SuiteError: the task has none.
        """
        total = self.contexts.num_demonstrations
        if total == 0:
            raise SuiteError(
                "this task has no demonstrations to learn from.\n"
                "Choose an algorithm that learns from the reward: run `suite list algorithms`."
            )
        index = pick_contexts(self.seed, step, count, total, "demonstrations")
        context, samples = self.contexts.demonstrations(index)
        return to_device(context, self.device), to_device(samples, self.device)


def join(parts: list[Collected]) -> Collected:
    """Several collects as one."""
    return Collected(
        trajectory=concat_rows([p.trajectory for p in parts]),
        scores=concat_rows([p.scores for p in parts]),
    )
