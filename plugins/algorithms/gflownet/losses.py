"""Trajectory balance and its forms. Shapes: B trajectories; everything in nats."""

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
