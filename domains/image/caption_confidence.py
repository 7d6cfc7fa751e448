"""How sure learned towers are of the caption that was asked for, among captions like it: TextNorm.

Kim et al., "Confidence-aware Reward Optimization for Fine-tuning Text-to-Image Models",
arXiv:2404.01863: a score of picture and prompt is replaced by its share in a softmax over the
prompt and contrastive ones, averaged over an ensemble. What raises the scores of all prompts alike
then pays nothing, which is where tuning on the raw score goes astray. The contrastive captions are
made by rule, as the paper's are for simple prompts: all those that differ in one word.

Shapes: B pictures [B, 3, 32, 32] in [-1, 1], K captions a row, E numbers of a place.
"""

from dataclasses import replace
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.caption_score import CaptionScore, asked_scenes, checked_pictures
from suite.domains.image.contrastive import COLDEST, Towers, encoded
from suite.domains.image.scenes import COLOURS, PLACES, SHAPES, Scene, Thing

NAME = "image/caption_confidence"
MOST_CAPTIONS = 19  # a scene of three objects, and 18 that differ from it in one word


@cache
def contrasts(scene: Scene) -> tuple[Scene, ...]:
    """Every scene whose caption differs in one word: another colour, shape or free place."""
    taken = {one.place for one in scene}
    found = []
    for at, one in enumerate(scene):
        others: list[Thing] = [
            *(replace(one, colour=colour) for colour in COLOURS if colour != one.colour),
            *(replace(one, shape=shape) for shape in SHAPES if shape != one.shape),
            *(replace(one, place=place) for place in PLACES if place not in taken),
        ]
        found += [tuple(sorted([*scene[:at], other, *scene[at + 1 :]])) for other in others]
    return tuple(found)


def confidence(scores: Tensor, there: Tensor, scale: Tensor | float) -> Tensor:
    """The share of the first score in a softmax of ``scale`` times scores, [B].

    TextNorm of one member; ``scale`` is 1 over the paper's temperature.

    Args:
        scores: of the caption that was asked for, then of contrastive ones, [B, K].
        there: which columns count, [B, K] bool; the first always does.
        scale: positive, none.
    """
    return torch.softmax((scale * scores).masked_fill(~there, -torch.inf), dim=1)[:, 0]


class CaptionConfidence(Reward):
    """The asked caption's share among those that differ from it in one word, mean over members.

    Args:
        num_members: towers of different seeds, each trained when a score is first asked for.
        scale: of cosines in the softmax; that which a tower learned if unset.
        num_steps: of the towers' training.
    """

    unit = "share"
    bounds = (0.0, 1.0)
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(
        self, *, num_members: int = 2, scale: float | None = None, num_steps: int = 400
    ) -> None:
        if num_members < 1:
            raise SuiteError(f"{NAME}: 'num_members' must be at least 1, got {num_members}.")
        if scale is not None and scale <= 0:
            raise SuiteError(f"{NAME}: 'scale' must be positive, got {scale}.")
        self.scale = scale
        self.members = [CaptionScore(seed=k, num_steps=num_steps) for k in range(num_members)]

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score pictures [B, 3, 32, 32] against the prompts of their rows.

        Raises:
            SuiteError: there are no pictures of that size, or prompts that are no captions.
        """
        pictures, scenes = checked_pictures(samples, NAME), asked_scenes(context, NAME)
        words, there = _choices(scenes)
        words, there = words.to(pictures), there.to(pictures.device)
        shares = [
            self._share(one.towers.to(pictures), pictures, words, there) for one in self.members
        ]
        return Scores.all_valid(torch.stack(shares).mean(dim=0))

    def _share(self, towers: Towers, pictures: Tensor, words: Tensor, there: Tensor) -> Tensor:
        places = towers.captions(words.flatten(0, 1)).unflatten(0, words.shape[:2])  # [B, K, E]
        scores = torch.einsum("be,bke->bk", towers.pictures(pictures), places)
        learned = towers.log_scale.clamp(max=COLDEST).exp()
        return confidence(scores, there, learned if self.scale is None else self.scale)


def _choices(scenes: list[Scene]) -> tuple[Tensor, Tensor]:
    """The words of each row's captions [B, K, P, W], its own first, and which are there [B, K]."""
    rows = [(scene, *contrasts(scene)) for scene in scenes]
    counts = torch.tensor([len(row) for row in rows], dtype=torch.long)
    there = torch.arange(MOST_CAPTIONS) < counts.unsqueeze(1)
    padded = [row[min(k, len(row) - 1)] for row in rows for k in range(MOST_CAPTIONS)]
    return encoded(padded).unflatten(0, (len(rows), MOST_CAPTIONS)), there
