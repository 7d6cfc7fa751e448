"""Settings of the family, checked; no torch here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PipelineConfig(BaseModel):
    """A pipeline, how it is sampled, and what of it is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="folder with a model_index.json, or id")
    num_steps: int = Field(20, ge=2, description="denoising steps; the last is without noise")
    eta: float | None = Field(
        None,
        ge=0,
        description="noise of a step: DDIM's eta (1), or Flow-GRPO's level (0.7); 0 is an ODE",
    )
    guidance: float | None = Field(
        None, ge=0, description="guidance scale; 1 is none, nothing is the pipeline's usual one"
    )
    negative: str | None = Field(None, description="prompt to guide away from")
    height: int | None = Field(None, ge=1, description="pixels; nothing is the pipeline's own")
    width: int | None = Field(None, ge=1, description="pixels; nothing is the pipeline's own")
    frames: int = Field(17, ge=1, description="of a video")
    max_tokens: int = Field(256, ge=1, description="of a prompt, for T5 encoders")
    drop: float = Field(0.1, ge=0, lt=1, description="share of prompts left out in likelihoods")
    lora_rank: int = Field(0, ge=0, description="train adapters of this rank; 0 trains all weights")
    lora_alpha: float | None = Field(None, gt=0, description="scale of adapters; the rank if unset")
    lora_targets: tuple[str, ...] = Field(
        ("to_q", "to_k", "to_v", "to_out.0"), description="layers that adapters join"
    )
    checkpoint: bool = Field(True, description="recompute activations inside the network")
    rows: int = Field(8, ge=1, description="states that pass the network at once when re-scored")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="of weights that are not trained; latents stay float32"
    )
    seed: int = Field(0, description="of the adapters' initial weights")
