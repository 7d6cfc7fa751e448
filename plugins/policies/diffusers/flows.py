"""Flow transformers: SD3 and Flux on pictures, Wan on videos.

Shapes: as adapters.py; P tokens of a picture.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.plugins.policies.diffusers.adapters import Adapter, Condition
from suite.plugins.policies.diffusers.config import PipelineConfig


class StableDiffusion3(Adapter):
    """SD3 and 3.5: three text encoders, of which the T5 may be missing."""

    network_name = "transformer"
    usual_guidance = 7.0

    def _event(self) -> tuple[int, ...]:
        factor, side = self.pipeline.vae_scale_factor, self.settings.sample_size
        cover = factor * self.settings.patch_size
        return (
            self.settings.in_channels,
            self._side(self.config.height, side * factor, "height", cover) // factor,
            self._side(self.config.width, side * factor, "width", cover) // factor,
        )

    def shift(self) -> float | None:
        patches = self.settings.patch_size
        return _dynamic_shift(
            self.pipeline.scheduler, (self.event[1] // patches) * (self.event[2] // patches)
        )

    def encode_prompt(self, prompt: str | None) -> Condition:
        asked = copy.copy(self.pipeline)
        asked.transformer = self.network  # without a T5, the text's width is read from it
        text, _, pooled, _ = asked.encode_prompt(
            prompt or "",
            None,
            None,
            device=self.pipeline.text_encoder.device,
            do_classifier_free_guidance=False,
            max_sequence_length=self.config.max_tokens,
        )
        return {"text": text, "pooled": pooled}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.network(
            hidden_states=x,
            timestep=time,
            encoder_hidden_states=condition["text"],
            pooled_projections=condition["pooled"],
        ).sample
        return out


class Flux(Adapter):
    """Flux: guidance that the network was distilled with is an input of it, and no second branch.

    Latents are kept as pictures [N, C, h, w]; the network reads them as squares of two by two.
    """

    network_name = "transformer"

    @property
    def guidance(self) -> float:
        """Of two branches: none where the network takes the scale itself."""
        return 1.0 if self.settings.guidance_embeds else super().guidance

    def _event(self) -> tuple[int, ...]:
        factor = self.pipeline.vae_scale_factor
        side = self.pipeline.default_sample_size * factor
        return (
            self.settings.in_channels // 4,
            self._side(self.config.height, side, "height", 2 * factor) // factor,
            self._side(self.config.width, side, "width", 2 * factor) // factor,
        )

    def shift(self) -> float | None:
        return _dynamic_shift(self.pipeline.scheduler, self.event[1] * self.event[2] // 4)

    def encode_prompt(self, prompt: str | None) -> Condition:
        text, pooled, _ = self.pipeline.encode_prompt(
            prompt or "",
            device=self.pipeline.text_encoder.device,
            max_sequence_length=self.config.max_tokens,
        )
        return {"text": text, "pooled": pooled}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        height, width = x.shape[-2] // 2, x.shape[-1] // 2
        squares = x.unflatten(3, (width, 2)).unflatten(2, (height, 2))  # [N, C, h, 2, w, 2]
        scale = 3.5 if self.config.guidance is None else self.config.guidance
        guidance = torch.full_like(time, scale) if self.settings.guidance_embeds else None
        out: Tensor = self.network(
            hidden_states=squares.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2),
            timestep=time / 1000.0,
            guidance=guidance,
            pooled_projections=condition["pooled"],
            encoder_hidden_states=condition["text"],
            txt_ids=torch.zeros(condition["text"].shape[1], 3, dtype=x.dtype, device=x.device),
            img_ids=_places(height, width).to(x),
        ).sample
        parts = out.unflatten(1, (height, width)).unflatten(3, (-1, 2, 2))
        joined: Tensor = parts.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)
        return joined


class Wan(Adapter):
    """Wan 2.1: text to video. A clip of F frames is [3 F, H, W], as in the video domain."""

    network_name = "transformer"
    usual_guidance = 5.0

    def __init__(self, pipeline: Any, config: PipelineConfig) -> None:
        if getattr(pipeline, "transformer_2", None) is not None or pipeline.config.expand_timesteps:
            raise SuiteError(
                "this Wan pipeline has two transformers, or a time for each token; one network "
                "and one time are served.\nName a Wan 2.1 text-to-video pipeline."
            )
        super().__init__(pipeline, config)

    def _event(self) -> tuple[int, ...]:
        space = self.pipeline.vae_scale_factor_spatial
        pace = self.pipeline.vae_scale_factor_temporal
        if (self.config.frames - 1) % pace:
            raise SuiteError(
                f"policy.frames = {self.config.frames}: the first frame stands alone and {pace} "
                f"make a latent.\nUse a multiple of {pace}, plus 1."
            )
        _, high, wide = self.settings.patch_size
        return (
            self.settings.in_channels,
            (self.config.frames - 1) // pace + 1,
            self._side(self.config.height, 480, "height", space * high) // space,
            self._side(self.config.width, 832, "width", space * wide) // space,
        )

    def encode_prompt(self, prompt: str | None) -> Condition:
        text, _ = self.pipeline.encode_prompt(
            prompt or "",
            do_classifier_free_guidance=False,
            max_sequence_length=self.config.max_tokens,
            device=self.pipeline.text_encoder.device,
        )
        return {"text": text}

    def predict(self, x: Tensor, time: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.network(
            hidden_states=x, timestep=time, encoder_hidden_states=condition["text"]
        ).sample
        return out

    def flat(self, pixels: Tensor) -> Tensor:
        return pixels.transpose(1, 2).flatten(1, 2)

    def unflat(self, pixels: Tensor) -> Tensor:
        frames: Tensor = pixels.unflatten(1, (-1, 3)).transpose(1, 2)
        return frames


def _dynamic_shift(scheduler: Any, num_tokens: int) -> float | None:
    """mu, linear in the tokens of a picture (Esser et al., arXiv:2403.03206), as in diffusers."""
    known = scheduler.config
    if not known.get("use_dynamic_shifting"):
        return None
    low, high = known.get("base_image_seq_len", 256), known.get("max_image_seq_len", 4096)
    least, most = known.get("base_shift", 0.5), known.get("max_shift", 1.15)
    return float(least + (most - least) * (num_tokens - low) / (high - low))


def _places(height: int, width: int) -> Tensor:
    """(0, row, column) of each square, [P, 3]."""
    rows = torch.arange(height).view(-1, 1).expand(height, width)
    columns = torch.arange(width).view(1, -1).expand(height, width)
    return torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).flatten(0, 1)
