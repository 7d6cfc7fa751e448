"""The law of a denoising step from the tables of a diffusers scheduler.

x_t = a x_0 + s eps. Step i goes from (a_i, s_i) to (a'_i, s'_i); both are read from the scheduler,
so that any spacing of its timesteps is kept (of DDIM's, a'_i need not be a_{i+1}).

Shapes: N rows, T steps of the scheduler; values are [N, ...].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from suite.core.errors import SuiteError

PREDICTIONS = {"epsilon": "epsilon", "sample": "sample", "v_prediction": "v"}
USUAL_ETA = {"ddim": 1.0, "flow": 0.7}  # DDPM's variance; Flow-GRPO, arXiv:2505.05470, section 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """What a scheduler says of its steps.

    Attributes:
        kind: "ddim" or "flow"; prediction: what the network guesses.
        times: as the network reads them, float64 [T].
        noise, next_noise: s and s', float64 [T]; signal, next_signal: a and a'.
        clip: bound of a guessed x_0, or None.
    """

    kind: str
    prediction: str
    times: Tensor
    signal: Tensor
    noise: Tensor
    next_signal: Tensor
    next_noise: Tensor
    clip: float | None = None


def read_tables(scheduler: Any, num_steps: int, shift: float | None) -> Tables:
    """The tables of a scheduler for ``num_steps`` steps.

    Args:
        scheduler: with flow sigmas, or with alphas_cumprod.
        num_steps: T.
        shift: mu of a dynamically shifted flow, else None.

    Raises:
        SuiteError: it has neither table, so that nothing tells the variance of a step.
    """
    config = scheduler.config
    name = type(scheduler).__name__
    if config.get("use_flow_sigmas") or name.startswith("FlowMatch"):
        return _flow_tables(scheduler, num_steps, shift)
    if getattr(scheduler, "alphas_cumprod", None) is None or config.get("thresholding"):
        lacks = "thresholds its guesses" if config.get("thresholding") else "has no alphas_cumprod"
        raise SuiteError(
            f"the pipeline's scheduler, {name}, {lacks}: its steps have no variance in closed "
            "form, and no density.\nSave the pipeline with a DDIMScheduler, DDPMScheduler or "
            "FlowMatchEulerDiscreteScheduler."
        )
    if config.prediction_type not in PREDICTIONS:
        raise SuiteError(
            f"the pipeline's scheduler has prediction_type '{config.prediction_type}'; known are "
            f"{', '.join(PREDICTIONS)}, and flow-matching schedulers."
        )
    return _ddim_tables(scheduler, num_steps)


def _flow_tables(scheduler: Any, num_steps: int, shift: float | None) -> Tables:
    dynamic = {"mu": shift} if scheduler.config.get("use_dynamic_shifting") else {}
    scheduler.set_timesteps(num_steps, **dynamic)
    sigmas = scheduler.sigmas.double().cpu()
    return Tables(
        kind="flow",
        prediction="velocity",
        times=scheduler.timesteps.double().cpu(),
        signal=1.0 - sigmas[:-1],
        noise=sigmas[:-1],
        next_signal=1.0 - sigmas[1:],
        next_noise=sigmas[1:],
    )


def _ddim_tables(scheduler: Any, num_steps: int) -> Tables:
    """Whatever solver the pipeline has, its training law is that of alphas_cumprod."""
    from diffusers import DDIMScheduler

    config = scheduler.config
    clip = float(config.clip_sample_range) if config.get("clip_sample") else None
    make: Any = DDIMScheduler.from_config  # diffusers has no annotations here
    own = make(config, clip_sample=clip is not None)
    if num_steps > own.config.num_train_timesteps:
        raise SuiteError(
            f"policy.num_steps = {num_steps} exceeds the {own.config.num_train_timesteps} steps "
            "that the pipeline was trained with."
        )
    own.set_timesteps(num_steps)
    times = own.timesteps.cpu()
    before = times - own.config.num_train_timesteps // num_steps
    alphas = own.alphas_cumprod.double()
    after = torch.where(before >= 0, alphas[before.clamp_min(0)], own.final_alpha_cumprod.double())
    alpha = alphas[times]
    return Tables(
        kind="ddim",
        prediction=PREDICTIONS[config.prediction_type],
        times=times.double(),
        signal=alpha.sqrt(),
        noise=(1.0 - alpha).sqrt(),
        next_signal=after.sqrt(),
        next_noise=(1.0 - after).sqrt(),
        clip=clip,
    )


def step_std(tables: Tables, eta: float) -> Tensor:
    """Std of each step, float64 [T]; 0 for the last one, which adds no noise.

    ddim: eta times that of the posterior (Song et al., arXiv:2010.02502, eq. 16). flow: Flow-GRPO's
    eta sqrt(s / (1 - s)) sqrt(s - s') (Liu et al., arXiv:2505.05470, eq. 9), where 1 - s of the
    first step, which may be 0, is that of the second.
    """
    s, after = tables.noise, tables.next_noise
    if tables.kind == "flow":
        rest = 1.0 - torch.minimum(s, s[1])
        std = eta * (s / rest * (s - after)).clamp_min(0.0).sqrt()
    else:
        kept = (tables.signal / tables.next_signal) ** 2  # 1 - beta of the step
        std = eta * after / s * (1.0 - kept).clamp_min(0.0).sqrt()
    std[-1] = 0.0
    return std


class Schedule(nn.Module):
    """Tables as buffers, and the law of a step; all numbers in the precision of the buffers.

    Args:
        tables: of a scheduler; eta: of the noise, None is the usual one.

    Raises:
        SuiteError: eta is above 0 and a step but the last has no variance.
    """

    times: Tensor
    signal: Tensor
    noise: Tensor
    next_signal: Tensor
    next_noise: Tensor
    std: Tensor

    def __init__(self, tables: Tables, eta: float | None) -> None:
        super().__init__()
        self.kind, self.prediction, self.clip = tables.kind, tables.prediction, tables.clip
        self.eta = USUAL_ETA[tables.kind] if eta is None else eta
        std = step_std(tables, self.eta)
        if self.eta > 0 and not bool((std[:-1] > 0).all()):
            raise SuiteError(
                f"the pipeline's scheduler leaves step {int((std[:-1] <= 0).nonzero()[0])} without "
                "a variance.\nSet policy.eta = 0 for methods that need no log-probabilities, or "
                "save the pipeline with another scheduler."
            )
        columns: Mapping[str, Tensor] = {
            "times": tables.times,
            "signal": tables.signal,
            "noise": tables.noise,
            "next_signal": tables.next_signal,
            "next_noise": tables.next_noise,
            "std": std,
        }
        for name, column in columns.items():
            self.register_buffer(name, column.float(), persistent=False)

    def guess(self, out: Tensor, x: Tensor, i: Tensor) -> tuple[Tensor, Tensor]:
        """(x_0, eps) as the network's ``out`` says at x, step i [N].

        v is a eps - s x_0 (Salimans and Ho, arXiv:2202.00512), velocity eps - x_0.
        """
        a, s = _like(self.signal[i], x), _like(self.noise[i], x)
        if self.prediction == "epsilon":
            x0, eps = (x - s * out) / a, out
        elif self.prediction == "sample":
            x0, eps = out, (x - a * out) / s
        elif self.prediction == "v":
            x0, eps = a * x - s * out, a * out + s * x
        else:
            x0, eps = x - s * out, x + a * out
        return (x0 if self.clip is None else x0.clamp(-self.clip, self.clip)), eps

    def target(self, x0: Tensor, eps: Tensor, i: Tensor) -> Tensor:
        """What the network should have said at a x_0 + s eps."""
        a, s = _like(self.signal[i], x0), _like(self.noise[i], x0)
        if self.prediction == "epsilon":
            return eps
        if self.prediction == "sample":
            return x0
        return a * eps - s * x0 if self.prediction == "v" else eps - x0

    def noised(self, x0: Tensor, eps: Tensor, i: Tensor) -> Tensor:
        """a x_0 + s eps at the start of step i [N]."""
        return _like(self.signal[i], x0) * x0 + _like(self.noise[i], x0) * eps

    def moments(self, out: Tensor, x: Tensor, i: Tensor) -> tuple[Tensor, Tensor]:
        """Mean [N, ...] and std [N, 1, ...] of what follows x after step i [N].

        ddim: a' x_0 + sqrt(s'^2 - std^2) eps. flow: Euler's step with the drift that keeps the
        marginals, x - dt (v + sigma^2 / (2 s) eps) with std^2 = sigma^2 dt.
        """
        x0, eps = self.guess(out, x, i)
        std, after = _like(self.std[i], x), _like(self.next_noise[i], x)
        if self.kind == "flow":
            s = _like(self.noise[i], x)
            return x + (after - s) * out - std**2 / (2.0 * s) * eps, std
        toward = (after**2 - std**2).clamp_min(0.0).sqrt()
        return _like(self.next_signal[i], x) * x0 + toward * eps, std


def _like(values: Tensor, x: Tensor) -> Tensor:
    """[N] as [N, 1, ...]."""
    return values.view(-1, *([1] * (x.ndim - 1)))
