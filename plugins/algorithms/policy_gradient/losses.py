"""Policy-gradient losses: pure functions of log-probabilities and advantages.

Shapes: B samples, T decisions; a tensor that is given per sample broadcasts as [B, 1]. Everything
is 0 outside the mask. Log-probabilities are in nats.
"""

import math

import torch
from torch import Tensor

LOG_RATIO_LIMIT = 30.0  # nats; exp(30) is 1e13, and a product with an advantage still fits float32


def log_ratio(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    """log p - log p_old, [B, T], nats; 0 outside the mask, cut at LOG_RATIO_LIMIT on both sides.

    Raises:
        ValueError: shapes differ.
    """
    _same_shape("log_ratio", log_prob=log_prob, old_log_prob=old_log_prob, mask=mask)
    # Outside the mask the difference may be -inf - -inf.
    difference = torch.where(mask, log_prob - old_log_prob, torch.zeros_like(log_prob))
    return difference.clamp(-LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)


def _same_shape(name: str, **tensors: Tensor) -> None:
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        raise ValueError(f"{name} needs tensors of one shape [B, T], got {listed}")


def clipped_surrogate(
    log_prob: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    mask: Tensor,
    *,
    clip_low: float | Tensor | None,
    clip_high: float | Tensor | None,
) -> Tensor:
    """-min(rho A, clip(rho, 1 - low, 1 + high) A) per decision, [B, T].

    PPO, arXiv:1707.06347, eq. (7); unequal bounds as in DAPO, arXiv:2503.14476, eq. (10). With no
    bounds it is -rho A, whose gradient at rho = 1 is that of REINFORCE.

    Raises:
        ValueError: shapes differ; the advantage may also be [B, 1].
    """
    if advantage.shape not in (log_prob.shape, (len(log_prob), 1)):
        shapes = [tuple(x.shape) for x in (log_prob, advantage)]
        raise ValueError(f"clipped_surrogate needs an advantage [B, T] or [B, 1], got {shapes}")
    ratio = log_ratio(log_prob, old_log_prob, mask).exp()
    surrogate = ratio * advantage
    if clip_low is not None and clip_high is not None:
        kind, where = ratio.dtype, ratio.device
        low, high = (torch.as_tensor(b, dtype=kind, device=where) for b in (clip_low, clip_high))
        bounded = ratio.clamp(1.0 - low, 1.0 + high) * advantage
        surrogate = torch.minimum(surrogate, bounded)
    return -torch.where(mask, surrogate, torch.zeros_like(surrogate))


def rising_clip(left: Tensor, *, first: float, last: float) -> Tensor:
    """Ratio bounds that rise exponentially from ``first`` to ``last`` within a segment, [B, T].

    DPPO, arXiv:2409.00588, the published code: e_i = first + (last - first) (exp(3 t) - 1) /
    (exp(3) - 1) with t = i / (K - 1) for decision i of K. Where K = 1 the bound is ``last``, as the
    published form divides by 0 there.

    Args:
        left: how many decisions of the segment follow, [B, T] long; the largest is K - 1.
        first: bound of a segment's first decision, positive.
        last: bound of its last, positive.
    """
    longest = max(int(left.max()), 1)
    t = 1.0 - left.to(torch.get_default_dtype()) / longest
    return first + (last - first) * torch.expm1(3.0 * t) / math.expm1(3.0)


def kl_k3(log_prob: Tensor, reference_log_prob: Tensor, mask: Tensor) -> Tensor:
    """exp(-d) - 1 + d with d = log p - log p_ref, per decision, [B, T], nats.

    Schulman, "Approximating KL divergence" (2020). As an on-policy loss term its gradient is that
    of the FORWARD KL(ref || policy); it is here because published GRPO has it.

    Raises:
        ValueError: shapes differ.
    """
    d = log_ratio(log_prob, reference_log_prob, mask)
    return (-d).exp() - 1.0 + d


def clipped_value_loss(
    value: Tensor, old_value: Tensor, target: Tensor, mask: Tensor, *, clip: float | None
) -> Tensor:
    """Half the critic's squared error, [B, T]; with ``clip`` the worse of clipped and unclipped.

    The published code of PPO; Huang et al., "The 37 Implementation Details of Proximal Policy
    Optimization" (2022), detail 9.

    Raises:
        ValueError: shapes differ.
    """
    _same_shape("clipped_value_loss", value=value, old_value=old_value, target=target, mask=mask)
    error = (value - target) ** 2
    if clip is not None:
        bounded = old_value + (value - old_value).clamp(-clip, clip)
        error = torch.maximum(error, (bounded - target) ** 2)
    return 0.5 * torch.where(mask, error, torch.zeros_like(error))
