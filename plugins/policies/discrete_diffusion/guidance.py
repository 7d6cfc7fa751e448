"""Classifier-free guidance of a law over letters."""

import torch
from torch import Tensor


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Logits of the guided law, up to a constant: (1 + w) log p_c - w log p_u, nats.

    Ho and Salimans, "Classifier-Free Diffusion Guidance", arXiv:2207.12598, eq. (6), on the law of
    a clean letter; the step's law renormalises. Gradients reach both branches.

    Args:
        conditional: logits given the class, [..., V].
        unconditional: logits given none, [..., V].
        scale: w; 0 is the conditional law.
    """
    with_class = torch.log_softmax(conditional, dim=-1)
    without = torch.log_softmax(unconditional, dim=-1)
    return (1.0 + scale) * with_class - scale * without
