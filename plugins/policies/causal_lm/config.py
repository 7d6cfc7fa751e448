"""Settings of the family, checked; no torch here."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz+-*/=()., #?:\n"
Text = Annotated[str, StringConstraints(min_length=1)]


class SampledConfig(BaseModel):
    """What every size has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_steps: int = Field(24, ge=1, description="tokens of an answer at most, its end included")
    temperature: float = Field(1.0, gt=0, description="of the policy's own law")
    top_p: float = Field(1.0, gt=0, le=1, description="draw from the most probable tokens only")
    stop: tuple[Text, ...] = Field((), description="texts that end an answer, kept in it")
    seed: int = Field(0, description="of the initial weights")
    turns: int = Field(1, ge=1, description="turns of an episode at most, where tools answer")
    lora_rank: int = Field(0, ge=0, description="of low-rank adapters; 0: every weight trains")
    lora_alpha: float = Field(16.0, gt=0, description="adapters count alpha / rank")
    lora_targets: tuple[str, ...] = Field(
        (), description="names of layers with adapters; none: every linear layer but the head"
    )


class TinyConfig(SampledConfig):
    """A Llama made here."""

    alphabet: str = Field(ALPHABET, min_length=1, description="characters that it reads")
    words: tuple[str, ...] = Field((), description="texts that are one token each, longest first")
    max_prompt: int = Field(48, ge=1, description="tokens of a prompt at most")
    width: int = Field(96, ge=2, description="hidden units")
    layers: int = Field(3, ge=1, description="blocks")
    heads: int = Field(4, ge=1, description="attention heads")


class PretrainedConfig(SampledConfig):
    """A model of transformers."""

    model: str = Field(description="folder or id")
    num_steps: int = Field(256, ge=1, description="tokens of an answer at most, its end included")
    chat: bool = Field(True, description="use the tokenizer's chat template where it has one")
    dtype: str = Field("float32", pattern="^(float32|bfloat16|float64)$", description="of weights")
