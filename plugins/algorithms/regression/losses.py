"""Squared errors of log-ratios against reward gaps.

Shapes: P pairs. Log-ratios are sums over a sample's decisions, in nats.
"""

from torch import Tensor


def relative_reward_loss(
    log_ratio_a: Tensor, log_ratio_b: Tensor, reward_a: Tensor, reward_b: Tensor, *, eta: float
) -> Tensor:
    """((D_a - D_b) / eta - (r_a - r_b))^2 a pair, [P], in squared reward units.

    REBEL, arXiv:2404.16767, eq. (5); D is the log-ratio of the new policy to the old one. With the
    reference as the old policy and eta = 1 / beta it is CoPG (arXiv:2406.19185) up to scale.

    Raises:
        ValueError: ``eta`` is not positive or shapes differ.
    """
    if eta <= 0:
        raise ValueError(f"eta must be positive, got {eta}")
    shapes = {tuple(x.shape) for x in (log_ratio_a, log_ratio_b, reward_a, reward_b)}
    if len(shapes) > 1:
        raise ValueError(f"relative_reward_loss needs four tensors of one shape [P], got {shapes}")
    residual = (log_ratio_a - log_ratio_b) / eta - (reward_a - reward_b)
    return residual**2
