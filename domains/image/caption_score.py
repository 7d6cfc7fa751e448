"""How well a picture and its caption agree, as two learned towers see it: CLIP's score."""

from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.contrastive import Towers, encoded, fit
from suite.domains.image.learned import trained
from suite.domains.image.scenes import SIDE, Scene, read_caption

NAME = "image/caption_score"
CODE = ("contrastive.py", "scenes.py")


class CaptionScore(Reward):
    """Cosine of the picture's and the caption's place on the towers' sphere; with a gradient.

    The towers are trained on rendered scenes when a score is first asked for, and kept in the
    cache. It is a learned score, and a policy can find pictures that it overrates: keep a detector
    to hold out.

    Args:
        seed: of the towers' weights and their training; towers of another seed are another judge.
        num_steps: of that training.
    """

    unit = "cosine"
    bounds = (-1.0, 1.0)
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, seed: int = 0, num_steps: int = 400) -> None:
        if num_steps < 1:
            raise SuiteError(f"{NAME}: 'num_steps' must be at least 1, got {num_steps}.")
        self.seed, self.num_steps = seed, num_steps

    @cached_property
    def towers(self) -> Towers:
        """The trained towers, frozen."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            fresh = Towers()
        made = trained(
            NAME,
            fresh,
            lambda towers: fit(towers, num_steps=self.num_steps, seed=self.seed),
            settings={"seed": self.seed, "num_steps": self.num_steps},
            code=CODE,
        )
        assert isinstance(made, Towers)
        return made

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score pictures [B, 3, 32, 32] against the prompts of their rows.

        Raises:
            SuiteError: there are no pictures of that size, or prompts that are no captions.
        """
        pictures = checked_pictures(samples, NAME)
        words = encoded(asked_scenes(context, NAME)).to(pictures)
        # Weights go to the pictures' precision and device: float32 to float64 and back is exact.
        towers = self.towers.to(pictures)
        near = towers.pictures(pictures) * towers.captions(words)
        return Scores.all_valid(near.sum(dim=1).clamp(-1.0, 1.0))


def checked_pictures(samples: Samples, name: str) -> Tensor:
    """The pictures of samples, [B, 3, 32, 32], in single precision at least.

    Raises:
        SuiteError: there are none, or they have another size.
    """
    if samples.values is None:
        raise SuiteError(f"{name} reads pictures, and got none.")
    if tuple(samples.values.shape[1:]) != (3, SIDE, SIDE):
        raise SuiteError(
            f"{name} knows pictures of [3, {SIDE}, {SIDE}], and these are "
            f"{list(samples.values.shape[1:])}.\nUse it with the task image/scenes."
        )
    # Towers take the pictures' precision: their weights would not survive a lower one than theirs.
    return samples.values.to(torch.promote_types(samples.values.dtype, torch.float32))


def asked_scenes(context: Context, name: str) -> list[Scene]:
    """What each row's caption says.

    Raises:
        SuiteError: there are no captions, or a prompt is none.
    """
    if context.native is None:
        raise SuiteError(f"{name} reads captions, and got none.")
    try:
        return [read_caption(str(row["prompt"])) for row in context.native]
    except ValueError as error:
        raise SuiteError(
            f"{name}: {error}.\nIt knows captions of scenes, such as 'red circle top-left'."
        ) from error
