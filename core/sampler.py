"""The Sampler noun: policy and reward to trajectories, without training."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from suite.core.errors import SuiteError
from suite.core.policy import CAPABILITIES, Policy

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

    def check_policy(self, policy: Policy) -> None:
        """Refuse a policy that cannot answer what this sampler asks.

        Raises:
            SuiteError: it lacks a capability.
        """
        missing = sorted(self.requires - policy.capabilities)
        if missing:
            wanted = "; ".join(f"{name} ({CAPABILITIES.get(name, 'unknown')})" for name in missing)
            raise SuiteError(
                f"this sampler asks the policy for {wanted}, and it has only "
                f"{', '.join(sorted(policy.capabilities))}.\nSample from another policy (run "
                "`suite list policies`), or with --sampler best_of_n."
            )
