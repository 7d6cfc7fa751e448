"""What every step reads of a context: which positions exist, what is fixed there, the class asked.

Shapes: C contexts, R = C G rows (the G rows of one context side by side), L positions.
"""

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.policy import State
from suite.core.records import Context
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.constraints import read_constraints

CONDITION = "condition."  # keys of what the network computed once a context


def read_given(config: DiffusionConfig, context: Context) -> State:
    """present [C, L], fixed [C, L], label [C] and, where letters are restricted, allowed [C, L, V].

    Raises:
        SuiteError: the context does not fit the policy, or its labels are missing or out of range.
    """
    constraints = read_constraints(config, context.data, len(context), context.index.device)
    given = {
        "present": constraints.present,
        "fixed": constraints.fixed,
        "label": _labels(config, context),
    }
    if constraints.allowed is not None:
        given["allowed"] = constraints.allowed.to(context.index.device)
    return given


def _labels(config: DiffusionConfig, context: Context) -> Tensor:
    """Classes [C], with ``num_classes`` for none; all 0 where the policy has no classes."""
    known = config.num_classes
    if not known:
        return torch.zeros_like(context.index)
    if "label" not in context.data:
        raise SuiteError(
            f"this policy has {known} classes, but the contexts hold no 'label'.\n"
            "Give context.data['label'] (-1 asks for no class), or set num_classes = 0."
        )
    label = context.data["label"]
    if bool(((label < -1) | (label >= known)).any()):
        raise SuiteError(
            f"labels run from {int(label.min())} to {int(label.max())}; this policy knows "
            f"0 to {known - 1}, and -1 for no class.\nMend the contexts, or raise num_classes."
        )
    return label.masked_fill(label < 0, known)


def spread(given: State, rows: int) -> tuple[Tensor, Tensor, State]:
    """What R rows read of C contexts: present [R, L], label [R], and features still [C, ...].

    Features stay as they are, because a network can be cheaper than their copies.
    """
    group = rows // len(given["present"])
    present = given["present"].repeat_interleave(group, dim=0)
    label = given["label"].repeat_interleave(group, dim=0)
    named = {key.removeprefix(CONDITION): key for key in given if key.startswith(CONDITION)}
    return present, label, {name: given[key] for name, key in named.items()}
