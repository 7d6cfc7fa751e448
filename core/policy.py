"""The Policy noun: a generative model that makes a sample by a sequence of decisions.

A policy brings a few small methods and no sampling loop; core derives rollouts, scores, relaxed
rollouts and steering from them, once for all families.

Shapes: N rows while sampling, B samples in a record, T decisions, S steps of a replay, F features.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from suite.core import policy_files
from suite.core.distributions import RelaxedTokens, StepDistribution
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory

State = dict[str, Tensor]  # leads with N; must hold "active" [N] bool

CAPABILITIES = {
    "samples": "draws finished samples",
    "scores": "re-scores its own decisions exactly",
    "likelihood": "bounds or knows the log-likelihood of any finished sample",
    "pathwise": "carries reward gradients through its sampling steps",
    "lookahead": "guesses the finished sample from any state on the way to it",
    "unmasks": "its steps are unmasking kernels (masked discrete diffusion)",
    "value": "offers features of every state to a critic",
    "balance": "knows the backward law of its construction (GFlowNets)",
    "acts": "meets an environment between decisions",
}


class Policy(nn.Module, ABC):
    """A generative model seen as a sequence of decisions.

    Attributes:
        capabilities: which questions it answers, a subset of CAPABILITIES.
        num_steps: T, decisions a sample at most.
        replays_whole: one trunk pass serves all steps of a row (autoregressive models); core then
            chunks the head alone and never repeats the trunk.
        refills: its states may hold rows of different ``t``, and its ``pack`` reads no state: a row
            that is over makes room for one that waits.
        learns_backward: ``log_backward`` has weights of its own, which balance losses train.
        rows_a_chunk: states that a replay reads at once; None leaves it to core.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"samples"})
    replays_whole: ClassVar[bool] = False
    refills: ClassVar[bool] = False
    learns_backward: bool = False
    rows_a_chunk: int | None = None
    num_steps: int

    # --- sampling -------------------------------------------------------------------------------

    @abstractmethod
    def start(self, context: Context, streams: Streams) -> State:
        """The state before the first decision, N = len(context) rows."""

    @abstractmethod
    def step(self, state: State, t: Tensor) -> StepDistribution:
        """The law of decision ``t`` [N] (counted from 0), so that any mix of steps is one batch."""

    @abstractmethod
    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        """The state after the decision; rows that are not active stay as they are."""

    @abstractmethod
    def finish(self, state: State) -> Samples:
        """The finished objects."""

    def remember(self, state: State, law: StepDistribution) -> State:
        """``state`` with what its law cost to make and the next step may read again.

        Rollouts call it between ``step`` and ``advance``.
        """
        return state

    def condition(self, context: Context) -> State:
        """What this policy computes once a context and its steps read, each [N, ...].

        ``start`` puts it into the state, ``replay`` reads it too. Entries that ``context.data``
        already holds are returned as they are: that is how core computes them once for many
        chunks of a replay (see ``with_condition``). Names must be this policy's own; a reference
        that steps through another policy's states overwrites them with what it computed itself.
        """
        return {}

    def refill(self, state: State, slots: Tensor, fresh: State) -> State:
        """``state`` with ``fresh``, K rows of ``start``, in ``slots`` [K] (``refills``)."""
        return {key: state[key].index_copy(0, slots, fresh[key]) for key in state}

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        """What to keep of one step, each [N, ...]; ``state`` is the one before the decision."""
        return {"decision": decision}

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        """The least that rebuilds every state bitwise; ``steps`` are records, [N, T, ...]."""
        return dict(steps)

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        """The laws of steps [S] (None: all) of a record, over [B, S], and the decisions made."""
        raise NotImplementedError(f"{type(self).__name__} cannot re-score its decisions")

    # --- optional capabilities ------------------------------------------------------------------

    def encode(self, samples: Samples, context: Context) -> Trajectory:
        """The one path that makes each finished sample (``likelihood`` of exact families)."""
        raise NotImplementedError(f"{type(self).__name__} does not know the paths of a sample")

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """Minus the log-likelihood, or an unbiased draw of a bound on it, [B], nats.

        Two policies that are given equal streams read the same masks, times and noise.
        """
        raise NotImplementedError(f"{type(self).__name__} has no likelihood")

    def relaxed_finish(self, state: State) -> Samples:
        """The finished objects with a view that carries gradients (``pathwise``)."""
        return self.finish(state)

    def lookahead(self, state: State, t: Tensor, guesses: int, streams: Streams) -> Samples:
        """Guesses of the finished sample, for samplers (``lookahead``).

        Args:
            state: N rows.
            t: the next step of each, [N], below ``num_steps``.
            guesses: M, how many a row.
            streams: one stream a row.

        Returns:
            N M samples, the guesses of one row side by side.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot look ahead")

    @property
    def num_features(self) -> int:
        """F, the size of one state's features (``value``)."""
        raise NotImplementedError(f"{type(self).__name__} offers no features to a critic")

    def features(self, trajectory: Trajectory) -> Tensor:
        """Features of the T + 1 states of each row for a critic, [B, T + 1, F] (``value``)."""
        raise NotImplementedError(f"{type(self).__name__} offers no features to a critic")

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """Log-probability of each backward move, [B, T], nats (``balance``)."""
        raise NotImplementedError(f"{type(self).__name__} has no backward law")

    def decides(self, state: State) -> Tensor:
        """Rows whose next decision is the policy's own, [N] bool: others are not scored there.

        An active row does not decide while it reads what an environment wrote.
        """
        return state["active"]

    def emit(self, state: State) -> tuple[Tensor, Any]:
        """Which rows have an action for the environment, [N] bool, and N actions.

        Actions are a tensor that leads with N, or a tuple of N texts.
        """
        raise NotImplementedError(f"{type(self).__name__} does not meet an environment")

    def observe(self, state: State, rows: Tensor, observation: Any) -> State:
        """The state with new observations, K of them or K texts, in ``rows`` [K] long."""
        raise NotImplementedError(f"{type(self).__name__} does not meet an environment")

    def unfixed(self) -> "Policy":
        """The same weights without the letters of --fix, for demonstrations that differ there.

        Parameters are shared: what is learnt here is learnt by this policy.
        """
        return self

    # --- files ----------------------------------------------------------------------------------

    @property
    def sample_shape(self) -> Mapping[str, int]:
        """What a task asks of the size of samples, by setting: {"length": 24, "letters": 20}.

        Saved weights serve only tasks that ask for the same.
        """
        return {}

    def save(self, folder: Path, *, name: str, settings: Mapping[str, Any]) -> None:
        """Write the policy to ``folder`` in its family's own format: what ``load`` reads.

        Args:
            folder: may exist.
            name: the registered policy that this one is, built by the registry with
            settings: as given then.
        """
        policy_files.save_policy(folder, name, settings, self.state_dict())

    def load(self, folder: Path) -> None:
        """Take the weights that ``save`` wrote.

        Raises:
            SuiteError: they are missing, unreadable, or do not fit.
        """
        policy_files.fill(self, policy_files.read_weights(folder), folder)

    # --- for the trainer ------------------------------------------------------------------------

    def reference_copy(self) -> "Policy":
        """A frozen copy: receives no gradient, stores no activations, stays in eval mode."""
        reference = copy.deepcopy(self)
        reference.requires_grad_(requires_grad=False)
        reference.eval()
        return reference

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


def take_state(state: State, rows: Tensor) -> State:
    """Rows [K] of a state."""
    return {key: value.index_select(0, rows) for key, value in state.items()}


def with_condition(policy: Policy, context: Context) -> Context:
    """``context`` with what ``policy`` computes once a context among its data."""
    own = policy.condition(context)
    return replace(context, data={**context.data, **own}) if own else context


def where_active(active: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """``new`` in active rows, ``old`` elsewhere; ``active`` is [N]."""
    return torch.where(active.view(-1, *([1] * (new.ndim - 1))), new, old)
