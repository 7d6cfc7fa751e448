"""Without Pillow or ffmpeg: one clear line with the next step, and no run is lost."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from suite.core.api import run as run_suite
from suite.core.errors import SuiteError
from suite.domains.video import codec
from suite.domains.video.codec import ClipCodec, gif, write_clip
from suite.domains.video.motions import MOTIONS, drawn

SHORT: dict[str, Any] = {
    "base.num_steps": 1,
    "train.num_steps": 1,
    "train.num_contexts": 2,
    "train.eval_samples": 4,
    "controls.enabled": False,
}
CLIP = drawn(MOTIONS[0], 0.0, 7.5)


def without_pillow(name: str) -> None:
    return None


def test_a_run_without_pillow_goes_on_and_leaves_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "find_spec", without_pillow)
    monkeypatch.setitem(sys.modules, "PIL", None)
    outcome = run_suite(task="video/motions", out=tmp_path / "run", settings=SHORT)
    assert outcome.info["status"] == "finished"
    told = (tmp_path / "run" / "videos" / "log.txt").read_text()
    assert told == (
        "no clips in the report: Pillow is not installed, and writes GIF files.\n"
        "Run `pip install 'reward-suite[video]'`.\n"
    )
    rows = (tmp_path / "run" / "samples_after.jsonl").read_text().splitlines()
    assert len(rows) == 4
    assert not any("picture" in json.loads(row) for row in rows)
    assert "<html" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_with_pillow_shows_clips_and_leaves_no_line(tmp_path: Path) -> None:
    run_suite(task="video/motions", out=tmp_path / "run", settings=SHORT)
    rows = (tmp_path / "run" / "samples_after.jsonl").read_text().splitlines()
    assert all(json.loads(row)["picture"].startswith("data:image/gif") for row in rows)
    assert not (tmp_path / "run" / "videos").exists()


def test_a_file_that_cannot_be_written_names_the_package_and_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SuiteError, match=r"Pillow is not installed.*\n.*reward-suite\[video\]"):
        gif(CLIP)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(SuiteError, match=r"imageio-ffmpeg is not installed.*MP4.*\n.*\[video\]"):
        write_clip(CLIP, tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())


def test_clips_are_still_read_without_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "find_spec", without_pillow)
    assert ClipCodec().picture(CLIP) is None
    assert ClipCodec().text(CLIP) == "red ball left slow"
