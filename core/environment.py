"""The Environment noun: answers a decision with the next observation (Gymnasium's vocabulary)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Transition:
    """What K environments answered; every field leads with K.

    Attributes:
        observation: what the policy sees next; the TRUE final one where the episode ended.
        reward: in the environment's unit, [K].
        terminated: the episode ended by itself, [K] bool.
        truncated: the episode was cut, [K] bool.
        failed: the environment raised: the row is dropped and counted, never scored, [K] bool.
    """

    observation: Tensor
    reward: Tensor
    terminated: Tensor
    truncated: Tensor
    failed: Tensor


class Environment(ABC):
    """N episodes side by side; a finished one is not reset until the next ``reset``.

    Attributes:
        max_steps: decisions of the environment an episode at most.
        last_failure: what the last failed row's simulator said.
    """

    max_steps: int
    last_failure: str | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        """What it asks of a policy, by the names of ``Policy.sample_shape``; empty: anything."""
        return {}

    @abstractmethod
    def reset(self, seeds: Sequence[int]) -> Tensor:
        """Start one episode a seed; first observations [N, ...]."""

    @abstractmethod
    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        """Execute ``actions`` [K, ...] in episodes ``rows`` [K]."""
