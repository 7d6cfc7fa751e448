"""What each class of pipeline calls things: prompts, the network's arguments, latents and pixels.

The network is held apart from the rest of its pipeline, which is frozen and shared by all copies of
a policy. Where only adapters (LoRA) train, the network's other weights are shared too.

Shapes: N rows, C channels of latents, h x w of latents, H x W pixels, F frames.
"""

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from suite.core.errors import SuiteError
from suite.plugins.policies.diffusers.config import PipelineConfig
from suite.plugins.policies.diffusers.networks import enable_checkpoints, prepare

Condition = dict[str, Tensor]  # what the network reads of a prompt, each [N, ...]
KEPT_BYTES = 2**30  # of encoded prompts


class Adapter(ABC):
    """A pipeline as the policy asks it.

    Args:
        pipeline: of diffusers; its network is taken out.
        config: settings.

    Attributes:
        network: what is trained, whole or by adapters.
        event: shape of one row's latents.
    """

    network_name: ClassVar[str] = "unet"
    usual_guidance: ClassVar[float] = 1.0
    reads_prompts: ClassVar[bool] = True

    def __init__(self, pipeline: Any, config: PipelineConfig) -> None:
        self.config, self.pipeline = config, pipeline
        self.network, self.names = prepare(getattr(pipeline, self.network_name), config)
        setattr(pipeline, self.network_name, None)
        self.frozen = [one for one in pipeline.components.values() if isinstance(one, nn.Module)]
        for module in self.frozen:
            module.requires_grad_(requires_grad=False).eval()
        self.vae: Any = pipeline.components.get("vae")
        if self.vae is not None and config.checkpoint:
            enable_checkpoints(self.vae)
        self.prompts: dict[str | None, Condition] = {}
        self.event = self._event()

    @property
    def settings(self) -> Any:
        """The network's own configuration."""
        return self.network.config

    @property
    def guidance(self) -> float:
        """The scale asked for, or the usual one."""
        return self.usual_guidance if self.config.guidance is None else self.config.guidance

    @property
    def guided(self) -> bool:
        """Whether a step asks the network twice."""
        return self.guidance != 1.0

    # --- what a class of pipeline says ----------------------------------------------------------

    @abstractmethod
    def _event(self) -> tuple[int, ...]:
        """The shape of one row's latents."""

    @abstractmethod
    def encode_prompt(self, prompt: str | None) -> Condition:
        """A prompt, or None for nothing at all, as tensors that lead with 1."""

    @abstractmethod
    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        """What the network says at latents x [N, ...] and times [N]."""

    def shift(self) -> float | None:
        """mu of a schedule that depends on the size of pictures."""
        return None

    # --- prompts --------------------------------------------------------------------------------

    def prompt(self, text: str | None, device: torch.device) -> Condition:
        """``encode_prompt`` once a prompt, in full precision, each alone: no company changes it."""
        if text not in self.prompts:
            if sum(map(_num_bytes, self.prompts.values())) > KEPT_BYTES:
                self.prompts.clear()
            with torch.no_grad(), torch.autocast(device.type, enabled=False):
                self.prompts[text] = self.encode_prompt(text)
        return {name: value.to(device) for name, value in self.prompts[text].items()}

    # --- pixels ---------------------------------------------------------------------------------

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels [N, 3 F, H, W] in [-1, 1] of latents, with gradient."""
        scale, shift = self._scale(latents)
        with torch.autocast(latents.device.type, enabled=False):
            plain = (latents / scale + shift).to(self.vae.dtype)
            rows = [self.vae.decode(row).sample for row in plain.split(1)]
        return self.flat(torch.cat(rows).to(latents.dtype)).clamp(-1.0, 1.0)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Latents of pixels [N, 3 F, H, W]: the encoder's mode."""
        with torch.autocast(pixels.device.type, enabled=False):
            shaped = self.unflat(pixels).to(self.vae.dtype)
            rows = [self.vae.encode(row).latent_dist.mode() for row in shaped.split(1)]
        plain = torch.cat(rows).to(pixels.dtype)
        scale, shift = self._scale(plain)
        return (plain - shift) * scale

    def flat(self, pixels: Tensor) -> Tensor:
        """The VAE's pixels as the suite's, [N, 3 F, H, W]."""
        return pixels

    def unflat(self, pixels: Tensor) -> Tensor:
        """The inverse of ``flat``."""
        return pixels

    def _scale(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """latents = (plain - shift) * scale, a channel each where the VAE has them so."""
        known = self.vae.config

        def column(value: Any) -> Tensor:
            row = torch.as_tensor(value, dtype=like.dtype, device=like.device).flatten()
            return row.view(1, -1, *([1] * (like.ndim - 2)))

        scale = column(known.get("scaling_factor") or 1.0)
        mean, std = known.get("latents_mean"), known.get("latents_std")
        if mean is None:
            return scale, column(known.get("shift_factor") or 0.0)
        return scale / column(std), column(mean)

    def _side(self, asked: int | None, own: int, name: str, multiple: int) -> int:
        """Pixels of a side.

        Raises:
            SuiteError: they are no multiple of what a latent covers.
        """
        side = own if asked is None else asked
        if side % multiple:
            raise SuiteError(
                f"policy.{name} = {side} is no multiple of {multiple}, the pixels that one latent "
                "covers."
            )
        return side

    # --- copies ---------------------------------------------------------------------------------

    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that train, by name."""
        every = self.network.named_parameters()
        return {name: weight for name, weight in every if name in self.names}

    def __deepcopy__(self, memo: dict[int, Any]) -> "Adapter":
        for name, weight in self.network.named_parameters():
            if name not in self.names:
                memo[id(weight)] = weight
        twin = copy.copy(self)
        twin.network = copy.deepcopy(self.network, memo)
        return twin


def _num_bytes(condition: Condition) -> int:
    return sum(value.numel() * value.element_size() for value in condition.values())


class Pixels(Adapter):
    """Pictures out of nothing, without latents: DDPMPipeline, DDIMPipeline."""

    reads_prompts = False

    def __init__(self, pipeline: Any, config: PipelineConfig) -> None:
        super().__init__(pipeline, config)
        if self.guided:
            raise SuiteError(
                f"policy.guidance = {config.guidance} on an unconditional pipeline, "
                f"{type(pipeline).__name__}: there is nothing to guide by.\n"
                "Set policy.guidance = 1, or name a pipeline that reads prompts."
            )

    def _event(self) -> tuple[int, ...]:
        height, width = _pair(self.settings.sample_size)
        return (
            self.settings.in_channels,
            self.config.height or height,
            self.config.width or width,
        )

    def encode_prompt(self, prompt: str | None) -> Condition:
        return {}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.network(x, time).sample
        return out

    def decode(self, latents: Tensor) -> Tensor:
        return latents.clamp(-1.0, 1.0)

    def encode(self, pixels: Tensor) -> Tensor:
        return pixels


class StableDiffusion(Adapter):
    """SD 1 and 2: one text encoder, a U-Net."""

    usual_guidance = 7.5

    def _event(self) -> tuple[int, ...]:
        factor, (height, width) = self.pipeline.vae_scale_factor, _pair(self.settings.sample_size)
        return (
            self.settings.in_channels,
            self._side(self.config.height, height * factor, "height", factor) // factor,
            self._side(self.config.width, width * factor, "width", factor) // factor,
        )

    def encode_prompt(self, prompt: str | None) -> Condition:
        device = self.pipeline.text_encoder.device
        text, _ = self.pipeline.encode_prompt(prompt or "", device, 1, False)
        return {"text": text}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.network(x, time, encoder_hidden_states=condition["text"]).sample
        return out


class StableDiffusionXL(StableDiffusion):
    """SDXL: two text encoders, a pooled text and the sizes of the picture."""

    usual_guidance = 5.0

    def encode_prompt(self, prompt: str | None) -> Condition:
        device = self.pipeline.text_encoder_2.device
        text, _, pooled, _ = self.pipeline.encode_prompt(
            prompt or "", device=device, do_classifier_free_guidance=False
        )
        if prompt is None and self.pipeline.config.get("force_zeros_for_empty_prompt"):
            text, pooled = torch.zeros_like(text), torch.zeros_like(pooled)
        return {"text": text, "pooled": pooled}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        factor = self.pipeline.vae_scale_factor
        size = [x.shape[-2] * factor, x.shape[-1] * factor]
        sizes = torch.tensor([[*size, 0, 0, *size]], dtype=x.dtype, device=x.device)
        added = {"text_embeds": condition["pooled"], "time_ids": sizes.expand(len(x), -1)}
        out: Tensor = self.network(
            x, time, encoder_hidden_states=condition["text"], added_cond_kwargs=added
        ).sample
        return out


def _pair(size: Any) -> tuple[int, int]:
    """(height, width) of one number or two."""
    return (int(size), int(size)) if isinstance(size, int) else (int(size[0]), int(size[1]))
