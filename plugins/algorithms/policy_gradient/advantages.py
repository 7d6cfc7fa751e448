"""Advantages: pure functions from rewards to credit.

Shapes: B samples, T decisions. ``group`` [B] says which context a sample answers; ``valid`` [B] is
False where a score failed for reasons that are not the model's: such rows count nowhere.
"""

import torch
from torch import Tensor


def group_sums(values: Tensor, group: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of valid values and count of valid rows in each row's group, both shaped for ``values``.

    Args:
        values: [B] or [B, T].
        group: [B] long.
        valid: [B] bool.

    Raises:
        ValueError: the three do not lead with one B.
    """
    if group.shape != (len(values),) or valid.shape != group.shape:
        shapes = [tuple(x.shape) for x in (values, group, valid)]
        raise ValueError(f"values [B, ...], group [B] and valid [B] must share B, got {shapes}")
    flat = values.reshape(len(values), -1)
    weight = valid.to(flat.dtype).unsqueeze(1)
    size = int(group.max()) + 1 if len(group) else 0
    sums = torch.zeros(size, flat.shape[1], dtype=flat.dtype, device=flat.device)
    counts = torch.zeros(size, 1, dtype=flat.dtype, device=flat.device)
    sums.index_add_(0, group, torch.where(valid.unsqueeze(1), flat, torch.zeros_like(flat)))
    counts.index_add_(0, group, weight)
    shape = values.shape
    return sums[group].reshape(shape), counts[group].expand_as(flat).reshape(shape)


def leave_one_out(values: Tensor, group: Tensor, valid: Tensor) -> Tensor:
    """values minus the mean of the other valid samples of the group, shaped as ``values``.

    Kool et al. 2019, "Buy 4 REINFORCE Samples, Get a Baseline for Free!"; RLOO, arXiv:2402.14740,
    eq. (5). Invalid rows get 0.

    Raises:
        ValueError: a group has fewer than two valid samples, so that no other sample is left.
    """
    sums, counts = group_sums(values, group, valid)
    rows = valid.view(-1, *([1] * (values.ndim - 1))).expand_as(values)
    if bool((rows & (counts < 2)).any()):
        raise ValueError("leave_one_out needs at least two valid samples a group")
    others = (sums - values) / (counts - 1).clamp_min(1.0)
    return torch.where(rows, values - others, torch.zeros_like(values))


def group_standardised(
    values: Tensor, group: Tensor, valid: Tensor, *, eps: float = 1e-4
) -> Tensor:
    """(r - mean) / (std + eps) within each group, [B]; std with n - 1, as TRL has it.

    GRPO, arXiv:2402.03300, section 4.1.2. A group without spread gets 0 and stays in the batch.

    Raises:
        ValueError: a group has fewer than two valid samples.
    """
    sums, counts = group_sums(values, group, valid)
    if bool((valid & (counts < 2)).any()):
        raise ValueError("group_standardised needs at least two valid samples a group")
    centred = torch.where(valid, values - sums / counts.clamp_min(1.0), torch.zeros_like(values))
    squares, _ = group_sums(centred**2, group, valid)
    std = (squares / (counts - 1).clamp_min(1.0)).sqrt()
    return centred / (std + eps)


def returns_to_go(rewards: Tensor, *, discount: float = 1.0) -> Tensor:
    """G_t = sum over s >= t of discount^(s - t) r_s, [B, T]."""
    if discount == 1.0:
        return rewards.flip(1).cumsum(1).flip(1)
    out = torch.zeros_like(rewards)
    running = torch.zeros_like(rewards[:, 0])
    for t in range(rewards.shape[1] - 1, -1, -1):
        running = rewards[:, t] + discount * running
        out[:, t] = running
    return out


def later_sum(values: Tensor) -> Tensor:
    """Sum over s > t, [B, T]: what decision t can still change, its own term left out."""
    return returns_to_go(values) - values


def generalised_advantages(
    rewards: Tensor,
    values: Tensor,
    bootstrap: Tensor,
    ended: Tensor,
    mask: Tensor,
    *,
    discount: float,
    trace: float,
    segment: Tensor | None = None,
) -> Tensor:
    """Generalised advantage estimation, [B, T]; 0 outside the mask.

    Schulman et al., arXiv:1506.02438, eq. (16). Steps that the policy did not decide (masked) are
    skipped: their reward belongs to the decision before them and they cost no discount.

    Args:
        rewards: per decision.
        values: V of the state before each decision.
        bootstrap: value of the state after a decision that ends the row: 0 where the episode
            terminated, V(final observation) where it was cut. Read only where ``ended``.
        ended: the row stops after this decision; cuts the trace.
        mask: True where the policy decided.
        discount: gamma.
        trace: lambda.
        segment: the environment step of each decision. Discount and trace act where it changes: of
            several decisions behind one action (denoising steps) each gets the action's advantage,
            less the change of value that the ones before it made. None: each is a step of its own.

    Raises:
        ValueError: shapes differ.
    """
    shapes = [tuple(x.shape) for x in (rewards, values, bootstrap, ended, mask)]
    if len(set(shapes)) > 1:
        raise ValueError(f"generalised_advantages needs tensors of one shape [B, T], got {shapes}")
    out = torch.zeros_like(rewards)
    next_value = torch.zeros_like(rewards[:, 0])
    next_advantage = torch.zeros_like(next_value)
    pending = torch.zeros_like(next_value)
    next_segment = torch.full_like(next_value, -1.0)
    for t in range(rewards.shape[1] - 1, -1, -1):
        stop, here = ended[:, t], mask[:, t]
        after = torch.where(stop, bootstrap[:, t], next_value)
        carried = torch.where(stop, torch.zeros_like(next_advantage), next_advantage)
        gamma = torch.full_like(next_value, discount)
        decay = torch.full_like(next_value, discount * trace)
        if segment is not None:
            inside = (segment[:, t] == next_segment) & (segment[:, t] >= 0) & ~stop
            gamma, decay = (x.masked_fill(inside, 1.0) for x in (gamma, decay))
            next_segment = torch.where(here, segment[:, t].to(next_segment), next_segment)
        delta = rewards[:, t] + pending + gamma * after - values[:, t]
        advantage = delta + decay * carried
        out[:, t] = torch.where(here, advantage, out[:, t])
        next_value = torch.where(here, values[:, t], next_value)
        next_advantage = torch.where(here, advantage, next_advantage)
        pending = torch.where(here, torch.zeros_like(pending), pending + rewards[:, t])
    return out


def place_in_segment(segment: Tensor, mask: Tensor) -> Tensor:
    """How many decisions of the same segment still follow each decision, [B, T] long.

    Args:
        segment: the environment step of each decision, [B, T]; -1 where none.
        mask: True where the policy decided, [B, T].
    """
    left = torch.zeros_like(segment)
    for t in range(segment.shape[1] - 2, -1, -1):
        same = (segment[:, t] == segment[:, t + 1]) & (segment[:, t] >= 0) & mask[:, t + 1]
        left[:, t] = torch.where(same, left[:, t + 1] + 1, 0)
    return left


def whiten(advantage: Tensor, mask: Tensor, *, eps: float = 1e-8) -> Tensor:
    """Zero mean and unit std over the decisions of the mask; unchanged where there is one."""
    count = mask.sum()
    if int(count) < 2:
        return advantage
    mean = (advantage * mask).sum() / count
    variance = ((advantage - mean) ** 2 * mask).sum() / (count - 1)
    return (advantage - mean) / (variance.sqrt() + eps) * mask
