"""Two detectors that read scenes off pictures and share no step.

``measured`` thresholds: where is it bright, what is the mean colour there, how much of its box does
it fill and how low. ``matched`` compares with every way in which an object can be drawn and takes
the nearest.

Shapes: B pictures [B, 3, 32, 32] in [-1, 1], Q = 4 quarters.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product

import torch
from torch import Tensor

from suite.domains.image.scenes import (
    COLOURS,
    PLACES,
    QUARTER,
    RADII,
    SHAPES,
    SHIFTS,
    Scene,
    described,
    quarters,
    shape_mask,
)

BRIGHT = 0.0  # a pixel whose brightest channel is above this belongs to an object
FEWEST = 20  # pixels of an object; the smallest triangle has more
FULL = 0.89  # a shape that fills more of its box is a square
TILT = 0.8  # rows; a triangle's mass lies lower than the middle of its box by more than this


def measured(pictures: Tensor) -> list[Scene]:
    """Scenes by thresholds."""
    tiles = quarters(pictures)
    bright = tiles.amax(dim=2) > BRIGHT
    return [
        described([_measured_tile(*pair) for pair in zip(*rows, strict=True)])
        for rows in zip(tiles, bright, strict=True)
    ]


def _measured_tile(tile: Tensor, bright: Tensor) -> tuple[str, str] | None:
    """One quarter [3, 16, 16] and its bright pixels [16, 16]."""
    if int(bright.sum()) < FEWEST:
        return None
    mean = tile[:, bright].mean(dim=1)
    palette = torch.tensor(list(COLOURS.values()))
    colour = list(COLOURS)[int(((palette - mean) ** 2).sum(dim=1).argmin())]
    # Rows and columns with a single bright pixel may be noise, and do not widen the box.
    rows = (bright.sum(dim=1) >= 2).nonzero().flatten()
    columns = (bright.sum(dim=0) >= 2).nonzero().flatten()
    if len(rows) == 0 or len(columns) == 0:
        return None
    if float(bright.sum()) > FULL * len(rows) * len(columns):
        return colour, "square"
    low = bright.nonzero()[:, 0].float().mean() - (rows[0] + rows[-1]) / 2.0
    return colour, "triangle" if float(low) > TILT else "circle"


@cache
def _templates() -> tuple[Tensor, tuple[tuple[str, str] | None, ...]]:
    """Every way to draw a quarter, [K, 3 * 16 * 16], and what each shows."""
    drawn, shown = [-torch.ones(3, QUARTER, QUARTER)], [None]
    found: list[tuple[str, str] | None] = list(shown)
    for colour, shape, radius, down, right in product(COLOURS, SHAPES, RADII, SHIFTS, SHIFTS):
        mask = shape_mask(shape, radius, (down, right))
        paint = torch.tensor(COLOURS[colour]).view(3, 1, 1)
        drawn.append(torch.where(mask, paint, -torch.ones(3, QUARTER, QUARTER)))
        found.append((colour, shape))
    return torch.stack(drawn).flatten(1), tuple(found)


def matched(pictures: Tensor) -> list[Scene]:
    """Scenes by the nearest template of each quarter, in squared distance."""
    templates, shown = _templates()
    tiles = quarters(pictures.detach().float()).flatten(2)
    nearest = torch.cdist(tiles, templates.to(tiles).unsqueeze(0)).argmin(dim=-1)
    return [described([shown[k] for k in row]) for row in nearest.tolist()]


def nearest_right(pictures: Tensor, scenes: Sequence[Scene]) -> Tensor:
    """Squared distance of each quarter to the nearest drawing of what it should show, [B, 4].

    It has a gradient: 2 (x - t) towards that drawing t.
    """
    templates, shown = _templates()
    known, tiles = templates.to(pictures), quarters(pictures).flatten(2)
    right = torch.tensor([_fitting(scene, shown) for scene in scenes], device=pictures.device)
    with torch.no_grad():
        squared = torch.cdist(tiles, known.unsqueeze(0)).masked_fill(~right, torch.inf)
        nearest = squared.argmin(dim=-1)
    return ((tiles - known[nearest]) ** 2).sum(dim=-1)


def _fitting(scene: Scene, shown: Sequence[tuple[str, str] | None]) -> list[list[bool]]:
    """Which templates fit each quarter of a scene, 4 rows of K."""
    asked = {one.place: (one.colour, one.shape) for one in scene}
    return [[one == asked.get(place) for one in shown] for place in PLACES]


DETECTORS = {"measured": measured, "matched": matched}
