"""What flows between the nouns: contexts, samples, scores and the trajectory.

Shapes: B samples, T decisions, L positions, V letters. Every leaf leads with B, so that
``core.trees`` can select, join and move records without knowing what they hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Context:
    """What B samples are conditioned on: prompts, a backbone, an observation, a class, nothing.

    Attributes:
        index: which row of the task's contexts each sample answers, [B], long.
        data: tensors that the policy or a reward reads, each [B, ...].
        native: one object a row for people and verifiers (a prompt, an answer), or None.
    """

    index: Tensor
    data: Mapping[str, Tensor] = field(default_factory=dict)
    native: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        return int(self.index.shape[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """B finished objects, in as many views as their maker can give.

    Attributes:
        tokens: letters, [B, L], long (the tensor view of discrete objects).
        values: numbers, [B, ...] (the tensor view of continuous objects; pathwise gradients pass).
        relaxed: a point of the simplex a position, [B, L, V]; equals one_hot(tokens) at the
        corners. native: one object a row: a string, a molecule, an image.
    """

    tokens: Tensor | None = None
    values: Tensor | None = None
    relaxed: Tensor | None = None
    native: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        for leaf in (self.tokens, self.values, self.relaxed, self.native):
            if leaf is not None:
                return len(leaf)
        raise ValueError("Samples holds no view")

    @property
    def tensor(self) -> Tensor:
        """The tensor view: tokens [B, L] or values [B, ...]."""
        view = self.tokens if self.tokens is not None else self.values
        if view is None:
            raise ValueError("Samples has no tensor view")
        return view


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What a reward says of B samples.

    Attributes:
        value: the score, [B], float, in the reward's unit.
        valid: False where scoring failed for reasons that are not the model's, [B], bool.
        reason: why a sample was refused or masked, one a row, or None.
        parts: named components of the score, each [B].
    """

    value: Tensor
    valid: Tensor
    reason: tuple[str | None, ...] | None = None
    parts: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[str, ...]:
        """Why each row that is not valid has no score."""
        reasons = self.reason or (None,) * len(self.value)
        pairs = zip(self.valid.tolist(), reasons, strict=True)
        return tuple(reason or "no reason given" for valid, reason in pairs if not valid)

    @classmethod
    def all_valid(cls, value: Tensor, **parts: Tensor) -> "Scores":
        """Scores that no infrastructure failure touched."""
        return cls(value=value, valid=torch.ones_like(value, dtype=torch.bool), parts=parts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """The record of B samples made by at most T decisions each: all that any algorithm learns from.

    Fields are [B, T] unless said; None where a field does not apply.

    Attributes:
        context: what was asked.
        sample: the finished objects.
        decisions: the least that rebuilds every state bitwise; tensors that lead with B.
        mask: True where the policy decided; scorers return exact 0 elsewhere.
        log_prob: nats, under the policy's own law, when sampled, in sampling precision.
        behaviour_log_prob: nats, under the law really sampled from; None if it is log_prob.
        log_backward: nats, where an object has many paths (GFlowNets).
        log_weight: nats, [B], of a Sampler's weighted particles; None: on-policy.
        segment: the turn or environment step of each decision, -1 where none.
        reward: per decision, from an environment.
        terminated: the episode ended by itself after this decision.
        truncated: the episode was cut after this decision.
        final_observation: what stood there when an episode was cut, [B, ...].
        group: which context of the batch a sample answers, [B], long.
        seed_index: the global index of each sample's random stream, [B], long.
        valid: False: the score failed for reasons that are not the model's, [B].
    """

    context: Context
    sample: Samples
    decisions: Mapping[str, Tensor]
    mask: Tensor
    log_prob: Tensor
    group: Tensor
    seed_index: Tensor
    behaviour_log_prob: Tensor | None = None
    log_backward: Tensor | None = None
    log_weight: Tensor | None = None
    segment: Tensor | None = None
    reward: Tensor | None = None
    terminated: Tensor | None = None
    truncated: Tensor | None = None
    final_observation: Tensor | None = None
    valid: Tensor | None = None

    def __len__(self) -> int:
        return int(self.mask.shape[0])

    @property
    def num_steps(self) -> int:
        """T: decisions a sample at most."""
        return int(self.mask.shape[1])

    @property
    def valid_rows(self) -> Tensor:
        """[B] bool: rows whose score counts."""
        if self.valid is not None:
            return self.valid
        return torch.ones(len(self), dtype=torch.bool, device=self.mask.device)
