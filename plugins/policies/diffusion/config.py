"""Settings of the family, checked; no torch here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DiffusionConfig(BaseModel):
    """A transformer over patches, and how it is sampled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(32, ge=2, description="pixels of a side")
    channels: int = Field(3, ge=1, description="of a pixel; a video has frames times three")
    patch: int = Field(4, ge=1, description="pixels of a patch's side")
    width: int = Field(96, ge=4, description="hidden units")
    layers: int = Field(3, ge=1, description="blocks")
    heads: int = Field(4, ge=1, description="attention heads")
    words: tuple[str, ...] = Field((), description="of captions; none: an unconditional model")
    max_words: int = Field(12, ge=1, description="of a caption at most")
    num_steps: int = Field(8, ge=1, description="denoising steps")
    process: Literal["cosine", "flow"] = Field(
        "cosine", description="variance-preserving noise on a cosine, or straight lines"
    )
    prediction: Literal["x0", "epsilon", "v", "velocity"] = Field(
        "x0", description="what the network guesses; v needs cosine, velocity needs flow"
    )
    sampler: Literal["ancestral", "flow_sde"] = Field(
        "ancestral", description="steps of the posterior, or Flow-GRPO's (needs flow)"
    )
    eta: float = Field(1.0, ge=0, description="noise of a step; 0 is an ODE without log-probs")
    last_noise: float = Field(0.1, gt=0, lt=1, description="std of the noise that samples keep")
    guidance: float = Field(1.0, ge=0, description="guidance scale; 1 is none")
    drop: float = Field(0.1, ge=0, lt=1, description="share of captions left out in training")
    weights: Literal["flat", "bound"] = Field(
        "flat", description="of the steps in training: all alike, or the variational bound's"
    )
    seed: int = Field(0, description="of the initial weights")
