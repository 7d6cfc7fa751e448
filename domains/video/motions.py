"""Shapes that move, their captions and clips: pure functions.

    "red ball left fast", "blue box falls"

Clips are [24, 16, 16] in [-1, 1], red, green and blue of frame after frame, on black. A shape moves
evenly along a direction, or falls from rest at constant acceleration. Positions are between pixels,
so that edges are dark.
"""

import random
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

FRAMES, CHANNELS, SIDE = 8, 3, 16
COLOURS = ("red", "green", "blue")  # one channel each
RADIUS = 3.0  # pixels, of a ball; half the side of a box
SHAPES = ("ball", "box")
WAYS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}  # rows, columns
SPEEDS = {"slow": 0.5, "fast": 1.2}  # pixels a frame
FALLS = "falls"
GRAVITY = 0.32  # pixels a frame, each frame
FIRST, LAST = 3.0, 12.0  # where a middle may be: the whole shape is seen
OFFSETS = (0.0, 0.3, 0.6)  # pixels from the edge that a shape starts at
ACROSS = (5.0, 7.5, 10.0)  # where it lies across its way


@dataclass(frozen=True, order=True)
class Motion:
    """What a caption says; a shape that falls has no speed."""

    colour: str
    shape: str
    way: str
    speed: str = ""


EVEN = product(COLOURS, SHAPES, WAYS, SPEEDS)
MOTIONS = (
    *(Motion(*one) for one in EVEN),
    *(Motion(*one, FALLS) for one in product(COLOURS, SHAPES)),
)


# No training caption is of these; others join any two of their words.
HELD_OUT = frozenset(MOTIONS[2::5])


def caption(motion: Motion) -> str:
    """What a clip shows."""
    parts = (motion.colour, motion.shape, motion.way, motion.speed)
    return " ".join(part for part in parts if part)


BY_CAPTION = {caption(one): one for one in MOTIONS}


def read_caption(text: str) -> Motion:
    """The motion of a caption.

    Raises:
        ValueError: the text is none.
    """
    if text not in BY_CAPTION:
        raise ValueError(f"no caption of a clip: {text!r}")
    return BY_CAPTION[text]


def misdescribed(motion: Motion, draw: random.Random) -> Motion:
    """The motion with another colour, another shape, or of another way or speed."""
    other = draw.choice(MOTIONS)
    part = draw.choice(("colour", "shape", "way"))
    changed = (
        replace(motion, way=other.way, speed=other.speed)
        if part == "way"
        else replace(motion, **{part: getattr(other, part)})
    )
    return changed if changed != motion else misdescribed(motion, draw)


def track(motion: Motion, offset: float, across: float) -> Tensor:
    """Middles of the shape, [8, 2] as (row, column), in pixels."""
    times = torch.arange(FRAMES, dtype=torch.float32)
    if motion.way == FALLS:
        along, rows, columns = GRAVITY / 2.0 * times**2, 1, 0
    else:
        rows, columns = WAYS[motion.way]
        along = SPEEDS[motion.speed] * times
    start = FIRST + offset if rows + columns > 0 else LAST - offset
    moved = start + (rows + columns) * along
    still = torch.full_like(times, across)
    return torch.stack([moved, still] if rows else [still, moved], dim=1)


def drawn(motion: Motion, offset: float, across: float) -> Tensor:
    """The clip, [24, 16, 16]."""
    middles = track(motion, offset, across).view(FRAMES, 2, 1, 1)
    rows = (torch.arange(SIDE).view(1, -1, 1) - middles[:, 0]).abs()
    columns = (torch.arange(SIDE).view(1, 1, -1) - middles[:, 1]).abs()
    if motion.shape == "ball":
        inside = (RADIUS + 0.5 - (rows**2 + columns**2).sqrt()).clamp(0.0, 1.0)
    else:
        inside = (RADIUS + 0.5 - rows).clamp(0.0, 1.0) * (RADIUS + 0.5 - columns).clamp(0.0, 1.0)
    clip = torch.zeros(FRAMES, CHANNELS, SIDE, SIDE)
    clip[:, COLOURS.index(motion.colour)] = inside
    return 2.0 * clip.flatten(0, 1) - 1.0


def render(motion: Motion, draw: random.Random) -> Tensor:
    """A clip of the motion, [24, 16, 16]; ``draw`` says where it starts."""
    return drawn(motion, draw.choice(OFFSETS), draw.choice(ACROSS))


def every_clip() -> tuple[Tensor, tuple[Motion, ...]]:
    """Each way in which a motion can be drawn, [K, 24, 16, 16], and the motions."""
    ways = list(product(MOTIONS, OFFSETS, ACROSS))
    return torch.stack([drawn(*one) for one in ways]), tuple(one[0] for one in ways)
