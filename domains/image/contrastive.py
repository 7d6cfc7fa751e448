"""A picture tower and a caption tower, trained to agree: CLIP of rendered scenes.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
arXiv:2103.00020, figure 3: both towers end on the unit sphere, and a symmetric cross-entropy over
the pairs of a batch pulls each picture to its own caption, with a learned temperature. Three
departures: captions are read by phrases ("red circle top-left") whose order says nothing, pictures
are blurred by noise so that scores hold for samples that keep some, and each picture also meets a
caption that is wrong in one word (Yuksekgonul et al., "When and why vision-language models behave
like bags-of-words", arXiv:2210.01936).

Shapes: B pictures [B, 3, 32, 32] in [-1, 1], P phrases a caption, W words, E = 64 numbers.
"""

import math
import random
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu, normalize

from suite.core.seeded import HELD_OUT_EVERY
from suite.domains.image.scenes import (
    COLOURS,
    MOST_OBJECTS,
    PLACES,
    SHAPES,
    Scene,
    caption,
    draw_scene,
    misdescribed,
    render,
)

SIZE = 64
WORDS = {word: i for i, word in enumerate((*COLOURS, *SHAPES, *PLACES))}
COLDEST = math.log(100.0)  # the paper's limit of the scale, so that training stays stable
NUM_PICTURES = 4096  # rendered once; noise is drawn anew each time
BATCH = 128
MOST_NOISE = 0.3  # standard deviation, drawn evenly a picture
LEARNING_RATE = 3e-3


class Towers(nn.Module):
    """Two encoders of one sphere, and the logarithm of their scale (1 over the temperature)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((3, 24), (24, 48), (48, 64))
        )
        self.picture_out = nn.Linear(64 * 4 * 4, SIZE)
        self.phrase = nn.Sequential(
            nn.Linear(len(WORDS), 128), nn.GELU(), nn.Linear(128, 128), nn.GELU()
        )
        self.caption_out = nn.Linear(128, SIZE)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1.0 / 0.07)))

    def pictures(self, pictures: Tensor) -> Tensor:
        """Points of the sphere, [B, E]."""
        value = pictures
        for layer in self.convolutions:
            value = gelu(layer(value))
        return normalize(self.picture_out(value.flatten(1)), dim=1)

    def captions(self, words: Tensor) -> Tensor:
        """Points of the sphere, [B, E], of words [B, P, W]; an empty phrase adds nothing."""
        there = words.amax(dim=2, keepdim=True)
        return normalize(self.caption_out((self.phrase(words) * there).sum(dim=1)), dim=1)


def encoded(scenes: Sequence[Scene]) -> Tensor:
    """The words of each phrase, one-hot, [B, P, W]."""
    words = torch.zeros(len(scenes), MOST_OBJECTS, len(WORDS))
    for row, scene in enumerate(scenes):
        for at, one in enumerate(scene):
            for word in (one.colour, one.shape, one.place):
                words[row, at, WORDS[word]] = 1.0
    return words


def held_out(scene: Scene) -> bool:
    """Whether a scene is kept from training: one in five, by a hash of its caption."""
    digest = blake2b(f"caption score {caption(scene)}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0


def scenes_of(draw: random.Random, count: int, *, apart: bool) -> list[Scene]:
    """Scenes that training sees, or those that are kept ``apart`` from it."""
    found: list[Scene] = []
    while len(found) < count:
        scene = draw_scene(draw)
        if held_out(scene) == apart:
            found.append(scene)
    return found


def contrastive_loss(pictures: Tensor, captions: Tensor, wrong: Tensor, scale: Tensor) -> Tensor:
    """Symmetric cross-entropy over a batch's pairs (InfoNCE both ways), a mean in nats.

    Args:
        pictures: of unit length, [B, E].
        captions: row i belongs to picture i, [B, E]; other rows with an equal caption count as
            wrong ones, as in the paper.
        wrong: a further wrong caption of each picture, [B, E], which no other picture meets.
        scale: of cosines, positive, none.

    Raises:
        ValueError: the shapes differ.
    """
    shapes = [tuple(one.shape) for one in (pictures, captions, wrong)]
    if len(set(shapes)) > 1:
        raise ValueError(f"contrastive_loss needs three tensors of one shape [B, E], got {shapes}")
    near = scale * pictures @ captions.T
    far = scale * (pictures * wrong).sum(dim=1, keepdim=True)
    own = torch.arange(len(pictures), device=pictures.device)
    of_captions = cross_entropy(torch.cat([near, far], dim=1), own)
    return (of_captions + cross_entropy(near.T, own)) / 2.0


def fit(towers: nn.Module, *, num_steps: int, seed: int) -> Mapping[str, float]:
    """Adam with a falling step on rendered scenes; the towers are changed in place."""
    assert isinstance(towers, Towers)
    started = time.monotonic()
    draw, generator = random.Random(f"caption score {seed}"), torch.Generator().manual_seed(seed)
    scenes = scenes_of(draw, NUM_PICTURES, apart=False)
    pictures = torch.stack([render(one, draw) for one in scenes])
    right = encoded(scenes)
    optimizer = torch.optim.AdamW(towers.parameters(), lr=LEARNING_RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, total_steps=num_steps
    )
    loss = torch.tensor(math.nan)
    for _ in range(num_steps):
        rows = torch.randint(NUM_PICTURES, (BATCH,), generator=generator)
        spread = MOST_NOISE * torch.rand(BATCH, 1, 1, 1, generator=generator)
        noise = spread * torch.randn(BATCH, *pictures.shape[1:], generator=generator)
        wrong = encoded([misdescribed(scenes[row], draw) for row in rows.tolist()])
        loss = contrastive_loss(
            towers.pictures(pictures[rows] + noise),
            towers.captions(right[rows]),
            towers.captions(wrong),
            towers.log_scale.clamp(max=COLDEST).exp(),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return {"loss": float(loss.detach()), "seconds": round(time.monotonic() - started, 1)}
