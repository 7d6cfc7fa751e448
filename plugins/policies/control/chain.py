"""Policies that make an action by a chain of Gaussian steps: a rectified flow and a diffusion.

A turn's first decision is the draw x_0 ~ N(0, I), whose law has no weights; K steps follow. All of
them are decisions of the record, so the log-probability of a chain is exact:
log N(x_0; 0, I) + sum_i log N(x_{i+1}; mean(x_i, i, s), std^2).

Behaviour cloning minimises a bound on -log p(action | s) of this very chain: with the bridge q of
a subclass, -log p(a) <= KL(q(x_0), N(0, I)) + sum_{i < K-1} E_q KL(q(x_{i+1} | a) || p(. | x_i))
- E_q log p(a | x_{K-1}); one i is drawn for each turn and the sum is K times its term.

Shapes: [...] turns, K steps, H actions a chunk, A action size.
"""

import math
from abc import abstractmethod

import torch
from torch import Tensor

from suite.core.distributions import GaussianStep, StepDistribution
from suite.core.randomness import Streams
from suite.plugins.policies.control.networks import perceptron, time_features
from suite.plugins.policies.control.policy import ControlPolicy, Sizes

NUM_TIMES = 6  # features of the time
REACH = 3.0  # means of a flow step are kept within +-REACH; actions are within +-1


def _like(values: Tensor, event: Tensor) -> Tensor:
    """[...] as [..., 1, 1], to stand before an event."""
    return values.view(*values.shape, *([1] * (event.ndim - values.ndim)))


class ChainPolicy(ControlPolicy):
    """K Gaussian steps from noise to a chunk of actions."""

    def __init__(self, sizes: Sizes, *, num_flow_steps: int) -> None:
        super().__init__(sizes, decisions_a_turn=num_flow_steps + 1)
        self.chain = num_flow_steps
        size = sizes.chunk * sizes.actions
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sizes.seed)
            inputs = sizes.observation + size + NUM_TIMES
            self.net = perceptron(inputs, sizes.width, size, last_gain=1.0)

    def answer(self, observation: Tensor, i: Tensor, x: Tensor) -> Tensor:
        """What the network says of a point of the chain, shaped as ``x``."""
        flat = x.flatten(i.ndim)
        asked = torch.cat([observation, flat, time_features(i / self.chain)], dim=-1)
        out: Tensor = self.net(asked)
        return out.view(x.shape)

    @abstractmethod
    def move(self, observation: Tensor, i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and std of x_{i+1} given x_i = ``x``; ``i`` is [...] long, from 0."""

    @abstractmethod
    def bridge(
        self, observation: Tensor, i: Tensor, action: Tensor, noise: Tensor, more: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A draw of x_i given the action, and mean and std of q(x_{i+1} | x_i, action)."""

    def law(self, observation: Tensor, phase: Tensor, point: Tensor) -> StepDistribution:
        mean, std = self.move(observation, (phase - 1).clamp_min(0), point)
        first = _like(phase == 0, point)
        mean = torch.where(first, torch.zeros_like(mean), mean)
        std = torch.where(first, torch.ones_like(mean), std.expand_as(mean))
        return GaussianStep(mean, std, batch_ndim=phase.ndim)

    def action_nll(
        self, observation: Tensor, action: Tensor, streams: Streams, draws: int
    ) -> Tensor:
        total = torch.zeros(action.shape[:2], device=action.device)
        for _ in range(draws):
            i = streams.integers(self.chain, action.shape[1])
            noise = streams.normal(*action.shape[1:]), streams.normal(*action.shape[1:])
            total = total + self.chain * self._term(observation, i, action, *noise)
        return total / draws

    def _term(
        self, observation: Tensor, i: Tensor, action: Tensor, noise: Tensor, more: Tensor
    ) -> Tensor:
        """Term i of the bound, [...], nats."""
        x, target, width = self.bridge(observation, i, action, noise, more)
        mean, std = self.move(observation, i, x)
        # Cloning leaves the noise where it is: it is fine-tuning that learns how much to explore.
        law = GaussianStep(mean, std.detach(), batch_ndim=i.ndim)
        last = i == self.chain - 1
        safe = torch.where(_like(last, action), torch.ones_like(mean), width.expand_as(mean))
        inner = GaussianStep(target, safe, batch_ndim=i.ndim).kl(law)
        term: Tensor = torch.where(last, -law.log_prob(action), inner)
        return term


class FlowPolicy(ChainPolicy):
    """A rectified flow with learned noise: ReinFlow, Zhang et al., arXiv:2505.22094, section 4.

    x_{i+1} ~ N(clip(x_i + v(x_i, i/K, s)/K), sigma(i/K, s)^2), with sigma between ``low`` and
    ``high`` on a log scale. One grid of times serves cloning, sampling and scoring.
    """

    def __init__(self, sizes: Sizes, *, num_flow_steps: int, low: float, high: float) -> None:
        super().__init__(sizes, num_flow_steps=num_flow_steps)
        self.low, self.high = math.log(low), math.log(high)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sizes.seed + 1)
            inputs = sizes.observation + NUM_TIMES
            outputs = sizes.chunk * sizes.actions
            self.noise = perceptron(inputs, max(8, sizes.width // 4), outputs, last_gain=0.01)

    def deviation(self, observation: Tensor, i: Tensor) -> Tensor:
        """sigma(i/K, s), [..., *event]."""
        asked = torch.cat([observation, time_features(i / self.chain)], dim=-1)
        share = (torch.tanh(self.noise(asked)) + 1.0) / 2.0
        std: Tensor = (self.low + (self.high - self.low) * share).exp()
        shaped: Tensor = std.unflatten(-1, self.event)
        return shaped

    def move(self, observation: Tensor, i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x + self.answer(observation, i, x) / self.chain
        return mean.clamp(-REACH, REACH), self.deviation(observation, i)

    def bridge(
        self, observation: Tensor, i: Tensor, action: Tensor, noise: Tensor, more: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The straight line from ``noise`` to the action, with the chain's own noise about it."""
        start, stop = _like(i / self.chain, action), _like((i + 1) / self.chain, action)
        before = self.deviation(observation, (i - 1).clamp_min(0)).detach()
        about = torch.where(_like(i == 0, action), torch.zeros_like(before), before)
        x = (1.0 - start) * noise + start * action + about * more
        width = self.deviation(observation, i).detach()
        return x, (1.0 - stop) * noise + stop * action, width


class DiffusionPolicy(ChainPolicy):
    """DDPM on action chunks; the network guesses the clean chunk.

    Chi et al., arXiv:2303.04137; steps as in Ho et al., arXiv:2006.11239, eq. (6) and (7), with
    the deviation kept at ``floor`` or above (DPPO, arXiv:2409.00588, section 4.3), so that the
    last step has a density. Squared-cosine noise: Nichol and Dhariwal, arXiv:2102.09672, eq. (17).

    Args:
        flat: cloning gives each step's squared error of the clean chunk the same weight, their mean
            in the bound: a weighted bound (Kingma and Gao, arXiv:2303.00848). The bound itself
            weighs the last of four steps some 30 times the one before, which then learns slowly.
    """

    alpha: Tensor

    def __init__(self, sizes: Sizes, *, num_flow_steps: int, floor: float, flat: bool) -> None:
        super().__init__(sizes, num_flow_steps=num_flow_steps)
        self.floor, self.flat = floor, flat
        t = torch.arange(num_flow_steps + 1, dtype=torch.float64) / num_flow_steps
        share = torch.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
        # From noise to data, as the flow counts: alpha[0] is the noisiest, alpha[K] = 1. The
        # chain starts at N(0, I), so that its first share of signal is exactly 0.
        alpha = (share / share[0]).flip(0)
        alpha[0] = 0.0
        self.register_buffer("alpha", alpha.float())

    def posterior(self, i: Tensor, x: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and std of q(x_{i+1} | x_i, clean)."""
        now, after = _like(self.alpha[i], x), _like(self.alpha[i + 1], x)
        step = now / after
        mean = (
            after.sqrt() * (1.0 - step) / (1.0 - now) * clean
            + step.sqrt() * (1.0 - after) / (1.0 - now) * x
        )
        return mean, ((1.0 - after) / (1.0 - now) * (1.0 - step)).sqrt()

    def move(self, observation: Tensor, i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        clean = self.answer(observation, i, x).clamp(-1.5, 1.5)
        mean, std = self.posterior(i, x, clean)
        return mean, std.clamp_min(self.floor).expand_as(mean)

    def bridge(
        self, observation: Tensor, i: Tensor, action: Tensor, noise: Tensor, more: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        now = _like(self.alpha[i], action)
        x = now.sqrt() * action + (1.0 - now).sqrt() * noise
        mean, std = self.posterior(i, x, action)
        return x, mean, std

    def step_weights(self) -> Tensor:
        """What the bound multiplies each step's squared error of the clean chunk by, [K], nats."""
        now, after = self.alpha[:-1], self.alpha[1:]
        share = after.sqrt() * (1.0 - now / after) / (1.0 - now)
        std = ((1.0 - after) / (1.0 - now) * (1.0 - now / after)).sqrt().clamp_min(self.floor)
        return 0.5 * (share / std) ** 2

    def _term(
        self, observation: Tensor, i: Tensor, action: Tensor, noise: Tensor, more: Tensor
    ) -> Tensor:
        if not self.flat:
            return super()._term(observation, i, action, noise, more)
        x, _, _ = self.bridge(observation, i, action, noise, more)
        error = (self.answer(observation, i, x) - action) ** 2
        return self.step_weights().mean() * error.flatten(i.ndim).sum(dim=-1)
