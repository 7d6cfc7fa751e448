"""Two detectors that read motions off clips and share no step.

``measured`` follows the middle of what is bright and fits a parabola to its track. ``matched``
compares with every way in which a clip can be drawn and takes the nearest.

Shapes: B clips [B, 24, 16, 16] in [-1, 1], three channels a frame.
"""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from suite.domains.video.motions import (
    CHANNELS,
    COLOURS,
    FALLS,
    FRAMES,
    GRAVITY,
    SIDE,
    SPEEDS,
    WAYS,
    Motion,
    every_clip,
)

DIM = 0.4  # a pixel below this share of white is background
LEAST, MOST = 18.0, 52.0  # white pixels of a frame: less is no object, more are two
BOX = 31.0  # white pixels on average; a ball has fewer
SLOWEST = 0.25  # pixels a frame; less is standing still
FARTHEST = 500.0  # squared distance; noise of deviation .25 is nearer, a missing object is not


def light(clips: Tensor) -> Tensor:
    """How bright each channel is, [B, 8, 3, 16, 16] in [0, 1]."""
    shares: Tensor = (clips.clamp(-1.0, 1.0) + 1.0) / 2.0
    return shares.reshape(-1, FRAMES, CHANNELS, SIDE, SIDE)


def middles(white: Tensor) -> tuple[Tensor, Tensor]:
    """Middles of ``white`` [B, 8, 16, 16] as (row, column) in pixels [B, 8, 2]; its sums [B, 8]."""
    mass = white.sum(dim=(2, 3))
    places = torch.arange(SIDE, device=white.device, dtype=white.dtype)
    row = (white.sum(dim=3) * places).sum(dim=2) / mass.clamp_min(1.0)
    column = (white.sum(dim=2) * places).sum(dim=2) / mass.clamp_min(1.0)
    return torch.stack([row, column], dim=2), mass


def measured(clips: Tensor) -> list[Motion | None]:
    """Motions by tracks; None where a frame has no object or more than one."""
    bright = light(clips.detach().float())
    bright = torch.where(bright > DIM, bright, torch.zeros_like(bright))
    colours = [COLOURS[k] for k in bright.sum(dim=(1, 3, 4)).argmax(dim=1).tolist()]
    where, mass = middles(bright.amax(dim=2))
    times = torch.arange(FRAMES, dtype=where.dtype, device=where.device)
    basis = torch.stack([torch.ones_like(times), times, times**2], dim=1)
    fitted = torch.linalg.pinv(basis) @ where  # [B, 3, 2]
    bent = 2.0 * fitted[:, 2, 0] > GRAVITY / 2.0  # acceleration of rows
    mean = (where[:, -1] - where[:, 0]) / (FRAMES - 1)
    whole = ((mass > LEAST) & (mass < MOST)).all(dim=1)
    shapes = ["box" if one > BOX else "ball" for one in mass.mean(dim=1).tolist()]
    seen = zip(colours, shapes, strict=True)
    rows = zip(seen, whole.tolist(), bent.tolist(), mean.tolist(), strict=True)
    return [_motion(*row) for row in rows]


def _motion(seen: tuple[str, str], whole: bool, bent: bool, mean: Sequence[float]) -> Motion | None:
    """``seen``: colour and shape; ``mean`` velocity in rows and columns a frame."""
    if not whole:
        return None
    if bent:
        return Motion(*seen, FALLS)
    pace, way = max((mean[0] * down + mean[1] * right, way) for way, (down, right) in WAYS.items())
    if pace < SLOWEST:
        return None
    return Motion(*seen, way, min(SPEEDS, key=lambda name: abs(SPEEDS[name] - pace)))


@cache
def _templates() -> tuple[Tensor, tuple[Motion, ...]]:
    clips, motions = every_clip()
    return clips.flatten(1), motions


def matched(clips: Tensor) -> list[Motion | None]:
    """Motions by the nearest drawn clip in squared distance; None where none is near."""
    templates, motions = _templates()
    flat = clips.detach().float().flatten(1)
    distance, nearest = torch.cdist(flat, templates.to(flat)).min(dim=1)
    near = (distance**2 < FARTHEST).tolist()
    return [motions[k] if there else None for k, there in zip(nearest.tolist(), near, strict=True)]


def nearest_right(clips: Tensor, asked: Sequence[Motion]) -> Tensor:
    """Squared distance of each clip to the nearest drawing of its motion, [B].

    It has a gradient: 2 (x - t) towards that drawing t.
    """
    templates, shown = _templates()
    known, flat = templates.to(clips), clips.flatten(1)
    right = torch.tensor([[one == motion for one in shown] for motion in asked])
    with torch.no_grad():
        distance = torch.cdist(flat, known).masked_fill(~right.to(flat.device), torch.inf)
        nearest = distance.argmin(dim=1)
    return ((flat - known[nearest]) ** 2).sum(dim=1)


DETECTORS = {"measured": measured, "matched": matched}
