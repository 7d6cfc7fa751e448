"""Optimizers of a run: one Adam a named part; learning rates are functions of the update."""

import math
from typing import Any

import torch
from torch import nn

from suite.core.algorithm import Algorithm, PartSettings
from suite.core.settings import TrainSettings


def rate_factor(settings: TrainSettings, update: int, num_updates: int) -> float:
    """What the learning rate is multiplied by at ``update`` (from 0) of ``num_updates``."""
    if update < settings.warmup_updates:
        return (update + 1) / settings.warmup_updates
    if settings.schedule == "constant":
        return 1.0
    span = max(1, num_updates - settings.warmup_updates)
    done = min(1.0, (update - settings.warmup_updates) / span)
    if settings.schedule == "linear":
        return 1.0 - done
    return 0.5 * (1.0 + math.cos(math.pi * done))


class Optimizers:
    """One Adam for each named trainable part (policy, critic, log_z ...)."""

    def __init__(
        self, parts: dict[str, nn.Module], algorithm: Algorithm, settings: TrainSettings
    ) -> None:
        self.parts, self.settings = parts, settings
        groups = algorithm.param_groups()
        unknown = set(groups) - set(parts)
        assert not unknown, f"param_groups names parts that do not exist: {unknown}"
        self.options = {name: groups.get(name, PartSettings()) for name in parts}
        self._adams = {name: self._adam(name, module) for name, module in parts.items()}

    def _adam(self, name: str, module: nn.Module) -> torch.optim.Adam:
        options = self.options[name]
        parameters = [p for p in module.parameters() if p.requires_grad]
        decay = self._pick(options.weight_decay, self.settings.weight_decay)
        return torch.optim.AdamW(parameters, lr=self._rate(name), weight_decay=decay, foreach=False)

    def _rate(self, name: str) -> float:
        return self._pick(self.options[name].learning_rate, self.settings.learning_rate)

    @staticmethod
    def _pick(own: float | None, shared: float) -> float:
        return shared if own is None else own

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for adam in self._adams.values():
            adam.zero_grad(set_to_none=True)

    def step(self, update: int, num_updates: int) -> dict[str, float]:
        """Clip each part's gradient and take one step; returns the norms before clipping."""
        factor = rate_factor(self.settings, update, num_updates)
        norms = {}
        for name, module in self.parts.items():
            limit = self._pick(self.options[name].clip_norm, self.settings.clip_norm)
            norms[name] = float(torch.nn.utils.clip_grad_norm_(module.parameters(), limit))
            if not math.isfinite(norms[name]):
                continue  # the trainer stops the run and names the part
            for group in self._adams[name].param_groups:
                group["lr"] = factor * self._rate(name)
            self._adams[name].step()
        return norms

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs."""
        return {name: adam.state_dict() for name, adam in self._adams.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of ``state_dict``."""
        for name, adam in self._adams.items():
            adam.load_state_dict(state[name])


class Averaged:
    """Exponential moving average of the policy's weights, for evaluation."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def update(self, module: nn.Module) -> None:
        """Move a share of 1 - decay towards the current weights."""
        for key, value in module.state_dict().items():
            if value.is_floating_point():
                self.weights[key].lerp_(value, 1.0 - self.decay)
            else:
                self.weights[key] = value.clone()
