"""Policy-gradient losses: pure functions of log-probabilities and advantages.

Shapes: B samples, T decisions; a tensor that is given per sample broadcasts as [B, 1]. Everything
is 0 outside the mask. Log-probabilities are in nats.
"""

import torch
from torch import Tensor


def clipped_surrogate(
    log_prob: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    mask: Tensor,
    *,
    clip_low: float | None,
    clip_high: float | None,
) -> Tensor:
    """-min(rho A, clip(rho, 1 - low, 1 + high) A) per decision, [B, T].

    PPO, arXiv:1707.06347, eq. (7); unequal bounds as in DAPO, arXiv:2503.14476, eq. (10). With no
    bounds it is -rho A, whose gradient at rho = 1 is that of REINFORCE.

    Raises:
        ValueError: shapes differ.
    """
    if log_prob.shape != old_log_prob.shape or log_prob.shape != mask.shape:
        shapes = [tuple(x.shape) for x in (log_prob, old_log_prob, mask)]
        raise ValueError(
            f"clipped_surrogate needs log-probs and mask of one shape [B, T], got {shapes}"
        )
    # Outside the mask the difference may be -inf - -inf.
    difference = torch.where(mask, log_prob - old_log_prob, torch.zeros_like(log_prob))
    ratio = difference.exp()
    surrogate = ratio * advantage
    if clip_low is not None and clip_high is not None:
        bounded = ratio.clamp(1.0 - clip_low, 1.0 + clip_high) * advantage
        surrogate = torch.minimum(surrogate, bounded)
    return -torch.where(mask, surrogate, torch.zeros_like(surrogate))


def kl_k3(log_prob: Tensor, reference_log_prob: Tensor, mask: Tensor) -> Tensor:
    """exp(-d) - 1 + d with d = log p - log p_ref, per decision, [B, T], nats.

    Schulman, "Approximating KL divergence" (2020). As an on-policy loss term its gradient is that
    of the FORWARD KL(ref || policy); it is here because published GRPO has it.
    """
    d = torch.where(mask, log_prob - reference_log_prob, torch.zeros_like(log_prob))
    return (-d).exp() - 1.0 + d


def clipped_value_loss(
    value: Tensor, old_value: Tensor, target: Tensor, mask: Tensor, *, clip: float | None
) -> Tensor:
    """Half the critic's squared error, [B, T]; the worse of clipped and unclipped if ``clip``."""
    error = (value - target) ** 2
    if clip is not None:
        bounded = old_value + (value - old_value).clamp(-clip, clip)
        error = torch.maximum(error, (bounded - target) ** 2)
    return 0.5 * error * mask
