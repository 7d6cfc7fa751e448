"""Where a finished sample's score stands among its decisions.

Shapes: B samples, T decisions.
"""

import torch
from torch import Tensor

from suite.core.records import Trajectory


def last_decision(mask: Tensor) -> Tensor:
    """True at each row's last decision, [B, T] bool; rows without one have none."""
    steps = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, steps, torch.full_like(steps, -1)).max(dim=1).values
    return (steps == last.unsqueeze(1)) & mask


def decision_rewards(trajectory: Trajectory, value: Tensor) -> Tensor:
    """Per-decision rewards, [B, T]: an environment's own, else the score at the last decision."""
    if trajectory.reward is not None:
        return trajectory.reward
    return last_decision(trajectory.mask) * value.unsqueeze(1)


def ends(trajectory: Trajectory) -> tuple[Tensor, Tensor]:
    """(terminated, ended), [B, T] bool: without an environment a row terminates at its last."""
    if trajectory.terminated is not None and trajectory.truncated is not None:
        return trajectory.terminated, trajectory.terminated | trajectory.truncated
    last = last_decision(trajectory.mask)
    return last, last
