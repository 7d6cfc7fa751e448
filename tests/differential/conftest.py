"""One fixed batch for two methods: same policy, same reference, same streams, in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.randomness import Streams
from suite.core.run import Run

SMALL = {
    "train.num_contexts": 2,  # two groups, so that a mean over all rows is not a group's mean
    "train.group_size": 4,
    "policy.length": 4,
    "policy.letters": 4,
    "policy.num_steps": 4,
}


def shake(module: nn.Module, seed: int, size: float) -> None:
    """Add ``size`` times standard normal numbers to every weight."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            weight.add_(size * noise)


@dataclass(kw_only=True, eq=False)
class Side:
    """One method with its run; two sides made alike hold the same weights and draw alike."""

    algorithm: Algorithm
    run: Run

    def collect(self, step: int = 0) -> Experience:
        return self.algorithm.collect(self.run, step)

    def move(self) -> None:
        """Change the policy, so that importance ratios are not 1 and margins not 0."""
        shake(self.run.policy, seed=2, size=0.3)

    def move_critic(self) -> None:
        """Change the critic by more than what bounds it."""
        shake(self.run.modules["critic"], seed=4, size=1.0)

    def parts(self, experience: Experience) -> tuple[Loss, dict[str, Tensor]]:
        """The loss of a whole experience, and its terms divided as the trainer divides them."""
        items = torch.arange(len(experience.items))
        batch = Minibatch.take(experience, items)
        loss = self.algorithm.loss(self.run, batch, Streams(0, 0, "loss", items.tolist()))
        shared = self.algorithm.denominators(batch)
        return loss, {
            name: term / shared.get(name, float(len(batch))) for name, term in loss.terms.items()
        }

    def values(self, experience: Experience) -> dict[str, float]:
        """The divided terms as numbers."""
        _, terms = self.parts(experience)
        return {name: float(term.detach()) for name, term in terms.items()}

    def gradients(self, total: Tensor) -> Tensor:
        """d total / d weights of the policy, one long vector; 0 where total does not reach."""
        weights = list(self.run.policy.parameters())
        found = torch.autograd.grad(total, weights, allow_unused=True, retain_graph=True)
        parts = zip(found, weights, strict=True)
        return torch.cat([(torch.zeros_like(w) if g is None else g).flatten() for g, w in parts])


@pytest.fixture
def make_side() -> Callable[..., Side]:
    """``make_side("rloo", **{"algo.kl": "none"})``: a preset on the micro unmasking task."""

    def make(algo: str, **settings: Any) -> Side:
        request = Request(task="micro/unmasking", algo=algo, settings={**SMALL, **settings})
        built = build(resolve_request(request))
        run, algorithm = built.run, built.algorithm
        run.policy.double()
        freeze_base(built)
        shake(run.policy, seed=1, size=0.3)  # away from the reference: no KL is 0 by chance
        reward: Any = run.reward
        reward.table = reward.table.double()
        torch.manual_seed(0)  # the critic's first weights: the same for every side
        run.modules = {name: part.double() for name, part in algorithm.modules(run.policy).items()}
        for part in run.modules.values():
            shake(part, seed=3, size=0.3)
        return Side(algorithm=algorithm, run=run)

    return make
