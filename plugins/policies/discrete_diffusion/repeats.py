"""Asking the network once where letters repeat.

A step of T reveals nothing in about exp(-L / T) of the rows, and without time conditioning the
network's answer is then the one before (Sahoo et al., arXiv:2406.07524, section 4). Nothing about
the law changes; about a fifth of the work goes where L / T is 1.6.

Shapes: N rows, B samples, S steps, L positions.
"""

import torch
from torch import Tensor

from suite.core.policy import State

LOG_P, LOG_P_OF = "log_p", "log_p_of"  # the answer, and the letters that it was given for
BLOCKS = 8  # batch sizes that a library has to plan for


def with_memory(state: State, log_p: Tensor) -> State:
    """``state`` with the letters' log-probabilities [N, L, V] of its tokens."""
    return {**state, LOG_P: log_p, LOG_P_OF: state["tokens"]}


def without_memory(state: State) -> State:
    """``state`` less what ``with_memory`` put there."""
    return {key: value for key, value in state.items() if key not in (LOG_P, LOG_P_OF)}


def remembered(state: State) -> Tensor | None:
    """The log-probabilities kept in ``state``, where they can be used."""
    log_p = state.get(LOG_P)
    if log_p is None or (torch.is_grad_enabled() and not log_p.requires_grad):
        return None  # what was made without gradient cannot stand in where one is wanted
    return log_p


def changed_rows(state: State) -> Tensor:
    """Rows [K] whose tokens are not those that were remembered, and a few more (see round_up)."""
    changed = (state["tokens"] != state[LOG_P_OF]).any(dim=1)
    return torch.nonzero(round_up(changed)).squeeze(1)


def first_of_equals(states: Tensor) -> Tensor:
    """Where a state differs from the one before it in its row, states [B, S, L] -> [B, S] bool."""
    first = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
    first[:, 1:] = (states[:, 1:] != states[:, :-1]).any(dim=-1)
    return round_up(first)


def round_up(chosen: Tensor) -> Tensor:
    """``chosen`` with a few more True, so that their number is a multiple of an eighth of all.

    Libraries plan a convolution anew for every batch size: an odd one costs more than a few rows.
    """
    block = max(1, chosen.numel() // BLOCKS)
    missing = -int(chosen.sum()) % block
    flat = chosen.flatten().clone()
    flat[torch.nonzero(~flat)[:missing]] = True
    return flat.view_as(chosen)
