"""The settings of a discrete-diffusion policy, as typed after ``--policy`` or in a task."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Letters = tuple[int, ...]


class DiffusionConfig(BaseModel):
    """Every key of a discrete-diffusion policy. Positions and letters are counted from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: int = Field(ge=1, description="letters a sample; the most, where contexts bring a mask")
    letters: int = Field(20, ge=2, le=30_000, description="size of the alphabet, without the mask")
    num_steps: int | None = Field(
        None, ge=1, description="sampling steps; default 32, or length with decoding = one_position"
    )
    decoding: Literal["unmasking", "one_position"] = Field(
        "unmasking", description="reveal each masked position by a coin, or one position a step"
    )
    temperature: float = Field(1.0, gt=0, description="divides the logits, inside the law")

    network: Literal["cnn", "transformer", "backbone"] = Field("cnn", description="what denoises")
    width: int = Field(64, ge=4, description="hidden units a position")
    layers: int = Field(4, ge=1, description="layers that read the letters")
    heads: int = Field(8, ge=1, description="attention heads, or edge filters of backbone")
    kernel: int = Field(9, ge=1, description="positions a convolution reads (cnn)")
    edge_width: int = Field(32, ge=4, description="hidden units a pair of neighbours (backbone)")
    encoder_layers: int = Field(2, ge=0, description="layers that read the backbone (backbone)")
    num_neighbours: int = Field(16, ge=1, description="neighbours a residue (backbone)")
    time_conditioning: bool = Field(False, description="tell the network the noise level")

    num_classes: int = Field(0, ge=0, description="classes that contexts may ask for; 0 is none")
    guidance: float = Field(0.0, ge=0, description="w of (1 + w) log p(.|class) - w log p(.)")
    label_dropout: float = Field(0.0, ge=0, lt=1, description="share of labels hidden in training")

    fixed: dict[int, int] = Field({}, description="position -> the letter that stays there")
    allowed: dict[int, Letters] = Field({}, description="position -> letters that may stand there")
    forbidden: tuple[Letters, ...] = Field((), description="motifs that no sample may contain")
    seed: int = Field(0, ge=0, description="of the initial weights")

    @property
    def steps(self) -> int:
        """T, with the default filled in."""
        default = self.length if self.decoding == "one_position" else 32
        return self.num_steps or default

    @model_validator(mode="after")
    def _fits(self) -> "DiffusionConfig":
        if self.decoding == "one_position" and self.steps != self.length:
            raise ValueError(f"one_position takes {self.length} steps; leave num_steps out")
        if self.network != "cnn" and self.width % self.heads:
            raise ValueError(f"width {self.width} must be a multiple of heads {self.heads}")
        if self.network == "transformer" and (self.width // self.heads) % 2:
            raise ValueError("width / heads must be even: rotary positions turn pairs of numbers")
        if self.network == "cnn" and self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that it has a middle, got {self.kernel}")
        if (self.guidance or self.label_dropout) and not self.num_classes:
            raise ValueError("guidance and label_dropout need num_classes of at least 1")
        self._check_constraints()
        return self

    def _check_constraints(self) -> None:
        """Positions and letters exist, and motifs meet a law that can honour them exactly."""
        positions = [*self.fixed, *self.allowed]
        used = [*self.fixed.values()]
        used += [letter for row in (*self.allowed.values(), *self.forbidden) for letter in row]
        if any(not 0 <= position < self.length for position in positions):
            raise ValueError(f"fixed and allowed take positions 0 to {self.length - 1}")
        if any(not 0 <= letter < self.letters for letter in used):
            raise ValueError(f"fixed, allowed and forbidden take letters 0 to {self.letters - 1}")
        for position, letter in self.fixed.items():
            if letter not in self.allowed.get(position, (letter,)):
                raise ValueError(f"the letter fixed at position {position} is not allowed there")
        if self.forbidden and self.decoding != "one_position":
            raise ValueError(
                "forbidden motifs need decoding = 'one_position': a step that reveals several "
                "positions at once cannot exclude a motif and keep its factorised law"
            )
        if any(len(motif) == 0 for motif in self.forbidden):
            raise ValueError("a forbidden motif has at least one letter")
