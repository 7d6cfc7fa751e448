"""A pipeline of diffusers as a policy: a decision is one denoising step of its latents.

The record keeps the latents in float32, so that old and new log-probabilities of the same weights
are the same numbers. A chain of S scheduler steps has T = S - 1 decisions: its last jump adds no
noise, has no density and is no decision, but part of finishing a sample (as with consistency
models: Oertell et al., arXiv:2404.03673). Prompts are encoded once.

Shapes: B samples or N rows, T decisions, R steps of a replay, C channels, H x W pixels.
"""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from suite.core.distributions import GaussianStep, RelaxedTokens, StepDistribution
from suite.core.errors import SuiteError
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.diffusers.adapters import Adapter
from suite.plugins.policies.diffusers.config import PipelineConfig
from suite.plugins.policies.diffusers.laws import Jump
from suite.plugins.policies.diffusers.schedule import Schedule, read_tables

PREFIX = "diffusers/"  # of what is computed once a context


class PipelinePolicy(Policy):
    """x_0 ~ N(0, I), then x_{i+1} ~ N(mean(x_i, i, prompt), std_i^2); a sample is decoded.

    Its parameters are what trains: the network's weights, or its adapters. The rest of the pipeline
    is no part of checkpoints, and all copies share it.

    Args:
        adapter: a pipeline; config: how it is sampled.
    """

    def __init__(self, adapter: Adapter, config: PipelineConfig) -> None:
        super().__init__()
        self.config, self.adapter = config, adapter
        tables = read_tables(adapter.pipeline.scheduler, config.num_steps, adapter.shift())
        self.schedule = Schedule(tables, config.eta)
        self.num_steps = config.num_steps - 1
        self.rows_a_chunk = config.rows
        self.event = adapter.event
        named = adapter.trained().items()
        self.weights = nn.ParameterDict({name.replace(".", "/"): one for name, one in named})

    @property
    def capabilities(self) -> frozenset[str]:  # type: ignore[override]
        """An ODE has no density of its steps, so nothing can be scored."""
        known = {"samples", "likelihood", "pathwise"}
        return frozenset(known | {"scores"} if self.schedule.eta > 0 else known)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "PipelinePolicy":
        """Move the frozen parts too."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for module in (self.adapter.network, *self.adapter.frozen):
            module._apply(fn)
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "PipelinePolicy":
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(vars(self), memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Trained weights travel, the rest is read again: encoders hold hooks of their own."""
        return _rebuilt, (self.config, self.state_dict())

    # --- prompts --------------------------------------------------------------------------------

    def condition(self, context: Context) -> State:
        """The encoded prompts, each [N, ...]."""
        known = {name: row for name, row in context.data.items() if name.startswith(PREFIX)}
        if known or not self.adapter.reads_prompts:
            return known
        rows = [self.adapter.prompt(prompt, self.device) for prompt in _prompts(context)]
        names = rows[0] if rows else {}
        return {PREFIX + name: torch.cat([row[name] for row in rows]) for name in names}

    def _with_nothing(self, condition: State, rows: Tensor) -> State:
        """``condition`` where the prompt of ``rows`` [N] bool is the one to guide away from."""
        nothing = self.adapter.prompt(self.config.negative, self.device)

        def chosen(name: str, own: Tensor) -> Tensor:
            other = nothing[name.removeprefix(PREFIX)]
            return torch.where(rows.view(-1, *([1] * (own.ndim - 1))), other, own)

        return {name: chosen(name, own) for name, own in condition.items()}

    # --- one step -------------------------------------------------------------------------------

    def predict(self, x: Tensor, i: Tensor, condition: State, *, guided: bool) -> Tensor:
        """What the network says of latents x [N, *event] at step i [N].

        Guided: both branches are one batch, and gradients pass through both.
        """
        if not guided:
            return self._network(x, i, condition)
        twice = {name: torch.cat([own, own]) for name, own in condition.items()}
        free = torch.arange(2 * len(x), device=x.device) >= len(x)
        both = self._network(torch.cat([x, x]), torch.cat([i, i]), self._with_nothing(twice, free))
        own, other = both.chunk(2)
        return other + self.adapter.guidance * (own - other)

    def _network(self, x: Tensor, i: Tensor, condition: State) -> Tensor:
        dtype = next(self.adapter.network.parameters()).dtype
        plain = {name.removeprefix(PREFIX): one.to(dtype) for name, one in condition.items()}
        time = self.schedule.times[i].to(torch.promote_types(dtype, torch.float32))
        return self.adapter.predict(x.to(dtype), time, plain).to(x.dtype)

    def moments(self, x: Tensor, i: Tensor, condition: State) -> tuple[Tensor, Tensor]:
        """Mean [N, *event] and std [N, 1, ...] of x_{i+1} given x_i."""
        out = self.predict(x, i, condition, guided=self.adapter.guided)
        return self.schedule.moments(out, x, i)

    def _law(self, mean: Tensor, std: Tensor, batch_ndim: int) -> StepDistribution:
        made = GaussianStep if self.schedule.eta > 0 else Jump
        return made(mean, std, batch_ndim=batch_ndim)

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        active = torch.ones(len(context), dtype=torch.bool, device=streams.device)
        noise = streams.normal(*self.event).to(self.schedule.std)
        return {"x": noise, "active": active, **self.condition(context)}

    def step(self, state: State, t: Tensor) -> StepDistribution:
        mean, std = self.moments(state["x"], t, _condition(state))
        return self._law(mean, std, 1)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        return {**state, "x": decision, "active": state["active"] & (t + 1 < self.num_steps)}

    @torch.no_grad()
    def finish(self, state: State) -> Samples:
        """The last jump, a chunk of rows at a time, and the pixels [N, 3 F, H, W] in [-1, 1]."""
        names = list(state)
        parts = zip(*(state[name].split(self.config.rows) for name in names), strict=True)
        return Samples(
            values=torch.cat([self._pixels(dict(zip(names, part, strict=True))) for part in parts])
        )

    def relaxed_finish(self, state: State) -> Samples:
        """As ``finish``, with gradient; activations are made again in the backward pass."""
        names = list(state)

        def run(*values: Tensor) -> Tensor:
            return self._pixels(dict(zip(names, values, strict=True)))

        values: Tensor = checkpoint(
            run, *state.values(), use_reentrant=False, preserve_rng_state=False
        )
        return Samples(values=values)

    def _pixels(self, state: State) -> Tensor:
        x = state["x"]
        last = torch.full((len(x),), self.num_steps, dtype=torch.long, device=x.device)
        return self.adapter.decode(self.moments(x, last, _condition(state))[0])

    # --- the record -----------------------------------------------------------------------------

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        """x_0..x_T, [B, T + 1, *event]."""
        return {"x": torch.cat([start["x"].unsqueeze(1), steps["decision"]], dim=1)}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        x = trajectory.decisions["x"]
        steps = torch.arange(trajectory.num_steps, device=x.device) if steps is None else steps
        own, shape = self.condition(trajectory.context), (len(x), len(steps))
        mean, std = self.moments(
            x[:, steps].flatten(0, 1),
            steps.repeat(len(x)),
            {name: one.repeat_interleave(len(steps), dim=0) for name, one in own.items()},
        )
        law = self._law(mean.unflatten(0, shape), std.unflatten(0, shape), 2)
        return law, x[:, steps + 1]

    # --- likelihood -----------------------------------------------------------------------------

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """A draw of the denoising loss on encoded pixels, [B], nats.

        Half the squared error of what the network guesses, summed over latents, at a step drawn
        evenly: a weighted variational bound up to a constant (Kingma and Gao, arXiv:2303.00848).
        Some prompts are left out, so that guidance keeps its second branch; nothing is guided.
        """
        if samples.values is None:
            raise SuiteError("a pipeline's likelihood is that of pictures, and these are none.")
        x0, own = self.adapter.encode(samples.values), self.condition(context)
        total = torch.zeros(len(samples), dtype=x0.dtype, device=x0.device)
        for _ in range(draws):
            total = total + self._error(x0, own, streams)
        return total / draws

    def _error(self, x0: Tensor, condition: State, streams: Streams) -> Tensor:
        i, left_out = streams.integers(self.num_steps + 1), streams.uniform() < self.config.drop
        eps = streams.normal(*self.event).to(x0)
        x = self.schedule.noised(x0, eps, i)
        out = self.predict(x, i, self._with_nothing(condition, left_out), guided=False)
        error = self.schedule.target(x0, eps, i) - out
        return 0.5 * error.flatten(1).pow(2).sum(dim=1)

    # --- files ----------------------------------------------------------------------------------

    @property
    def sample_shape(self) -> Mapping[str, int]:
        """The latents' shape; pixels are the pipeline's business."""
        return {f"latents_{index}": size for index, size in enumerate(self.event)}

    def save(self, folder: Path, *, name: str, settings: Mapping[str, Any]) -> None:
        """The suite's own two files; ``pipeline/`` and, of adapters, ``lora/`` for diffusers."""
        from suite.plugins.policies.diffusers.files import save_lora, save_pipeline

        super().save(folder, name=name, settings=settings)
        save_pipeline(self.adapter, folder / "pipeline")
        if self.config.lora_rank:
            save_lora(self.adapter, folder / "lora")


def _rebuilt(config: PipelineConfig, weights: Mapping[str, Tensor]) -> PipelinePolicy:
    from suite.plugins.policies.diffusers.loading import load

    policy = PipelinePolicy(load(config), config)
    policy.load_state_dict(dict(weights))
    return policy


def _condition(state: State) -> State:
    return {name: value for name, value in state.items() if name.startswith(PREFIX)}


def _prompts(context: Context) -> list[str]:
    rows = context.native
    if rows is None or not all(isinstance(row, Mapping) and "prompt" in row for row in rows):
        raise SuiteError(
            "this pipeline paints prompts, and the task's contexts have none.\n"
            'Use contexts whose native rows are mappings with a "prompt", as image/prompts.'
        )
    return [str(row["prompt"]) for row in rows]
