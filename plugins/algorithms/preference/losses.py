"""Losses that learn from pairs: one sample preferred, one not.

Shapes: P pairs. Log-probabilities are natural logs (nats) summed over a sample's decisions.
Functions here own no parameters and draw no random numbers; the caller reduces over P.
"""

import torch
from torch import Tensor


def margin(
    logp_chosen: Tensor,
    logp_rejected: Tensor,
    reference_logp_chosen: Tensor,
    reference_logp_rejected: Tensor,
) -> Tensor:
    """Log-ratio to the reference of the chosen minus that of the rejected sample, [P], nats.

    Raises:
        ValueError: the four shapes differ.
    """
    tensors = (logp_chosen, logp_rejected, reference_logp_chosen, reference_logp_rejected)
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if len(set(shapes)) > 1:
        raise ValueError(f"a margin needs four tensors of one shape [P], got, in order, {shapes}")
    reference = (reference_logp_chosen - reference_logp_rejected).detach()
    return logp_chosen - logp_rejected - reference


def dpo_loss(margins: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """Direct preference optimisation, one loss a pair, [P].

    Eq. (7) of Rafailov et al., arXiv:2305.18290, without the mean over the batch; with label
    smoothing, eq. (3) of the authors' note on conservative DPO: the label is wrong with that
    chance.

    Args:
        margins: log-ratio margins, [P], nats.
        beta: weight of the pull to the reference, positive.
        label_smoothing: chance that a label is wrong, in [0, 0.5).

    Raises:
        ValueError: ``beta`` is not positive.
    """
    if beta <= 0:
        raise ValueError(f"beta must be positive, got {beta}; 0.1 is a common start")
    # logsigmoid, not log(sigmoid(x)): the latter is -inf for margins below about -100.
    right = torch.nn.functional.logsigmoid(beta * margins)
    wrong = torch.nn.functional.logsigmoid(-beta * margins)
    return -(1.0 - label_smoothing) * right - label_smoothing * wrong


def ipo_loss(margins: Tensor, *, beta: float) -> Tensor:
    """(m - 1 / (2 beta))^2 a pair, [P]: identity preference optimisation.

    Azar et al., arXiv:2310.12036, eq. (17), with sums over the sample as in the paper.

    Raises:
        ValueError: ``beta`` is not positive.
    """
    if beta <= 0:
        raise ValueError(f"beta must be positive, got {beta}; 0.1 is a common start")
    return (margins - 1.0 / (2.0 * beta)) ** 2
