"""The task video/prompts on a small Wan pipeline: tuned both ways, and pictures refused."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from suite.core.api import run as run_suite
from suite.core.errors import SuiteError

SMALL: dict[str, Any] = {
    "controls.enabled": False, "train.num_steps": 2, "train.num_contexts": 2,
    "train.group_size": 2, "train.eval_samples": 4, "policy.num_steps": 3, "policy.guidance": 2.0,
}  # fmt: skip
CLIPS = {
    "policy.height": 16, "policy.width": 16, "policy.frames": 5, "policy.max_tokens": 8,
}  # fmt: skip


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "prompts.txt"
    path.write_text("\n".join(f"a {letter} cat runs" for letter in "abcdefghij"))
    return str(path)


@pytest.mark.parametrize("algo", ["grpo", "drakes"])
def test_a_video_pipeline_is_tuned_on_a_prompt_list(
    algo: str, folder: Callable[[str], Path], prompts: str, tmp_path: Path
) -> None:
    outcome = run_suite(
        task="video/prompts", algo=algo, policy=f"diffusers:{folder('wan')}", data=prompts,
        settings={**SMALL, **CLIPS}, out=tmp_path / "run",
    )  # fmt: skip
    assert outcome.info["status"] == "finished"
    rows = [
        json.loads(line)
        for line in (tmp_path / "run" / "samples_after.jsonl").read_text().splitlines()
    ]
    assert len(rows) == 4
    for row in rows:
        assert -4.0 <= row["reward"] < 0.0
        assert -4.0 <= row["held_out"] < 0.0
        assert row["text"] == "5 frames of 16 pixels"
        shown = Image.open(io.BytesIO(base64.b64decode(row["picture"].partition(",")[2])))
        assert shown.n_frames == 5


def test_a_pipeline_of_pictures_is_refused_before_anything_is_trained(
    folder: Callable[[str], Path], prompts: str, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match=r"pictures of 3 channels.\nName a pipeline that makes"):
        run_suite(
            task="video/prompts", policy=f"diffusers:{folder('sd')}", data=prompts,
            settings=SMALL, out=tmp_path / "run",
        )  # fmt: skip
    assert not any('"train"' in line for line in _lines(tmp_path / "run" / "metrics.jsonl"))


def test_a_clip_too_short_for_the_held_out_lag_is_refused_before_anything_is_trained(
    folder: Callable[[str], Path], prompts: str, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match=r"5 apart, and these clips have 5.\nRaise policy.frames"):
        run_suite(
            task="video/prompts", policy=f"diffusers:{folder('wan')}", data=prompts,
            settings={**SMALL, **CLIPS, "held_out_reward.lag": 5}, out=tmp_path / "run",
        )  # fmt: skip
    assert not any('"train"' in line for line in _lines(tmp_path / "run" / "metrics.jsonl"))


def test_without_a_pipeline_the_missing_setting_is_named(prompts: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"policy\.model"):
        run_suite(task="video/prompts", data=prompts, out=tmp_path / "run")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
