"""Best-of-n: draw n samples a slot, keep the one that the reward likes best.

Its log-ratio to the policy is at most log n - (n - 1) / n nats (Beirami et al., arXiv:2401.01879).
"""

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from suite.core.run import Collected
from suite.core.sampler import Sampler
from suite.core.trees import take_rows

if TYPE_CHECKING:
    from suite.core.run import Run


class BestOfN(Sampler):
    """Keeps the best of n draws by the training reward."""

    n: int = Field(16, ge=1, description="draws a returned sample")

    def calls_a_sample(self) -> int:
        return self.n

    def sample(
        self, run: "Run", step: int, *, num_contexts: int, group_size: int, purpose: str
    ) -> Collected:
        drawn = run.sample(
            step, num_contexts=num_contexts, group_size=group_size * self.n, purpose=purpose
        )
        worst = torch.full_like(drawn.value, -torch.inf)
        score = torch.where(drawn.trajectory.valid_rows, drawn.value, worst).view(-1, self.n)
        best = score.argmax(dim=1) + torch.arange(len(score), device=score.device) * self.n
        return Collected(
            trajectory=take_rows(drawn.trajectory, best), scores=take_rows(drawn.scores, best)
        )
