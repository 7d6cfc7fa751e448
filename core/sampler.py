"""The Sampler noun: policy and reward to trajectories, without training."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from suite.core.run import Collected, Run


class Sampler(BaseModel, ABC):
    """Frozen settings and one function."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requires: ClassVar[frozenset[str]] = frozenset({"samples"})
    needs_reward: ClassVar[bool] = True

    @abstractmethod
    def sample(
        self, run: "Run", step: int, *, num_contexts: int, group_size: int, purpose: str
    ) -> "Collected":
        """G finished samples for each of C contexts, samples of one context side by side."""

    def calls_a_sample(self) -> int:
        """Reward calls that one returned sample costs."""
        return 1
