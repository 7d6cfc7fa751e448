"""Scenes of one to three objects, their captions and pictures: pure functions.

    "red circle top-left and blue square bottom-right"

Pictures are [3, 32, 32] in [-1, 1] on black; each object stands in a quarter of its own, a little
off its middle.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

SIDE, QUARTER = 32, 16
COLOURS = {
    "red": (1.0, -1.0, -1.0),
    "green": (-1.0, 1.0, -1.0),
    "blue": (-1.0, -1.0, 1.0),
    "yellow": (1.0, 1.0, -1.0),
}
SHAPES = ("circle", "square", "triangle")
PLACES = {"top-left": (0, 0), "top-right": (0, 1), "bottom-left": (1, 0), "bottom-right": (1, 1)}
HELD_OUT_PAIRS = frozenset({("red", "square"), ("green", "triangle"), ("blue", "circle")})
RADII = (5, 6)
SHIFTS = (-1, 0, 1)
MOST_OBJECTS = 3
VOCABULARIES: tuple[Collection[str], ...] = (COLOURS, SHAPES, PLACES)  # of a caption's words


@dataclass(frozen=True, order=True)
class Thing:
    """An object: what the caption says of it."""

    place: str
    colour: str
    shape: str


Scene = tuple[Thing, ...]


def caption(scene: Scene) -> str:
    """What a scene shows, place by place."""
    return " and ".join(f"{one.colour} {one.shape} {one.place}" for one in scene)


def read_caption(text: str) -> Scene:
    """The scene of a caption.

    Raises:
        ValueError: the text is none.
    """
    things = []
    for part in text.split(" and "):
        words = part.split(" ")
        known = zip(words, VOCABULARIES, strict=False)
        if len(words) != 3 or not all(word in names for word, names in known):
            raise ValueError(f"no caption: {text!r}")
        colour, shape, place = words
        things.append(Thing(place, colour, shape))
    return tuple(sorted(things))


def has_held_out_pair(scene: Scene) -> bool:
    """Whether an object has a colour and shape that training captions never join."""
    return any((one.colour, one.shape) in HELD_OUT_PAIRS for one in scene)


def draw_scene(draw: random.Random, *, most: int = MOST_OBJECTS) -> Scene:
    """One to ``most`` objects in different places."""
    places = draw.sample(list(PLACES), draw.randint(1, most))
    things = [Thing(one, draw.choice(list(COLOURS)), draw.choice(SHAPES)) for one in places]
    return tuple(sorted(things))


def misdescribed(scene: Scene, draw: random.Random) -> Scene:
    """The scene with one object of another colour, shape or place."""
    while True:
        at = draw.randrange(len(scene))
        other = draw_scene(draw, most=1)[0]
        part = draw.choice(("colour", "shape", "place"))
        changed = replace(scene[at], **{part: getattr(other, part)})
        found = tuple(sorted([*scene[:at], changed, *scene[at + 1 :]]))
        if found != scene and len({one.place for one in found}) == len(found):
            return found


def shape_mask(shape: str, radius: int, shift: tuple[int, int]) -> Tensor:
    """Which pixels of a quarter the shape covers, [16, 16] bool; ``shift`` is (down, right)."""
    rows = torch.arange(QUARTER).view(-1, 1) - (QUARTER / 2 - 0.5) - shift[0]
    columns = torch.arange(QUARTER).view(1, -1) - (QUARTER / 2 - 0.5) - shift[1]
    if shape == "circle":
        return rows**2 + columns**2 <= radius**2
    inside = (rows.abs() <= radius - 0.5) & (columns.abs() <= radius - 0.5)
    if shape == "square":
        return inside
    return inside & (columns.abs() <= (rows + radius) / 2)


def render(scene: Scene, draw: random.Random) -> Tensor:
    """A picture of the scene, [3, 32, 32]; ``draw`` says sizes and where in its quarter."""
    picture = -torch.ones(3, SIDE, SIDE)
    for one in scene:
        shift = (draw.choice(SHIFTS), draw.choice(SHIFTS))
        mask = shape_mask(one.shape, draw.choice(RADII), shift)
        row, column = (QUARTER * place for place in PLACES[one.place])
        quarter = picture[:, row : row + QUARTER, column : column + QUARTER]
        colour = torch.tensor(COLOURS[one.colour]).view(3, 1, 1)
        quarter.copy_(torch.where(mask, colour, quarter))
    return picture


def quarters(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, 32, 32] as [B, 4, 3, 16, 16], in the order of PLACES."""
    tiles = [
        pictures[:, :, row * QUARTER : (row + 1) * QUARTER, at * QUARTER : (at + 1) * QUARTER]
        for row, at in PLACES.values()
    ]
    return torch.stack(tiles, dim=1)


def described(found: Sequence[tuple[str, str] | None]) -> Scene:
    """A scene from (colour, shape) or None of each place, in the order of PLACES."""
    pairs = zip(PLACES, found, strict=True)
    return tuple(sorted(Thing(place, *one) for place, one in pairs if one is not None))
