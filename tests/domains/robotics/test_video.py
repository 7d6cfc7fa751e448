"""Videos: drawn from what was observed, refused or left out where they cannot be."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import torch
from PIL import Image

from suite.core.api import run as run_suite
from suite.core.errors import SuiteError
from suite.core.registry import make_environment
from suite.domains.robotics import filming, video
from suite.domains.robotics.video import cart, cheetah, pendulum, write_gif

SMALL = {
    "environment.video": "auto",
    "train.num_steps": 1,
    "train.eval_samples": 4,
    "controls.enabled": False,
}


def test_a_pole_that_leans_right_is_drawn_to_the_right() -> None:
    _, _, (foot, _, top, _) = cart([0.0, 0.0, 0.2, 0.0])
    assert top > foot


def test_an_upright_pendulum_points_up_and_a_hanging_one_down() -> None:
    assert pendulum([1.0, 0.0, 0.0])[1][3] < 100
    assert pendulum([-1.0, 0.0, 0.0])[1][3] > 100


def test_a_cheetah_stands_on_two_legs_of_three_parts() -> None:
    lines = cheetah([0.0] * 17)
    assert len(lines) == 2 + 6
    assert all(line[3] > line[1] for line in lines[2:])


def test_a_gif_has_a_frame_a_turn(tmp_path: Path) -> None:
    seen = torch.zeros(7, 4)
    seen[:, 2] = torch.linspace(-1, 1, 7)
    with Image.open(write_gif(tmp_path / "a.gif", "CartPole-v1", seen)) as image:
        assert image.n_frames == 7


def test_a_run_films_its_policy_before_and_after(tmp_path: Path) -> None:
    run_suite(task="robotics/micro", out=tmp_path / "run", settings=SMALL)
    for name in ("before", "after"):
        with Image.open(tmp_path / "run" / "videos" / f"{name}.gif") as image:
            assert image.size == (200, 200)


def without_pillow(name: str) -> Any:
    return None


def test_a_run_without_pillow_goes_on_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video.importlib.util, "find_spec", without_pillow)
    outcome = run_suite(task="robotics/micro", out=tmp_path / "run", settings=SMALL)
    assert outcome.info["status"] == "finished"
    told = (tmp_path / "run" / "videos" / "log.txt").read_text()
    assert "no video: a video of episodes needs the package 'pillow'" in told


def test_a_video_that_is_required_and_cannot_be_drawn_stops_the_run_at_once() -> None:
    settings = {"id": "Acrobot-v1", "max_steps": 5, "video": "required"}
    with pytest.raises(SuiteError, match="nothing tells how 'Acrobot-v1' looks"):
        make_environment("robotics/gym", settings)
    with pytest.raises(SuiteError, match="no way to make videos named 'always'"):
        make_environment("robotics/gym", {**settings, "video": "always"})


def test_a_required_video_without_pillow_stops_the_run_at_once_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video.importlib.util, "find_spec", without_pillow)
    settings = {**SMALL, "environment.video": "required"}
    with pytest.raises(SuiteError) as raised:
        run_suite(task="robotics/micro", out=tmp_path / "run", settings=settings)
    assert str(raised.value) == (
        "a video of episodes needs the package 'pillow', which is not installed.\n"
        "Run `pip install 'reward-suite[robotics]'`."
    )
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_a_video_that_cannot_be_written_costs_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(filming, "write_gif", full)
    outcome = run_suite(task="robotics/micro", out=tmp_path / "run", settings=SMALL)
    assert outcome.info["status"] == "finished"
    told = (tmp_path / "run" / "videos" / "log.txt").read_text()
    assert told == "no video: [Errno 28] No space left on device\n"


FILM = """
import sys
from pathlib import Path

sys.modules["imageio_ffmpeg"] = None
from suite.core.registry import make_environment
from suite.domains.robotics.video import write_gif

settings = {"id": "HalfCheetah-v5", "max_steps": 5, "video": "required"}
made = make_environment("robotics/gym", settings)
write_gif(Path(sys.argv[1]), made.id, made.reset([0, 1, 2]))
"""


def test_mujocos_renderer_and_ffmpeg_are_not_needed(tmp_path: Path) -> None:
    """Episodes are drawn from what was observed: no display, no OpenGL, no ffmpeg."""
    surroundings = {**os.environ, "MUJOCO_GL": "disabled", "PATH": str(tmp_path), "DISPLAY": ""}
    command = [sys.executable, "-c", FILM, str(tmp_path / "a.gif")]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3


def test_a_simulator_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(id: str, **_: Any) -> Any:
        raise gymnasium.error.DependencyNotInstalled("MuJoCo is not installed.")

    monkeypatch.setattr(gymnasium, "make", missing)
    with pytest.raises(SuiteError) as raised:
        make_environment("robotics/gym", {"id": "HalfCheetah-v5", "max_steps": 5})
    assert str(raised.value) == (
        "the environment 'HalfCheetah-v5' needs a package that is not installed: MuJoCo is not "
        "installed.\nRun `pip install 'reward-suite[robotics]'`."
    )
