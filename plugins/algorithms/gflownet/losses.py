"""Trajectory balance and its forms, and the balance of parts of a path.

Shapes: B trajectories of T decisions, which pass T + 1 states; everything in nats.
"""

import torch
from torch import Tensor


def trajectory_balance(
    log_forward: Tensor, log_backward: Tensor, log_reward: Tensor, log_z: Tensor
) -> Tensor:
    """(log Z + sum log P_F - log R - sum log P_B)^2, [B].

    Malkin et al., arXiv:2201.13259, eq. (14). The relative form (Venkatraman et al.,
    arXiv:2405.20971, eq. (8)) is the same with the prior's path in place of the backward law.

    Args:
        log_forward: log-probability of each path under the policy, [B].
        log_backward: of the backward law, or of the prior policy on the same path, [B].
        log_reward: log of the unnormalised target, r / beta, [B].
        log_z: log of its normaliser, [] or [B].

    Raises:
        ValueError: the first three shapes differ.
    """
    shapes = {tuple(x.shape) for x in (log_forward, log_backward, log_reward)}
    if len(shapes) > 1:
        raise ValueError(f"trajectory_balance needs three tensors of one shape [B], got {shapes}")
    return (log_z + log_forward - log_reward - log_backward) ** 2


def estimated_log_z(
    log_forward: Tensor, log_backward: Tensor, log_reward: Tensor, group: Tensor, valid: Tensor
) -> Tensor:
    """The log Z of least squared error: the mean residual of each group's valid rows, detached.

    VarGrad: Richter et al., arXiv:2010.10436; one estimate a context, [B]. A group without a valid
    row gets 0.

    Raises:
        ValueError: shapes differ.
    """
    shapes = [tuple(x.shape) for x in (log_forward, log_backward, log_reward, group, valid)]
    if len(set(shapes)) > 1:
        raise ValueError(f"estimated_log_z needs five tensors of one shape [B], got {shapes}")
    residual = (log_reward + log_backward - log_forward).detach()
    # where, not a product: a score that failed may be nan.
    residual = torch.where(valid, residual, torch.zeros_like(residual))
    size = int(group.max()) + 1
    sums = torch.zeros(size, dtype=residual.dtype, device=residual.device)
    counts = torch.zeros_like(sums)
    sums.index_add_(0, group, residual)
    counts.index_add_(0, group, valid.to(residual.dtype))
    return (sums / counts.clamp_min(1.0))[group]


def path_potentials(
    log_forward: Tensor, log_backward: Tensor, log_flow: Tensor, log_reward: Tensor, mask: Tensor
) -> Tensor:
    """log F(s_t) less the sum of log P_F - log P_B before s_t, of every state, [B, T + 1].

    Where a flow balances, all potentials of a path are equal: that of s_i less that of s_j is the
    residual of the part of the path between them.

    Args:
        log_forward: log-probability of each decision, [B, T].
        log_backward: of undoing it, or of the prior policy on it, [B, T].
        log_flow: log F of each state, [B, T + 1]; that of a path's last state is not read.
        log_reward: log of the unnormalised target, [B]: the flow of the last state.
        mask: True where there is a decision, [B, T]; the decisions of a row come first.

    Raises:
        ValueError: shapes do not fit.
    """
    size, num_steps = mask.shape
    shapes = [tuple(x.shape) for x in (log_forward, log_backward, log_flow, log_reward)]
    wanted = [(size, num_steps), (size, num_steps), (size, num_steps + 1), (size,)]
    if shapes != wanted:
        raise ValueError(f"path_potentials needs shapes {wanted}, got {shapes}")
    gains = torch.where(mask, log_forward - log_backward, torch.zeros_like(log_forward))
    before = torch.nn.functional.pad(gains.cumsum(dim=1), (1, 0))
    states = torch.arange(num_steps + 1, device=mask.device)
    last = states >= mask.sum(dim=1, keepdim=True)
    return torch.where(last, log_reward.unsqueeze(1), log_flow) - before


def sub_trajectory_balance(potentials: Tensor, mask: Tensor, *, decay: float) -> Tensor:
    """The weighted mean of squared residuals over all parts of each path, [B].

    SubTB(lambda) of Madan et al., arXiv:2209.12782: the part from s_i to s_j has weight
    decay^(j - i), and weights sum to 1. ``decay`` (their lambda) towards infinity leaves the whole
    path (trajectory balance), 0 leaves single decisions (detailed balance of Bengio et al.,
    arXiv:2111.09266), of which this is then the mean.

    Args:
        potentials: from ``path_potentials``, [B, T + 1].
        mask: True where there is a decision, [B, T]; the decisions of a row come first.
        decay: at least 0.

    Raises:
        ValueError: a negative decay, a row without a decision, or shapes that do not fit.
    """
    if decay < 0 or not bool(mask.any(dim=1).all()):
        raise ValueError(f"decay is {decay}, every row needs a decision; decay is at least 0")
    if potentials.shape != (mask.shape[0], mask.shape[1] + 1):
        raise ValueError(f"potentials are [B, T + 1], got {tuple(potentials.shape)}")
    states = torch.arange(potentials.shape[1], device=mask.device)
    gap = states.unsqueeze(0) - states.unsqueeze(1) - 1  # decisions beyond one from s_i to s_j
    real = (gap >= 0) & (states <= mask.sum(dim=1, keepdim=True)).unsqueeze(1)
    # xlogy(0, 0) is 0: at decay 0 a single decision keeps weight 1.
    weight = torch.xlogy(gap.clamp_min(0).to(potentials.dtype), decay)
    weight = weight.masked_fill(~real, -torch.inf).flatten(1).softmax(dim=1)
    residual = potentials.unsqueeze(2) - potentials.unsqueeze(1)
    return (weight * residual.flatten(1) ** 2).sum(dim=1)
