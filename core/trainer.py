"""The one training loop: collect, update, checkpoint, resume.

A step is a pure function of (state, step): everything random is keyed by counters, and a checkpoint
holds weights, optimizers, algorithm state and the experience in flight with the position in it. A
run that is killed at any moment and resumed writes the same metrics, bit for bit (same machine
kind, torch and thread count).
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from suite.core.algorithm import Algorithm, Experience, Minibatch
from suite.core.checkpoint import load_checkpoint, newest_good, save_checkpoint
from suite.core.errors import SuiteError
from suite.core.optim import Averaged, Optimizers
from suite.core.randomness import permutation
from suite.core.records import Scores, Trajectory
from suite.core.run import BudgetSpent, Run
from suite.core.trees import to_device

FAILED = "items whose score failed in the loss"


class Listener(Protocol):
    """Who hears of the trainer's progress: the run folder, a progress bar, plugins' run hooks.

    Steps count from 0 until a step is done, and from 1 afterwards (``on_step``); ``on_checkpoint``
    is told how many are done.
    """

    def on_scored(self, run: Run, step: int, trajectory: Trajectory, scores: Scores) -> None: ...

    def on_collect(self, run: Run, step: int, experience: Experience) -> None: ...

    def on_update(self, run: Run, step: int) -> None: ...

    def on_step(self, run: Run, step: int, metrics: dict[str, float]) -> None: ...

    def on_evaluate(self, run: Run, step: int) -> None: ...

    def on_checkpoint(self, run: Run, step: int, path: Path) -> None: ...

    def position(self) -> dict[str, Any]: ...

    def restore(self, position: dict[str, Any]) -> None: ...


@dataclass(eq=False)
class Progress:
    """Where the loop stands; saved with every checkpoint.

    Attributes:
        stopped: the budget that ended training, and limit: what it was; seconds: of all sittings.
    """

    step: int = 0
    minibatch: int = 0
    update: int = 0
    experience: Experience | None = None
    sums: dict[str, float] = field(default_factory=dict)
    stopped: str | None = None
    limit: float | None = None
    seconds: float = 0.0

    def stop(self, budget: str, limit: float | None) -> None:
        """End training."""
        self.stopped, self.limit = budget, limit


class Trainer:
    """Runs one algorithm on one run."""

    def __init__(
        self,
        run: Run,
        algorithm: Algorithm,
        *,
        folder: Path | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.run, self.algorithm, self.folder, self.listener = run, algorithm, folder, listener
        self.settings = run.settings
        if not run.modules:
            # Seeded by the run, not by whatever the process drew before.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(run.seed)
                run.modules = algorithm.modules(run.policy)
        for module in run.modules.values():
            module.to(run.device)
        parts = {"policy": run.policy, **run.modules}
        self.parts = {
            name: m for name, m in parts.items() if any(p.requires_grad for p in m.parameters())
        }
        self.optimizers = Optimizers(self.parts, algorithm, self.settings)
        decay = self.settings.ema_decay
        self.averaged = Averaged(run.policy, decay) if decay is not None else None
        self.progress = Progress()
        self.started = time.monotonic()

    # --- the loop -------------------------------------------------------------------------------

    @property
    def minibatches_a_step(self) -> int:
        """Updates between two collects."""
        return self.settings.num_epochs * self.settings.num_minibatches

    def train(self) -> Progress:
        """Run to the last step, a budget's end, or an error; resumes where ``progress`` stands.

        Afterwards the policy holds the weights that were evaluated: averaged ones, if asked for.
        """
        progress = self.progress
        self.started = started = time.monotonic() - progress.seconds
        if progress.step == 0 and progress.update == 0 and progress.minibatch == 0:
            self._evaluate(force=True)
        while progress.step < self.settings.num_steps and progress.stopped is None:
            if self._out_of_time(started) or not self._collect():
                break
            self._update_all()
            self._end_step()
        self._evaluate(force=True)
        self.save()
        if self.averaged is not None:
            self.run.policy.load_state_dict(self.averaged.weights)
        return progress

    def _out_of_time(self, started: float) -> bool:
        limit = self.settings.max_seconds
        if limit is None:
            return False
        # One clock decides for all: processes that disagreed would wait for each other for ever.
        late = self.run.processes.sum({"late": float(time.monotonic() - started >= limit)})
        if late["late"] > 0:
            self.progress.stop("max_seconds", limit)
        return self.progress.stopped is not None

    def _collect(self) -> bool:
        """Bring an experience, unless one is in flight; False when the budget is spent."""
        progress = self.progress
        if progress.experience is not None:
            return True
        self.run.on_scored = None if self.listener is None else self.listener.on_scored
        try:
            progress.experience = self.algorithm.collect(self.run, progress.step)
        except BudgetSpent:
            if self.run.reward_calls == 0:
                raise self._too_little() from None
            progress.stop("max_reward_calls", self.settings.max_reward_calls)
            return False
        finally:
            self.run.on_scored = None
        progress.minibatch, progress.sums = 0, {}
        if self.listener is not None:
            self.listener.on_collect(self.run, progress.step, progress.experience)
        return True

    def _too_little(self) -> SuiteError:
        return SuiteError(
            f"{self.settings.max_reward_calls} reward calls do not pay for the first step.\n"
            "Raise --max-reward-calls, or lower train.num_contexts or train.group_size."
        )

    def _update_all(self) -> None:
        progress = self.progress
        if progress.minibatch == 0 and self.listener is not None:
            self.listener.on_update(self.run, progress.step)
        while progress.minibatch < self.minibatches_a_step:
            self._update()
            progress.minibatch += 1
            progress.update += 1
            every = self.settings.checkpoint_every
            if every and progress.update % every == 0:
                self.save()

    def _end_step(self) -> None:
        progress = self.progress
        assert progress.experience is not None
        self.algorithm.after_update(self.run, progress.step)
        metrics = {k: v / max(1, self.minibatches_a_step) for k, v in progress.sums.items()}
        metrics = {**progress.experience.metrics, **metrics}
        progress.experience, progress.minibatch, progress.sums = None, 0, {}
        progress.step += 1
        if self.listener is not None:
            self.listener.on_step(self.run, progress.step, metrics)
        self._evaluate(force=False)

    def _evaluate(self, *, force: bool) -> None:
        every, step = self.settings.eval_every, self.progress.step
        if self.listener is None or not (force or (every and step % every == 0)):
            return
        current = None
        if self.averaged is not None:
            current = {k: v.clone() for k, v in self.run.policy.state_dict().items()}
            self.run.policy.load_state_dict(self.averaged.weights)
        self.listener.on_evaluate(self.run, step)
        if current is not None:
            self.run.policy.load_state_dict(current)

    # --- one update -----------------------------------------------------------------------------

    def _items(self) -> torch.Tensor:
        """The items of the current minibatch, [I]: a slice of the pass's permutation."""
        progress = self.progress
        assert progress.experience is not None
        epoch, part = divmod(progress.minibatch, self.settings.num_minibatches)
        size = len(progress.experience.items)
        if size < self.settings.num_minibatches:
            raise SuiteError(
                f"train.num_minibatches is {self.settings.num_minibatches}, but one collect brings "
                f"{size} items.\nLower it, or raise train.num_contexts or train.group_size."
            )
        order = permutation(self.run.seed, progress.step, f"items/{epoch}", size)
        return order.tensor_split(self.settings.num_minibatches)[part]

    def _update(self) -> None:
        progress, run = self.progress, self.run
        assert progress.experience is not None
        items = self._items()
        everything = Minibatch.take(progress.experience, items)
        denominators = self.algorithm.denominators(everything)
        self.optimizers.zero_grad()
        totals: dict[str, float] = {}
        failed: list[str] = []
        mine = items[run.processes.share(len(items))]
        width = self.settings.micro_batch_size or max(1, len(items))
        for micro in mine.split(width) if len(mine) else ():
            self._backward(micro, denominators, len(items), totals, failed)
        totals = run.processes.sum(self._same_keys(totals))
        run.processes.sum_gradients(list(self.parts.values()))
        self._leave_out(totals, len(items), failed)
        self._stop_if_not_finite({k: v for k, v in totals.items() if k.startswith("loss")}, "loss")
        num_updates = self.settings.num_steps * self.minibatches_a_step
        norms = self.optimizers.step(progress.update, num_updates)
        self._stop_if_not_finite(norms, "gradient norm")
        if self.averaged is not None:
            self.averaged.update(run.policy)
        for key, value in {**totals, **{f"grad_norm/{k}": v for k, v in norms.items()}}.items():
            progress.sums[key] = progress.sums.get(key, 0.0) + value

    def _leave_out(self, totals: dict[str, float], num_items: int, reasons: list[str]) -> None:
        """Turn means over all items into means over those whose score did not fail in the loss."""
        failed = round(totals.pop(FAILED))
        self.run.check_failures(failed, num_items, reasons)
        if failed in (0, num_items):  # of nothing, the loss and its gradient are 0
            return
        scale = num_items / (num_items - failed)
        for name in totals:
            totals[name] *= scale
        weights = {weight for part in self.parts.values() for weight in part.parameters()}
        for weight in weights:
            if weight.grad is not None:
                weight.grad.mul_(scale)

    def _same_keys(self, totals: dict[str, float]) -> dict[str, float]:
        """Processes sum by position: a process without items must bring the same names."""
        if self.run.processes.size == 1 or totals:
            return totals
        raise SuiteError(
            f"a minibatch has fewer items than the {self.run.processes.size} processes.\n"
            "Raise train.num_contexts or train.group_size, or lower --processes."
        )

    def _backward(
        self,
        micro: torch.Tensor,
        denominators: dict[str, float],
        num_items: int,
        totals: dict[str, float],
        failed: list[str],
    ) -> None:
        progress, run = self.progress, self.run
        assert progress.experience is not None
        minibatch = Minibatch.take(progress.experience, micro)
        purpose = f"loss/{progress.minibatch}"
        streams = run.streams(progress.step, purpose, micro)
        with run.processes.autocast():
            loss = self.algorithm.loss(run, minibatch, streams)
        total = torch.zeros((), device=run.device)
        for name, numerator in loss.terms.items():
            term = numerator / max(denominators.get(name, float(num_items)), 1e-12)
            total = total + term
            _add(totals, f"loss/{name}", float(term.detach()))
        if total.requires_grad:
            total.backward()
        _add(totals, "loss", float(total.detach()))
        for name, value in loss.metrics.items():
            _add(totals, name, float(value.detach()) / num_items)
        _add(totals, FAILED, float(len(loss.failed)))
        failed.extend(loss.failed)

    def _stop_if_not_finite(self, values: dict[str, float], what: str) -> None:
        bad = sorted(name for name, value in values.items() if not math.isfinite(value))
        if not bad:
            return
        good = newest_good(self.checkpoints)[0] if self.checkpoints is not None else None
        raise SuiteError(
            f"the {what} '{bad[-1]}' is {values[bad[-1]]} at step {self.progress.step}; the run "
            f"stops before it harms the weights.\nThe last good checkpoint is "
            f"{good.name if good else 'none'}. Lower train.learning_rate or clip the reward."
        )

    # --- checkpoints ----------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path | None:
        """Where checkpoints go, or None for a run that keeps none."""
        return None if self.folder is None else self.folder / "checkpoints"

    def save(self) -> None:
        """Write a checkpoint of everything that the next update depends on."""
        if self.checkpoints is None or not self.run.processes.is_main:
            return
        p = self.progress
        name = f"step-{p.step:06d}-update-{p.update:08d}"
        # The file that others open holds the weights that are evaluated.
        trained = self.run.policy.state_dict()
        path = save_checkpoint(
            self.checkpoints,
            name,
            trained if self.averaged is None else self.averaged.weights,
            self._state(),
            keep=self.settings.keep_checkpoints,
        )
        if self.listener is not None:
            self.listener.on_checkpoint(self.run, p.step, path)

    def _state(self) -> dict[str, Any]:
        p = self.progress
        flight = None
        if p.experience is not None:
            e = p.experience
            flight = {"rows": dict(e.rows), "items": e.items, "metrics": dict(e.metrics)}
        return {
            "progress": {
                "step": p.step,
                "minibatch": p.minibatch,
                "update": p.update,
                "sums": dict(p.sums),
                "stopped": p.stopped,
                "limit": p.limit,
                "seconds": time.monotonic() - self.started,
            },
            "experience": flight,
            "optimizers": self.optimizers.state_dict(),
            "modules": {name: m.state_dict() for name, m in self.run.modules.items()},
            "trained": None if self.averaged is None else self.run.policy.state_dict(),
            "algorithm_state": self.run.state,
            "reward_calls": self.run.reward_calls,
            "listener": self.listener.position() if self.listener is not None else {},
        }

    def resume(self, say: Callable[[str], None]) -> bool:
        """Go back to the newest good checkpoint; False when none was written.

        Raises:
            SuiteError: there are checkpoints, and not one of them is good.
        """
        if self.checkpoints is None:
            return False
        path, passed = newest_good(self.checkpoints)
        for line in passed:
            say(line)
        if path is None and passed:
            raise SuiteError(
                f"none of the {len(passed)} checkpoints in {self.checkpoints} is good.\n"
                + "\n".join(passed)
                + "\nPut a good copy back, or delete that folder: `suite resume` then starts the "
                "run again from its first step."
            )
        if path is None:
            return False
        say(f"going on from checkpoint '{path.name}'")
        weights, state = load_checkpoint(path)
        if self.averaged is not None:
            self.averaged.weights = to_device(weights, self.run.device)
        self.run.policy.load_state_dict(weights if self.averaged is None else state["trained"])
        flight = state.pop("experience")
        self.progress = Progress(
            **state["progress"], experience=None if flight is None else Experience(**flight)
        )
        if self.settings.raised(self.progress.stopped, self.progress.limit):
            self.progress.stopped = self.progress.limit = None
        self.optimizers.load_state_dict(state["optimizers"])
        for name, module in self.run.modules.items():
            module.load_state_dict(state["modules"][name])
        self.run.state = state["algorithm_state"]
        self.run.reward_calls = state["reward_calls"]
        if self.listener is not None:
            self.listener.restore(state["listener"])
        return True


def _add(totals: dict[str, float], name: str, value: float) -> None:
    totals[name] = totals.get(name, 0.0) + value
