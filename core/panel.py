"""Evaluation: what a skeptic would look at besides the training reward.

Every evaluation of a run uses the same streams and the same contexts, so that two policies meet the
same luck. Shapes: B samples.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from suite.core.metric import Codec, Metric
from suite.core.policy import Policy
from suite.core.records import Samples, Scores, Trajectory
from suite.core.rollout import rollout_in_batches
from suite.core.run import Collected, Run
from suite.core.scoring import score
from suite.core.trees import take_rows, to_device

MOST_PICTURES = 24  # a run keeps so many of a set of samples
Z95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Numbers for the metrics file and samples for the report."""

    numbers: Mapping[str, float | None]
    collected: Collected
    held_out: Scores | None = None
    texts: tuple[str, ...] = field(default=())
    codec: Codec | None = None

    def sample_rows(self) -> list[dict[str, Any]]:
        """One row a sample, for the samples file."""
        rows = []
        held_out = self.held_out.value.tolist() if self.held_out is not None else None
        for i, value in enumerate(self.collected.value.tolist()):
            parts = {k: float(v[i]) for k, v in self.collected.scores.parts.items()}
            row: dict[str, Any] = {"text": self.texts[i], "reward": value, "parts": parts}
            if held_out is not None:
                row["held_out"] = held_out[i]
            rows.append({**row, **self._shown(i)})
        return rows

    def _shown(self, i: int) -> dict[str, str]:
        """What was asked, and a picture of the answer, where there are such."""
        trajectory = self.collected.trajectory
        asked, made = trajectory.context.native, trajectory.sample
        row = None if asked is None else asked[i]
        shown = (
            {"prompt": str(row["prompt"])} if isinstance(row, Mapping) and "prompt" in row else {}
        )
        if self.codec is not None and i < MOST_PICTURES:
            [native] = self.codec.decode(take_rows(made, torch.tensor([i])))
            picture = self.codec.picture(native)
            shown |= {} if picture is None else {"picture": picture}
        return shown


@torch.no_grad()
def evaluate(
    run: Run,
    policy: Policy,
    *,
    metrics: Mapping[str, Metric],
    codec: Codec | None,
    draw: Collected | None = None,
) -> Evaluation:
    """Sample ``eval_samples`` objects on held-out contexts and measure them.

    Args:
        run: whose reward, held-out reward, contexts and seed are used.
        policy: what is measured; ignored for sampling where ``draw`` is given.
        metrics: by name, each measures the samples as a set.
        codec: writes samples as text for the report.
        draw: samples that a Sampler made, to be measured instead.
    """
    collected = draw if draw is not None else draw_for_evaluation(run, policy)
    trajectory = collected.trajectory
    valid = trajectory.valid_rows
    numbers: dict[str, float | None] = {}
    numbers.update(_spread("reward", collected.value[valid]))
    held_out = _held_out(run, trajectory)
    if held_out is not None:
        numbers.update(_spread("held_out", held_out.value[held_out.valid]))
    numbers["kl"] = _kl(run, policy, trajectory) if draw is None else None
    numbers["nll"] = _naturalness(run, trajectory)
    numbers["diversity"] = diversity(trajectory.sample)
    for name, metric in metrics.items():
        for key, value in metric(trajectory.sample, trajectory.context).items():
            numbers[f"metric/{name}" + (f"/{key}" if key else "")] = value
    return Evaluation(
        numbers=numbers,
        collected=collected,
        held_out=held_out,
        texts=_texts(codec, trajectory),
        codec=codec,
    )


def draw_for_evaluation(
    run: Run, policy: Policy, *, rows_a_context: int | None = None
) -> Collected:
    """Fresh samples on held-out contexts (train ones where none are held out), and their scores."""
    total = run.contexts.num_held_out or run.contexts.num_train
    count = run.settings.eval_samples
    index = torch.arange(count) % total
    held_out = to_device(run.contexts.held_out(index), run.device)
    with run.processes.autocast():
        trajectory = rollout_in_batches(
            policy,
            held_out,
            run.streams(0, "evaluation", torch.arange(count)),
            batch_size=run.settings.sample_batch_size,
            environment=run.environment,
            group=index.to(run.device),
        )
    return Collected(trajectory=trajectory, scores=_training_scores(run, trajectory))


def _training_scores(run: Run, trajectory: Trajectory) -> Scores:
    if trajectory.reward is not None:
        return Scores(value=trajectory.reward.sum(dim=1), valid=trajectory.valid_rows)
    assert run.reward is not None
    return run.ask_reward(run.reward, trajectory.sample, trajectory.context, 0, "evaluation")


def _held_out(run: Run, trajectory: Trajectory) -> Scores | None:
    if trajectory.reward is not None:  # episodes of held-out seeds are the held-out score
        return Scores(value=trajectory.reward.sum(dim=1), valid=trajectory.valid_rows)
    if run.held_out_reward is None:
        return None
    return run.ask_reward(
        run.held_out_reward, trajectory.sample, trajectory.context, 0, "evaluation/held_out"
    )


def _spread(name: str, values: Tensor) -> dict[str, float | None]:
    if len(values) == 0:
        return {name: None, f"{name}_std": None, f"{name}_ci": None}
    std = float(values.std()) if len(values) > 1 else 0.0
    half = Z95 * std / math.sqrt(len(values))
    return {name: float(values.mean()), f"{name}_std": std, f"{name}_ci": half}


def _kl(run: Run, policy: Policy, trajectory: Trajectory) -> float | None:
    """KL(policy || start policy) of whole paths, nats a sample; None for laws without one."""
    if "scores" not in policy.capabilities:
        return None
    kl = score(policy, trajectory, reference=run.base).kl
    assert kl is not None
    return float(kl.sum(dim=1).mean())


def _naturalness(run: Run, trajectory: Trajectory) -> float | None:
    """Minus the start policy's log-likelihood (or its bound) of the samples, nats a sample."""
    if "likelihood" not in run.base.capabilities:
        return None
    streams = run.streams(0, "naturalness", torch.arange(len(trajectory)))
    parts = []
    for rows in torch.arange(len(trajectory)).split(run.settings.sample_batch_size):
        sample, context = take_rows(trajectory.sample, rows), take_rows(trajectory.context, rows)
        parts.append(run.base.nll(sample, context, streams.select(rows), draws=4))
    return float(torch.cat(parts).mean())


def diversity(sample: Samples) -> float | None:
    """Mean pairwise distance: share of differing positions, or Euclidean; None without tensor."""
    if sample.tokens is not None:
        return _token_diversity(sample.tokens)
    if sample.values is None or len(sample.values) < 2:
        return None
    flat = sample.values.flatten(1)[:512]
    return float(torch.nn.functional.pdist(flat).mean())


def _token_diversity(tokens: Tensor) -> float | None:
    """From letter frequencies a position: linear in B, and exact over all B (B - 1) / 2 pairs."""
    rows = len(tokens)
    if rows < 2:
        return None
    counts = torch.nn.functional.one_hot(tokens, int(tokens.max()) + 1).sum(dim=0).double()
    same = (counts * (counts - 1)).sum(dim=1) / (rows * (rows - 1))
    return float((1.0 - same).mean())


def _texts(codec: Codec | None, trajectory: Trajectory) -> tuple[str, ...]:
    sample = trajectory.sample
    if codec is not None:
        natives = sample.native if sample.native is not None else codec.decode(sample)
        return tuple(codec.text(native) for native in natives)
    if sample.native is not None:
        return tuple(str(native) for native in sample.native)
    return tuple(
        " ".join(f"{x:.4g}" for x in row) for row in sample.tensor.flatten(1)[:, :16].tolist()
    )
