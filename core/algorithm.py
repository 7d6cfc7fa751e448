"""The Algorithm noun: turns trajectories and rewards into losses.

An algorithm is frozen settings. The policy is passed to it, never stored; it owns no optimizer, no
device, no checkpoint. It must write ``collect`` and ``loss``; the rest has defaults.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.trees import num_rows, take_rows

if TYPE_CHECKING:
    from suite.core.run import Run


@dataclass(frozen=True, kw_only=True, eq=False)
class Experience:
    """What one collect brought: rows, and which rows form an item.

    Attributes:
        rows: a tree of tensors and records that lead with R rows.
        items: which rows each item holds, [I, K] long: K = 1 for rows, 2 for pairs, G for groups.
            Items are shuffled; an item is never split.
        metrics: numbers about the collect, logged with the step.
    """

    rows: Mapping[str, Any]
    items: Tensor
    metrics: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows: Mapping[str, Any], metrics: Mapping[str, float]) -> "Experience":
        """Every row is an item of its own."""
        return cls(rows=rows, items=torch.arange(num_rows(rows)).unsqueeze(1), metrics=metrics)


@dataclass(frozen=True, kw_only=True, eq=False)
class Minibatch:
    """Some items of an experience: their rows, item after item.

    Attributes:
        rows: a tree that leads with num_items * rows_an_item rows.
        item_ids: which items of the experience these are, [I].
        rows_an_item: K.
    """

    rows: Mapping[str, Any]
    item_ids: Tensor
    rows_an_item: int

    def __getitem__(self, name: str) -> Any:
        return self.rows[name]

    def __len__(self) -> int:
        return len(self.item_ids)

    @classmethod
    def take(cls, experience: Experience, item_ids: Tensor) -> "Minibatch":
        """Items ``item_ids`` [I] of an experience."""
        rows = take_rows(experience.rows, experience.items[item_ids].flatten())
        width = int(experience.items.shape[1])
        return cls(rows=rows, item_ids=item_ids, rows_an_item=width)


@dataclass(frozen=True, kw_only=True, eq=False)
class Loss:
    """Numerators of a minibatch's loss terms; the trainer divides by ``denominators``.

    Attributes:
        terms: one scalar a term, summed over the minibatch's items; the loss is the sum of
            terms[k] / denominators[k].
        metrics: scalars to log, each summed over items; the trainer divides by the item count.
        failed: the reasons of items whose score failed inside the loss. They are in no term and no
            metric, and the trainer's means are over the others; too many of them stop the run.
    """

    terms: Mapping[str, Tensor]
    metrics: Mapping[str, Tensor] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PartSettings:
    """How one trainable part is optimised; None inherits the trainer's setting."""

    learning_rate: float | None = None
    clip_norm: float | None = None
    weight_decay: float | None = None


class Algorithm(BaseModel, ABC):
    """Frozen settings, and two functions: what to collect and what to minimise.

    Attributes:
        requires: capabilities asked of the policy.
        target: what it converges to: "posterior" is p_ref exp(r / beta) / Z, "reward" the highest
            reward, "none" neither.
        off_policy: may it learn from a Sampler's trajectories.
        reward_view: the view of samples it needs a reward to read; "relaxed" needs gradients.
        biased: why it does not reach its target even in a table, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requires: ClassVar[frozenset[str]] = frozenset({"samples"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "reward"
    off_policy: ClassVar[bool] = False
    reward_view: ClassVar[str | None] = None
    trains: ClassVar[bool] = True

    def requirements(self) -> frozenset[str]:
        """Capabilities that these settings ask for; a critic asks for more than ``requires``."""
        return self.requires

    def needs_reference(self) -> bool:
        """Whether a frozen copy of the start policy is kept."""
        return False

    def biased(self) -> str | None:
        """Why these settings miss the target even in a table, or None."""
        return None

    def modules(self, policy: Policy) -> dict[str, nn.Module]:
        """Named trainable parts beside the policy: a critic, log_z."""
        return {}

    def param_groups(self) -> dict[str, PartSettings]:
        """Settings of each part; parts that are not named use the trainer's."""
        return {}

    @abstractmethod
    def collect(self, run: "Run", step: int) -> Experience:
        """Sample, score and prepare what the step's updates learn from."""

    @abstractmethod
    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        """Loss terms of some items; ``streams`` has one stream an item, not a row."""

    def denominators(self, minibatch: Minibatch) -> dict[str, float]:
        """What each term is divided by, over the whole minibatch; default: its items."""
        return {}

    def after_update(self, run: "Run", step: int) -> None:
        """Targets, averages, resets: what happens after a step's last update."""
