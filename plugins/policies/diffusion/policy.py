"""A diffusion or flow model of images as a policy: a decision is one denoising step.

The record keeps x_0..x_T in the precision of sampling, so that old and new log-probabilities of the
same weights are the same numbers. Samples keep noise of ``last_noise``: the last step has a density
like all others.

Shapes: B samples or N rows, T steps, S steps of a replay, C channels, H pixels of a side, L words.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from suite.core.distributions import GaussianStep, RelaxedTokens, StepDistribution
from suite.core.errors import SuiteError, unknown_name
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.diffusion.config import DiffusionConfig
from suite.plugins.policies.diffusion.network import PatchTransformer
from suite.plugins.policies.diffusion.process import (
    ancestral_mean,
    ancestral_std,
    cosine_grid,
    flow_grid,
    flow_sde,
    guess,
)

WORDS = "diffusion/words"
PAD = 0  # also the empty caption of guidance


class DiffusionPolicy(Policy):
    """x_0 ~ N(0, I), then x_{i+1} ~ N(mean(x_i, i, caption), std_i^2)."""

    signal: Tensor
    noise: Tensor

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        _check(config)
        self.config = config
        self.num_steps = config.num_steps
        self.event = (config.channels, config.size, config.size)
        self.numbers = {word: i + 1 for i, word in enumerate(config.words)}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = PatchTransformer(
                size=config.size,
                channels=config.channels,
                patch=config.patch,
                width=config.width,
                layers=config.layers,
                heads=config.heads,
                num_words=len(config.words) + 1,
                max_words=config.max_words,
            )
        made = cosine_grid if config.process == "cosine" else flow_grid
        grid = made(config.num_steps, config.last_noise)
        self.register_buffer("signal", grid.signal)
        self.register_buffer("noise", grid.noise)

    @property
    def capabilities(self) -> frozenset[str]:  # type: ignore[override]
        """An ODE has no density of its steps, so nothing can be scored."""
        known = {"samples", "likelihood", "pathwise", "lookahead"}
        return frozenset(known | {"scores"} if self.config.eta > 0 else known)

    # --- captions -------------------------------------------------------------------------------

    def condition(self, context: Context) -> State:
        """The captions' word numbers, [N, L] long; 0 pads."""
        if WORDS in context.data:
            return {WORDS: context.data[WORDS]}
        if not self.numbers:
            shape = (len(context), self.config.max_words)
            return {WORDS: torch.zeros(shape, dtype=torch.long, device=self.device)}
        rows = context.native
        if rows is None or not all(isinstance(row, Mapping) and "prompt" in row for row in rows):
            raise SuiteError(
                "this policy paints captions, and the task's contexts have none.\n"
                'Use contexts whose native rows are mappings with a "prompt", or set policy.words '
                "to nothing."
            )
        numbers = [self._numbers(str(row["prompt"])) for row in rows]
        return {WORDS: torch.tensor(numbers, device=self.device)}

    def _numbers(self, prompt: str) -> list[int]:
        words = prompt.split()
        for word in words:
            if word not in self.numbers:
                step = f"The caption is {prompt[:60]!r}; add the word to policy.words."
                raise unknown_name("word", word, self.numbers, next_step=step)
        if len(words) > self.config.max_words:
            raise SuiteError(
                f"a caption has {len(words)} words, and policy.max_words is "
                f"{self.config.max_words}: {prompt[:60]!r}.\nShorten it, or raise policy.max_words."
            )
        return [self.numbers[one] for one in words] + [PAD] * (self.config.max_words - len(words))

    # --- one step -------------------------------------------------------------------------------

    def clean(self, x: Tensor, i: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """(x_0, eps) as the guided network guesses them at point i; x is [N, C, H, H], i [N]."""
        out = self.network(x, self.noise[i], words)
        if self.config.guidance != 1.0:
            free = self.network(x, self.noise[i], torch.full_like(words, PAD))
            out = free + self.config.guidance * (out - free)
        return guess(self.config.prediction, out, x, _wide(self.signal[i]), _wide(self.noise[i]))

    def moments(self, x: Tensor, i: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Mean [N, C, H, H] and std [N, 1, 1, 1] of x_{i+1} given x_i."""
        x0, eps = self.clean(x, i, words)
        return self._from_guess(x, x0, eps, i)

    def _from_guess(self, x: Tensor, x0: Tensor, eps: Tensor, i: Tensor) -> tuple[Tensor, Tensor]:
        a, s = _wide(self.signal[i]), _wide(self.noise[i])
        a_next, s_next = _wide(self.signal[i + 1]), _wide(self.noise[i + 1])
        if self.config.sampler == "flow_sde":
            return flow_sde(x, eps - x0, s, s_next, self.config.eta)
        std = ancestral_std(a, s, a_next, s_next, self.config.eta)
        return ancestral_mean(x0, eps, a_next, s_next, std), std

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        active = torch.ones(len(context), dtype=torch.bool, device=streams.device)
        return {"x": streams.normal(*self.event), "active": active, **self.condition(context)}

    def step(self, state: State, t: Tensor) -> StepDistribution:
        mean, std = self.moments(state["x"], t, state[WORDS])
        return GaussianStep(mean, std, batch_ndim=1)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        return {**state, "x": decision, "active": state["active"] & (t + 1 < self.num_steps)}

    def finish(self, state: State) -> Samples:
        return Samples(values=state["x"])

    @torch.no_grad()
    def lookahead(self, state: State, t: Tensor, guesses: int, streams: Streams) -> Samples:
        """The network's x_0, the posterior mean: the guesses of one row are equal."""
        x0, _ = self.clean(state["x"], t, state[WORDS])
        return Samples(values=x0.repeat_interleave(guesses, dim=0))

    # --- the record -----------------------------------------------------------------------------

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return {"x": torch.cat([start["x"].unsqueeze(1), steps["decision"]], dim=1)}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        x = trajectory.decisions["x"]
        steps = torch.arange(trajectory.num_steps, device=x.device) if steps is None else steps
        words = self.condition(trajectory.context)[WORDS]
        shape = (len(x), len(steps))
        mean, std = self.moments(
            x[:, steps].flatten(0, 1),
            steps.repeat(len(x)),
            words.repeat_interleave(len(steps), dim=0),
        )
        law = GaussianStep(mean.unflatten(0, shape), std.unflatten(0, shape), batch_ndim=2)
        return law, x[:, steps + 1]

    # --- likelihood -----------------------------------------------------------------------------

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """A draw of the training loss, [B], nats.

        With weights "bound": the sum over steps of KL(q(x_{i+1} | x_i, x_0), p), of which one step
        is drawn and weighted by T: the variational bound without the prior's part and without the
        noise that samples keep, which no weight moves. With "flat" every step's squared error of
        x_0 has the mean weight of a step: a weighted bound (Kingma and Gao, arXiv:2303.00848).
        """
        assert samples.values is not None
        own = self.condition(context)[WORDS]
        total = torch.zeros(len(samples), device=samples.values.device)
        for _ in range(draws):
            total = total + self._term(samples.values, own, streams)
        return total / draws

    def _term(self, x0: Tensor, words: Tensor, streams: Streams) -> Tensor:
        i, eps = streams.integers(self.num_steps), streams.normal(*self.event)
        kept = streams.uniform() >= self.config.drop
        words = torch.where(kept.unsqueeze(-1), words, torch.full_like(words, PAD))
        x = _wide(self.signal[i]) * x0 + _wide(self.noise[i]) * eps
        out = self.network(x, self.noise[i], words)
        found, _ = guess(
            self.config.prediction, out, x, _wide(self.signal[i]), _wide(self.noise[i])
        )
        error = ((found - x0) ** 2).flatten(1).sum(dim=1)
        weights = self.step_weights()
        weight = weights[i] if self.config.weights == "bound" else weights.mean()
        return self.num_steps * weight * error

    def step_weights(self) -> Tensor:
        """Half the signal-to-noise ratio that each step gains, [T].

        Kingma et al., arXiv:2107.00630, eq. (14).
        """
        ratio = (self.signal / self.noise) ** 2
        return (ratio[1:] - ratio[:-1]) / 2.0

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"size": self.config.size, "channels": self.config.channels}


def _wide(values: Tensor) -> Tensor:
    """[N] as [N, 1, 1, 1]."""
    return values.view(-1, 1, 1, 1)


def _check(config: DiffusionConfig) -> None:
    needs: dict[str, Any] = {"v": "cosine", "velocity": "flow"}
    wanted = needs.get(config.prediction, config.process)
    if config.process != wanted:
        raise SuiteError(
            f"policy.prediction = '{config.prediction}' needs policy.process = '{wanted}', got "
            f"'{config.process}'."
        )
    if config.sampler == "flow_sde" and config.process != "flow":
        raise SuiteError("policy.sampler = 'flow_sde' needs policy.process = 'flow'.")
    if config.size % config.patch:
        raise SuiteError(
            f"policy.size = {config.size} is no multiple of policy.patch = {config.patch}."
        )
    if config.width % config.heads:
        raise SuiteError(
            f"policy.width = {config.width} is no multiple of policy.heads = {config.heads}."
        )
    if config.guidance != 1.0 and not config.words:
        raise SuiteError(
            f"policy.guidance = {config.guidance} on a model without captions: there is nothing to "
            "guide by.\nSet policy.guidance = 1, or give policy.words."
        )
