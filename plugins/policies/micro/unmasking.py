"""A masked-diffusion policy on strings of L letters: a table or a small network over masked states.

Mask share m falls linearly to 0 in T steps, so that each masked position is revealed at step t with
chance 1 / (T - t), and nothing stays masked. Shapes: B samples, L positions, V letters, S steps.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import RelaxedTokens, StepDistribution, UnmaskingStep
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.micro.networks import StateNetwork, StateTable


class UnmaskingPolicy(Policy):
    """p(x_s | x_t) factorises over masked positions; letter id V stands for a masked position."""

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "pathwise", "lookahead", "unmasks", "value", "balance"}
    )

    def __init__(
        self, *, length: int, letters: int, num_steps: int, network: str, width: int, seed: int
    ) -> None:
        super().__init__()
        self.length, self.letters, self.num_steps = length, letters, num_steps
        self.mask_id = letters
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            kind = StateTable if network == "tabular" else StateNetwork
            self.network: nn.Module = kind(length, letters, width)

    def _law(self, relaxed: Tensor, tokens: Tensor, t: Tensor) -> UnmaskingStep:
        """``relaxed`` [..., L, V + 1] is what the network reads, ``tokens`` [..., L] what holds."""
        log_p = torch.log_softmax(self.network(relaxed), dim=-1)
        reveal = 1.0 / (self.num_steps - t).to(log_p.dtype)
        return UnmaskingStep(log_p, tokens == self.mask_id, reveal, mask_id=self.mask_id)

    def _one_hot(self, tokens: Tensor) -> Tensor:
        hot: Tensor = torch.nn.functional.one_hot(tokens, self.letters + 1)
        return hot.to(next(self.parameters()).dtype)

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"length": self.length, "letters": self.letters}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        n, device = len(context), streams.device
        tokens = torch.full((n, self.length), self.mask_id, dtype=torch.long, device=device)
        return {
            "tokens": tokens,
            "relaxed": self._one_hot(tokens),
            "revealed_at": torch.zeros_like(tokens),
            "active": torch.ones(n, dtype=torch.bool, device=device),
        }

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(state["relaxed"], state["tokens"], t)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        letters = decision.tokens if isinstance(decision, RelaxedTokens) else decision
        shown = letters != self.mask_id
        tokens = torch.where(shown, letters, state["tokens"])
        if isinstance(decision, RelaxedTokens):
            blank = torch.zeros_like(decision.relaxed[..., :1])
            new = torch.cat([decision.relaxed, blank], dim=-1)
        else:
            new = self._one_hot(letters)
        return {
            "tokens": tokens,
            "relaxed": torch.where(shown.unsqueeze(-1), new, state["relaxed"]),
            "revealed_at": torch.where(shown, t.unsqueeze(1), state["revealed_at"]),
            "active": state["active"] & (t + 1 < self.num_steps),
        }

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"])

    @torch.no_grad()
    def lookahead(self, state: State, t: Tensor, guesses: int, streams: Streams) -> Samples:
        """Every masked letter drawn at once from its marginal."""
        tokens = state["tokens"]
        log_p = self._law(state["relaxed"], tokens, t).log_p
        drawn = (log_p.unsqueeze(1) + streams.gumbel(guesses, *log_p.shape[1:])).argmax(dim=-1)
        known = (tokens != self.mask_id).unsqueeze(1)
        return Samples(tokens=torch.where(known, tokens.unsqueeze(1), drawn).flatten(0, 1))

    def relaxed_finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"], relaxed=state["relaxed"][..., : self.letters])

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {}

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return {"tokens": end["tokens"], "revealed_at": end["revealed_at"]}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        steps = torch.arange(self.num_steps) if steps is None else steps
        states, decisions = self._rebuild(trajectory, steps.to(trajectory.mask.device))
        t = steps.to(states.device).expand(len(states), -1)
        return self._law(self._one_hot(states), states, t), decisions

    def _rebuild(self, trajectory: Trajectory, steps: Tensor) -> tuple[Tensor, Tensor]:
        """States before, and letters revealed at, each of ``steps``: both [B, S, L]."""
        tokens = trajectory.decisions["tokens"].unsqueeze(1)
        when = trajectory.decisions["revealed_at"].unsqueeze(1)
        now = steps.view(1, -1, 1)
        return tokens.masked_fill(when >= now, self.mask_id), tokens.masked_fill(
            when != now, self.mask_id
        )

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """A draw of the bound: mask each position with chance m; -log p(letter) / m, nats."""
        assert samples.tokens is not None
        tokens, total = samples.tokens, torch.zeros(len(samples), device=samples.tokens.device)
        for _ in range(draws):
            share = 1.0 - streams.integers(self.num_steps) / self.num_steps
            hidden = streams.uniform(self.length) < share.unsqueeze(1)
            state = tokens.masked_fill(hidden, self.mask_id)
            log_p = torch.log_softmax(self.network(self._one_hot(state)), dim=-1)
            chosen = log_p.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
            total = total - (chosen * hidden).sum(dim=1) / share
        return total / draws

    @property
    def num_features(self) -> int:
        return self.length * (self.letters + 1) + self.num_steps + 1

    def features(self, trajectory: Trajectory) -> Tensor:
        steps = torch.arange(self.num_steps + 1, device=trajectory.mask.device)
        states, _ = self._rebuild(trajectory, steps)
        where = torch.eye(self.num_steps + 1, device=states.device).expand(len(states), -1, -1)
        return torch.cat([self._one_hot(states).flatten(2), where], dim=-1)

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """log q(x_t | x_s): each revealed position was hidden by then with chance known, [B, T]."""
        steps = torch.arange(self.num_steps, device=trajectory.mask.device)
        before, decision = self._rebuild(trajectory, steps)
        revealed = (decision != self.mask_id).sum(dim=-1).float()
        clean = (before != self.mask_id).sum(dim=-1).float()
        # Noising x_s to x_t hides a clean position with chance (m_t - m_s) / (1 - m_s) = 1/(t + 1).
        chance = 1.0 / (steps + 1.0)
        keep = torch.where(clean > 0, clean * torch.log1p(-chance), torch.zeros_like(clean))
        return revealed * chance.log() + keep
