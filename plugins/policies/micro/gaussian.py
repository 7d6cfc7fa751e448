"""A Gaussian diffusion policy on points of the plane: T denoising steps with a fixed schedule.

The network predicts x_0; steps are ancestral (DDIM with eta = 1); the last step keeps a small floor
of noise, so that every step has a density. Shapes: B samples, D = 2 coordinates, S steps.
"""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import GaussianStep, RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory

FLOOR = 0.1  # standard deviation of the last step, in data units


class GaussianPolicy(Policy):
    """x_T ~ N(0, I), then x_{t-1} ~ N(mu(x_t, t), std_t^2)."""

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "pathwise", "lookahead", "value", "balance"}
    )

    def __init__(self, *, num_steps: int, width: int, seed: int) -> None:
        super().__init__()
        self.num_steps, self.dim = num_steps, 2
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = nn.Sequential(
                nn.Linear(self.dim + 2, width), nn.SiLU(),
                nn.Linear(width, width), nn.SiLU(),
                nn.Linear(width, self.dim),
            )  # fmt: skip
        signal, std = _schedule(num_steps)
        self.register_buffer("signal", signal)
        self.register_buffer("std", std)

    def _posterior_mean(self, x0: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        """Mean of x_s given a guess of (x_0, noise); ``step`` counts decisions from 0."""
        after, v = self.signal[step + 1].unsqueeze(-1), self.std[step].unsqueeze(-1) ** 2  # type: ignore[index]
        return after.sqrt() * x0 + (1.0 - after - v).clamp_min(0.0).sqrt() * noise

    def _clean(self, x: Tensor, step: Tensor) -> Tensor:
        """The network's guess of x_0 at decision ``step`` [...]; x is [..., D]."""
        phase = step.float() / self.num_steps * math.pi
        inputs = torch.cat([x, phase.sin().unsqueeze(-1), phase.cos().unsqueeze(-1)], dim=-1)
        guess: Tensor = self.network(inputs)
        return guess

    def _law(self, x: Tensor, step: Tensor, *, batch_ndim: int) -> GaussianStep:
        """The law of x_s given x [..., D] at decision ``step`` [...]."""
        before = self.signal[step].unsqueeze(-1)  # type: ignore[index]
        x0 = self._clean(x, step)
        noise = (x - before.sqrt() * x0) / (1.0 - before).sqrt()
        mean = self._posterior_mean(x0, noise, step)
        return GaussianStep(mean, self.std[step].unsqueeze(-1), batch_ndim=batch_ndim)  # type: ignore[index]

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        active = torch.ones(len(context), dtype=torch.bool, device=streams.device)
        return {"x": streams.normal(self.dim), "active": active}

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(state["x"], t, batch_ndim=1)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        return {"x": decision, "active": state["active"] & (t + 1 < self.num_steps)}

    def finish(self, state: State) -> Samples:
        return Samples(values=state["x"])

    @torch.no_grad()
    def lookahead(self, state: State, t: Tensor, guesses: int, streams: Streams) -> Samples:
        """The network's x_0, the posterior mean: the guesses of one row are equal."""
        return Samples(values=self._clean(state["x"], t).repeat_interleave(guesses, dim=0))

    # --- the record -----------------------------------------------------------------------------

    def pack(self, start: State, steps: dict[str, Tensor], end: State) -> dict[str, Tensor]:  # type: ignore[override]
        return {"x": torch.cat([start["x"].unsqueeze(1), steps["decision"]], dim=1)}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        x = trajectory.decisions["x"]
        steps = torch.arange(trajectory.num_steps, device=x.device) if steps is None else steps
        law = self._law(x[:, steps], steps.expand(len(x), -1), batch_ndim=2)
        return law, x[:, steps + 1]

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """A draw of the variational bound, nats, without the prior's KL, which no weight moves."""
        assert samples.values is not None
        total = torch.zeros(len(samples), device=samples.values.device)
        for _ in range(draws):
            total = total + self._bound(samples.values, streams)
        return total / draws

    def _bound(self, x0: Tensor, streams: Streams) -> Tensor:
        step, noise = streams.integers(self.num_steps), streams.normal(self.dim)
        before = self.signal[step].unsqueeze(-1)  # type: ignore[index]
        x = before.sqrt() * x0 + (1.0 - before).sqrt() * noise
        law = self._law(x, step, batch_ndim=1)
        target = self._posterior_mean(x0, noise, step)
        last = step == self.num_steps - 1
        exact = GaussianStep(target, law.std, batch_ndim=1).kl(law)
        return self.num_steps * torch.where(last, -law.log_prob(x0), exact)

    @property
    def num_features(self) -> int:
        return self.dim + self.num_steps + 1

    def features(self, trajectory: Trajectory) -> Tensor:
        x = trajectory.decisions["x"]
        where = torch.eye(x.shape[1], device=x.device).expand(len(x), -1, -1)
        return torch.cat([x, where], dim=-1)

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """log q(x_t | x_s): the forward noising kernel walks each path back, [B, T], nats.

        The start x_T is drawn, not decided: its log-density is taken off the first move, so that
        forward minus backward is that of the whole path.
        """
        x = trajectory.decisions["x"]
        before, after = self.signal[:-1], self.signal[1:]  # type: ignore[index]
        ratio = (before / after).unsqueeze(-1)
        law = GaussianStep(ratio.sqrt() * x[:, 1:], (1.0 - ratio).sqrt(), batch_ndim=2)
        moves = law.log_prob(x[:, :-1])
        prior = GaussianStep(torch.zeros_like(x[:, 0]), torch.ones(()), batch_ndim=1)
        return torch.cat([moves[:, :1] - prior.log_prob(x[:, 0]).unsqueeze(1), moves[:, 1:]], dim=1)


def _schedule(num_steps: int) -> tuple[Tensor, Tensor]:
    """Signal shares abar before each decision and after the last, [T + 1]; step stds, [T]."""
    angle = torch.linspace(0.98 * math.pi / 2, 0.0, num_steps + 1, dtype=torch.float64)
    signal = (angle.cos() ** 2).clamp(1e-3, 1.0 - FLOOR**2)
    before, after = signal[:-1], signal[1:]
    variance = (1.0 - after) / (1.0 - before) * (1.0 - before / after)
    return signal.float(), variance.clamp_min(FLOOR**2 / 2).sqrt().float()
