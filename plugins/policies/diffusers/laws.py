"""The step of an ODE."""

from typing import ClassVar

import torch
from torch import Tensor

from suite.core.distributions import GaussianStep, StepDistribution
from suite.core.errors import SuiteError


class Jump(GaussianStep):
    """All mass on ``mean``: no density, no entropy, no KL to another point.

    Records of an ODE hold log_prob 0; methods that would read it are refused before they start,
    for the policy does not claim ``scores``.
    """

    has_kl: ClassVar[bool] = False
    has_entropy: ClassVar[bool] = False

    def log_prob(self, decision: Tensor) -> Tensor:
        return torch.zeros_like(decision).flatten(self.batch_ndim).sum(dim=-1)

    def kl(self, other: StepDistribution) -> Tensor:
        raise SuiteError(
            "policy.eta = 0 samples an ODE, whose steps have no KL to a reference.\n"
            "Set policy.eta above 0, or set the method's KL weight to 0."
        )
