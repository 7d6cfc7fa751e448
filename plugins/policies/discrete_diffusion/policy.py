"""Masked discrete diffusion as a Policy.

Parameterisation (SUBS, Sahoo et al., arXiv:2406.07524): positions that are revealed are copied,
the mask is never a letter, and letters are normalised. A state holds hard tokens, from which all
that is decided follows, and, during a relaxed rollout, straight-through rows that only the network
reads. Guidance, temperature and constraints act inside the law of a step, so that log-probability,
KL and entropy are those of the law that is sampled.

A context's data may hold "mask" [B, L] bool, "backbone" [B, L, 4, 3] (N, CA, C, O, angstrom),
"label" [B] long (-1: no class), "fixed" [B, L] long (-1: free) and "allowed" [B, L, V] bool.
Padding is letter 0: never masked, never scored.

Shapes: B samples or C contexts, N rows while sampling, R = C G rows (the G rows of one context side
by side), T steps, S of them in a replay, L positions, V letters, H hidden units.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from suite.core import policy_files
from suite.core.config_model import parse_config
from suite.core.distributions import RelaxedTokens, StepDistribution, UnmaskingStep
from suite.core.policy import Policy, State, take_state
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.constraints import completes_motif
from suite.plugins.policies.discrete_diffusion.given import CONDITION, read_given, spread
from suite.plugins.policies.discrete_diffusion.guidance import guide
from suite.plugins.policies.discrete_diffusion.likelihood import (
    Noised,
    noise_for_one_position,
    noise_for_unmasking,
)
from suite.plugins.policies.discrete_diffusion.network import build_denoiser
from suite.plugins.policies.discrete_diffusion.one_position import OnePositionStep
from suite.plugins.policies.discrete_diffusion.repeats import (
    changed_rows,
    first_of_equals,
    remembered,
    with_memory,
    without_memory,
)
from suite.plugins.policies.discrete_diffusion.schedule import (
    masked_before,
    reveal_chance,
    time_grid,
)

FAMILY = "discrete_diffusion"  # in config.json: of all sizes
ROWS_A_CHUNK = 2048  # states that ``features`` reads at once


class DiscreteDiffusion(Policy):
    """Strings by unmasking; ``mask_id`` = V stands for a masked position.

    Attributes:
        config: every setting.
        mask_id: the id of a masked position in states and decisions.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "pathwise", "lookahead", "unmasks", "value", "balance"}
    )
    masked: Tensor
    reveal: Tensor
    times: Tensor

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.config, self.num_steps, self.mask_id = config, config.steps, config.letters
        self.denoiser = build_denoiser(config)
        self._one_at_a_time = config.decoding == "one_position"
        tables = {
            "masked": masked_before(self.num_steps),
            "reveal": reveal_chance(self.num_steps),
            "times": time_grid(self.num_steps),
        }
        for name, table in tables.items():
            self.register_buffer(name, table.float(), persistent=False)

    # --- what is fixed a context ----------------------------------------------------------------

    def condition(self, context: Context) -> State:
        """What the network computes once a context; gradients reach its encoder."""
        ready = {key: data for key, data in context.data.items() if key.startswith(CONDITION)}
        if ready:
            return ready
        present = read_given(self.config, context)["present"]
        features = self.denoiser.trunk.condition(context.data, present)
        return {CONDITION + name: value for name, value in features.items()}

    def _given(self, context: Context) -> State:
        """What every step reads of the context, each [C, ...]."""
        return read_given(self.config, context) | self.condition(context)

    # --- the law of a step ----------------------------------------------------------------------

    def _log_p(
        self, letters: Tensor, tokens: Tensor, time: Tensor, given: State, *, guided: bool = True
    ) -> Tensor:
        """Normalised log-probabilities of letters, [R, L, V].

        ``letters`` is what the network reads (ids or relaxed rows), ``tokens`` [R, L] what holds,
        ``given`` has C rows, R = C G.
        """
        present, label, features = spread(given, len(tokens))
        logits = self.denoiser(letters, time, present, label, features)
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        if self.config.guidance and guided:
            nobody = torch.full_like(label, self.config.num_classes)
            plain = self.denoiser(letters, time, present, nobody, features)
            logits = guide(logits, plain.to(logits.dtype), self.config.guidance)
        logits = self._constrain(logits / self.config.temperature, tokens, given)
        return torch.log_softmax(logits, dim=-1)

    def _constrain(self, logits: Tensor, tokens: Tensor, given: State) -> Tensor:
        if "allowed" in given:
            group = len(tokens) // len(given["allowed"])
            allowed = given["allowed"].repeat_interleave(group, dim=0)
            # A fixed letter is not drawn, and may be one that is not allowed.
            fixed = given["fixed"].repeat_interleave(group, dim=0) >= 0
            logits = logits.masked_fill(~allowed & ~fixed.unsqueeze(-1), -torch.inf)
        if self.config.forbidden:
            blocked = completes_motif(tokens, self.config.forbidden, self.config.letters)
            logits = logits.masked_fill(blocked, -torch.inf)
        return logits

    def _law(self, log_p: Tensor, tokens: Tensor, t: Tensor) -> StepDistribution:
        """The law over [...] of log_p [..., L, V], tokens [..., L], t [...]."""
        masked = tokens == self.mask_id
        if self._one_at_a_time:
            return OnePositionStep(log_p, masked, mask_id=self.mask_id)
        reveal = self.reveal[t].to(log_p.dtype)
        return UnmaskingStep(log_p, masked, reveal, mask_id=self.mask_id)

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        given = self._given(context)
        present, fixed = given["present"], given["fixed"]
        free = present & (fixed < 0)
        tokens = fixed.clamp_min(0).masked_fill(~present, 0).masked_fill(free, self.mask_id)
        return {
            **given,
            "tokens": tokens,
            "revealed_at": torch.full_like(tokens, -1).masked_fill(free, self.num_steps),
            "active": self._active(tokens, torch.zeros_like(context.index)),
        }

    def _active(self, tokens: Tensor, t: Tensor) -> Tensor:
        """Rows that decide at ``t``: one position a row that has one, or all of T coin tosses."""
        if self._one_at_a_time:
            return (tokens == self.mask_id).any(dim=1)
        return t < self.num_steps

    def step(self, state: State, t: Tensor) -> StepDistribution:
        log_p = remembered(state)
        if log_p is None:
            return self._law(self._log_p_now(without_memory(state), t), state["tokens"], t)
        rows = changed_rows(state)
        if len(rows):
            fresh = self._log_p_now(take_state(without_memory(state), rows), t[rows])
            log_p = log_p.index_copy(0, rows, fresh)
        return self._law(log_p, state["tokens"], t)

    def _log_p_now(self, state: State, t: Tensor) -> Tensor:
        letters = state.get("relaxed", state["tokens"])
        return self._log_p(letters, state["tokens"], self.times[t], state)

    def remember(self, state: State, law: StepDistribution) -> State:
        assert isinstance(law, UnmaskingStep | OnePositionStep)
        return with_memory(state, law.log_p) if self._repeats(state) else state

    def _repeats(self, given: State) -> bool:
        """Whether equal letters get equal answers, and picking rows is cheaper than asking again.

        Features of a context can be large beside a step's own work: their rows are not picked.
        """
        plain = not any(key.startswith(CONDITION) for key in given)
        return plain and not self.config.time_conditioning

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        drawn = decision.tokens if isinstance(decision, RelaxedTokens) else decision
        shown = drawn != self.mask_id
        tokens = torch.where(shown, drawn, state["tokens"])
        after = {
            **state,
            "tokens": tokens,
            "revealed_at": torch.where(shown, t.unsqueeze(1), state["revealed_at"]),
            "active": self._active(tokens, t + 1),
        }
        if isinstance(decision, RelaxedTokens):
            soft = torch.nn.functional.pad(decision.relaxed, (0, 1))  # the mask's own entry is 0
            before = state.get("relaxed")
            before = self._one_hot(state["tokens"], soft) if before is None else before
            after["relaxed"] = torch.where(shown.unsqueeze(-1), soft, before)
        return after

    def _one_hot(self, tokens: Tensor, like: Tensor) -> Tensor:
        hot: Tensor = torch.nn.functional.one_hot(tokens, self.mask_id + 1)
        return hot.to(like.dtype)

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"])

    def relaxed_finish(self, state: State) -> Samples:
        relaxed = state.get("relaxed")
        if relaxed is None:
            relaxed = self._one_hot(state["tokens"], self.denoiser.letters)
        return Samples(tokens=state["tokens"], relaxed=relaxed[..., : self.mask_id])

    @torch.no_grad()
    def lookahead(self, state: State, t: Tensor, guesses: int, streams: Streams) -> Samples:
        """Guesses of the finished sample: every masked letter drawn at once from its marginal.

        Args:
            state: N rows.
            t: the next step of each, [N].
            guesses: M, how many a row.
            streams: one stream a row.

        Returns:
            N M samples, the guesses of one row side by side.
        """
        tokens = state["tokens"]
        letters = state.get("relaxed", tokens)
        log_p = self._log_p(letters, tokens, self.times[t], state)
        noise = streams.gumbel(guesses, *log_p.shape[1:])
        drawn = (log_p.unsqueeze(1) + noise).argmax(dim=-1)
        known = (tokens != self.mask_id).unsqueeze(1)
        return Samples(tokens=torch.where(known, tokens.unsqueeze(1), drawn).flatten(0, 1))

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {}  # the end of the chain says when each position was revealed

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        """Letters, and the step that revealed each (-1: given or padding); both [B, L], int16."""
        return {
            "tokens": end["tokens"].to(torch.int16),
            "revealed_at": end["revealed_at"].to(torch.int16),
        }

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        if steps is None:
            steps = torch.arange(trajectory.num_steps)
        states, decisions = self._rebuild(trajectory, steps)
        log_p = self._log_p_of(states, steps, self._given(trajectory.context))
        t = steps.to(states.device).expand(states.shape[:2])
        return self._law(log_p, states, t), decisions

    def _log_p_of(self, states: Tensor, steps: Tensor, given: State) -> Tensor:
        """Log-probabilities in states [B, S, L] before steps [S] or [B, S]; [B, S, L, V]."""
        time = self.times[steps.to(states.device)].expand(states.shape[:2])
        if not self._repeats(given):
            flat = states.flatten(0, 1)
            return self._log_p(flat, flat, time.flatten(), given).view(*states.shape, -1)
        new = first_of_equals(states)
        flat, rows = states[new], torch.nonzero(new)[:, 0]
        log_p = self._log_p(flat, flat, time[new], take_state(given, rows))
        which = new.flatten().cumsum(0) - 1
        return log_p.index_select(0, which).view(*states.shape, -1)

    def _rebuild(self, trajectory: Trajectory, steps: Tensor) -> tuple[Tensor, Tensor]:
        """States before, and decisions at, each of ``steps`` [S]: both [B, S, L] long."""
        tokens = trajectory.decisions["tokens"].long().unsqueeze(1)
        when = trajectory.decisions["revealed_at"].long().unsqueeze(1)
        now = steps.to(tokens.device).view(1, -1, 1)
        before = tokens.masked_fill(when >= now, self.mask_id)
        return before, tokens.masked_fill(when != now, self.mask_id)

    @property
    def num_features(self) -> int:
        return self.config.width + 1

    @torch.no_grad()
    def features(self, trajectory: Trajectory) -> Tensor:
        """Mean final hidden state over present positions, and the share masked: [B, T + 1, H + 1].

        No gradient: a critic reads the network and does not train it.
        """
        states, _ = self._rebuild(trajectory, torch.arange(trajectory.num_steps + 1))
        given = self._given(trajectory.context)
        width = max(1, ROWS_A_CHUNK // max(1, len(states)))
        # The state after the last step has no step of its own: time 0.
        steps = torch.arange(states.shape[1], device=states.device)
        parts = [
            self._pooled(chunk, self.times[index], given)
            for chunk, index in zip(states.split(width, 1), steps.split(width), strict=True)
        ]
        return torch.cat(parts, dim=1)

    def _pooled(self, states: Tensor, time: Tensor, given: State) -> Tensor:
        """Features of states [B, S, L] at times [S], [B, S, H + 1]."""
        rows, count = states.shape[:2]
        present, label, features = spread(given, rows * count)
        hidden = self.denoiser.hidden(
            states.flatten(0, 1), time.repeat(rows), present, label, features
        )
        share = present.unsqueeze(-1).to(hidden.dtype)
        share = share / share.sum(dim=1, keepdim=True).clamp_min(1.0)
        masked = (states == self.mask_id).flatten(0, 1).unsqueeze(-1).to(hidden.dtype)
        return (torch.cat([hidden, masked], dim=-1) * share).sum(dim=1).view(rows, count, -1)

    # --- likelihood -----------------------------------------------------------------------------

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """An unbiased draw of the bound of ``likelihood.py`` on -log p(sample), [B], nats.

        Infinite for samples that the constraints exclude. In training mode with ``label_dropout``,
        it is the pre-training loss of both branches of guidance instead: some labels are hidden
        and the law is not guided.
        """
        assert samples.tokens is not None
        tokens, given = samples.tokens, self._given(context)
        if pretraining := self.training and self.config.label_dropout > 0.0:
            given = self._hide_labels(given, streams)
        free = given["present"] & (given["fixed"] < 0)
        noised = self._noised(free, streams, draws)
        states = tokens.unsqueeze(1).masked_fill(noised.hidden, self.mask_id)
        flat, time = states.flatten(0, 1), self.times[noised.step].flatten()
        log_p = self._log_p(flat, flat, time, given, guided=not pretraining)
        log_p = log_p.view(*states.shape, -1)
        letters = tokens.unsqueeze(1).expand(states.shape).unsqueeze(-1)
        chosen = log_p.gather(-1, letters).squeeze(-1).masked_fill(~noised.hidden, 0.0)
        bound: Tensor = -(chosen.sum(dim=-1) * noised.weight.to(chosen.dtype)).mean(dim=1)
        moved = (given["fixed"] >= 0) & (tokens != given["fixed"]) & given["present"]
        return bound.masked_fill(moved.any(dim=1), torch.inf)

    def _noised(self, free: Tensor, streams: Streams, draws: int) -> Noised:
        if self._one_at_a_time:
            return noise_for_one_position(streams, free, draws=draws)
        return noise_for_unmasking(streams, free, self.masked, self.reveal, draws=draws)

    def _hide_labels(self, given: State, streams: Streams) -> State:
        hide = streams.fork("labels").uniform() < self.config.label_dropout
        return given | {"label": given["label"].masked_fill(hide, self.config.num_classes)}

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """Log-probability that noising undoes each step, [B, T], nats.

        Unmasking: a clean position of x_s is masked in x_t with chance (m_t - m_s) / (1 - m_s).
        One position: each of the letters known after the step is as likely to be the last.
        """
        steps = torch.arange(trajectory.num_steps, device=trajectory.mask.device)
        before, decision = self._rebuild(trajectory, steps)
        known = trajectory.decisions["revealed_at"].unsqueeze(1) >= 0
        revealed = (decision != self.mask_id).sum(dim=-1)
        clean = ((before != self.mask_id) & known).sum(dim=-1)
        if self._one_at_a_time:
            last = torch.where(revealed > 0, revealed + clean, torch.ones_like(clean))
            return -last.to(self.masked.dtype).log()
        now, later = self.masked[steps], self.masked[steps + 1]
        chance = ((now - later) / (1.0 - later)).clamp_max(1.0)
        # xlogy and xlog1py: 0 times -inf is 0 where a chance is exactly 0 or 1.
        hid = torch.special.xlogy(revealed.to(chance.dtype), chance)
        kept = torch.special.xlog1py(clean.to(chance.dtype), -chance)
        total: Tensor = hid + kept
        return total

    def unfixed(self) -> "DiscreteDiffusion":
        twin = copy.copy(self)  # its network is ours
        twin.config = self.config.model_copy(update={"fixed": {}})
        return twin

    # --- files ----------------------------------------------------------------------------------

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"length": self.config.length, "letters": self.config.letters}

    def save(self, folder: Path, *, name: str, settings: Mapping[str, Any]) -> None:
        self.save_pretrained(folder)

    def save_pretrained(self, folder: Path | str) -> None:
        """Write config.json, every setting with its value, and model.safetensors."""
        settings = self.config.model_dump(mode="json")
        policy_files.save_policy(Path(folder), FAMILY, settings, self.state_dict())

    @classmethod
    def from_pretrained(cls, folder: Path | str, **overrides: Any) -> "DiscreteDiffusion":
        """Read what ``save_pretrained`` wrote; ``overrides`` change sampling settings.

        Raises SuiteError: a file is missing or broken, or an override changes the network's shape.
        """
        settings = policy_files.read_settings(Path(folder), FAMILY)
        policy = cls(parse_config(DiffusionConfig, {**settings, **overrides}, "policy"))
        policy.load(Path(folder))
        return policy
