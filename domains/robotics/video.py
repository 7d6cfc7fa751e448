"""Videos of episodes as gif, drawn by Pillow from what was observed: no renderer is needed.

Shapes: S turns, O observation size.
"""

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from suite.core.errors import SuiteError, missing_extra

SIZE = 200  # pixels
MAX_FRAMES = 100
Line = tuple[float, float, float, float]  # x and y of both ends, in pixels

# Thigh, shin and foot of HalfCheetah: half lengths of MuJoCo's half_cheetah.xml, in m.
LEGS = ((-0.5, (0.145, 0.15, 0.094)), (0.5, (0.133, 0.106, 0.07)))


def cart(seen: Any) -> list[Line]:
    """A cart at x (the track is 4.8 m) and its pole."""
    x, angle = SIZE / 2 + float(seen[0]) * SIZE / 4.8, float(seen[2])
    top = x + 80 * math.sin(angle), 150 - 80 * math.cos(angle)
    return [(0, 160, SIZE, 160), (x - 20, 150, x + 20, 150), (x, 150, *top)]


def pendulum(seen: Any) -> list[Line]:
    """A rod; upright is up."""
    middle = SIZE / 2
    end = middle - 70 * float(seen[1]), middle - 70 * float(seen[0])
    return [(middle - 4, middle, middle + 4, middle), (middle, middle, *end)]


def cheetah(seen: Any) -> list[Line]:
    """Torso and two legs from height, pitch and joint angles; the way covered is not shown."""
    scale, x, y = 70.0, SIZE / 2, 120.0 - 70.0 * float(seen[0])
    pitch = float(seen[1])
    across, down = math.cos(pitch) * scale, -math.sin(pitch) * scale
    lines = [(x - across / 2, y + down / 2, x + across / 2, y - down / 2), (0, 170, SIZE, 170)]
    for leg, (side, lengths) in enumerate(LEGS):
        start, angle = (x + side * across, y - side * down), math.pi / 2 - pitch
        for joint, length in enumerate(lengths):
            angle -= float(seen[2 + 3 * leg + joint])
            reach = 2 * length * scale
            end = start[0] + reach * math.cos(angle), start[1] + reach * math.sin(angle)
            lines.append((*start, *end))
            start = end
    return lines


DRAWN: dict[str, Callable[[Any], list[Line]]] = {
    "CartPole-v1": cart,
    "Pendulum-v1": pendulum,
    "HalfCheetah-v5": cheetah,
}


def check_drawn(id: str) -> None:
    """Refuse what cannot be drawn here.

    Raises:
        SuiteError: Pillow is not installed, or nothing is known of how the environment looks.
    """
    if importlib.util.find_spec("PIL") is None:
        raise missing_extra("pillow", "robotics", needed_by="a video of episodes")
    if id not in DRAWN:
        raise SuiteError(
            f"nothing tells how '{id}' looks.\nVideos are drawn for: {', '.join(sorted(DRAWN))}. "
            "Set environment.video = 'off' for others."
        )


def write_gif(path: Path, id: str, observations: Tensor) -> Path:
    """Write one episode's observations [S, O] as an animation of at most MAX_FRAMES frames.

    Raises:
        SuiteError: it cannot be drawn here, or the episode has no turn.
    """
    check_drawn(id)
    if len(observations) == 0:
        raise SuiteError("an episode without turns has no video.\nSample another one.")
    from PIL import Image, ImageDraw

    frames = []
    every = max(1, -(-len(observations) // MAX_FRAMES))
    for seen in np.asarray(observations)[::every]:
        image = Image.new("P", (SIZE, SIZE), 0)
        image.putpalette([255, 255, 255, 30, 60, 120])
        pen = ImageDraw.Draw(image)
        for line in DRAWN[id](seen):
            pen.line(line, fill=1, width=4)
        frames.append(image)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40 * every, loop=0)
    return path
