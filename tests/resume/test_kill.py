"""A run killed by SIGKILL at any moment and resumed writes what the unbroken run writes.

Every algorithm dies at least five times: while a checkpoint's files are being written, with a
collected batch half used, at a random file operation and at random instants. 5 x 5 = 25 kills.
"""

import itertools
import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suite.core.checkpoint import checksum, load_checkpoint, newest_good, sorted_names

CELLS = [
    ("micro/token", "rloo"),
    ("micro/cartpole", "ppo"),
    ("micro/unmasking", "rebel"),
    ("micro/gaussian", "drakes"),
    ("micro/unmasking", "raft"),
    ("robotics/micro", "reinflow"),
]
KILLS = 5
MOST_TRIES = 20  # a machine that grows quicker finishes before a timed kill; not for ever
UPDATES_A_STEP = 4
SETTINGS = {
    "controls.enabled": False,
    "train.num_steps": 5,
    "train.num_epochs": 2,
    "train.num_minibatches": 2,
    "train.num_contexts": 2,
    "train.group_size": 8,
    "train.checkpoint_every": 1,
    "train.eval_every": 2,
    "train.eval_samples": 8,
    "train.ema_decay": 0.9,
}


def test_the_cells_and_kills_make_at_least_twenty() -> None:
    """Each cell's test asserts its KILLS; this is their product."""
    assert len(CELLS) * KILLS >= 20


class Zygote:
    """Talks to zygote.py."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def __call__(self, folder: Path, **request: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = json.dumps({"folder": str(folder), **request})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One importing process for the file; closing its input ends it."""
    script = Path(__file__).with_name("zygote.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Zygote(process)


def resume_or_start(zygote: Zygote, folder: Path, options: dict[str, Any], **death: Any) -> Any:
    """What a user would do: resume, or start where nothing was written yet."""
    if (folder / "run.json").exists():
        return zygote(folder, resume=True, **death)
    assert not list(folder.glob("checkpoints/*")), "a checkpoint before run.json"
    for left in folder.glob("*"):
        left.unlink()
    for left in folder.glob(".*"):
        left.unlink()
    return zygote(folder, run=options, **death)


def deaths(rng: random.Random, unbroken: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Aimed kills first, then random ones until the caller has enough."""
    yield {"file": [".partial/state.pt", rng.randrange(4, 13)]}
    yield {"event": rng.randrange(20, unbroken["events"] // 3)}
    yield {"file": [".partial/manifest.json", rng.randrange(1, 8)]}
    while True:
        yield {"seconds": rng.uniform(0.3, 0.6) * unbroken["seconds"]}
        yield {"event": rng.randrange(1, 40)}


def in_flight(folder: Path) -> bool:
    """Whether the newest good checkpoint stands inside a collected batch."""
    path, _ = newest_good(folder / "checkpoints")
    if path is None:
        return False
    _, state = load_checkpoint(path)
    inside = 0 < state["progress"]["minibatch"] < UPDATES_A_STEP
    return state["experience"] is not None and inside


def last_weights(folder: Path) -> str:
    """sha256 of the policy in the last checkpoint."""
    checkpoints = folder / "checkpoints"
    return checksum(checkpoints / sorted_names(checkpoints)[-1] / "policy.safetensors")


@pytest.mark.parametrize(("task", "algo"), CELLS)
def test_a_killed_run_writes_the_unbroken_runs_metrics(
    zygote: Zygote, tmp_path: Path, task: str, algo: str
) -> None:
    """Byte for byte, and the same final weights, samples and reward calls."""
    options = {"task": task, "algo": algo, "seed": 3, "settings": SETTINGS}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    unbroken = zygote(whole, run=options)
    assert unbroken["code"] == 0

    rng = random.Random(f"{task}/{algo}")
    kills = inside_batch = inside_write = 0
    for death in itertools.islice(deaths(rng, unbroken), MOST_TRIES):
        fate = resume_or_start(zygote, broken, options, **death)
        if fate["signal"] is None:  # finished before its time: no kill; die again in a new run
            assert fate["code"] == 0
            assert (broken / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
            shutil.rmtree(broken)
            continue
        assert fate["signal"] == signal.SIGKILL
        kills += 1
        inside_batch += in_flight(broken)
        inside_write += bool(list(broken.glob("checkpoints/.*.partial")))
        if kills == KILLS:
            break
    assert resume_or_start(zygote, broken, options)["code"] == 0

    assert kills >= KILLS
    assert inside_batch >= 1
    assert inside_write >= 1
    for name in ("metrics.jsonl", "samples_after.jsonl", "samples_before.jsonl"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes(), name
    assert last_weights(broken) == last_weights(whole)
    ends = [json.loads((folder / "run.json").read_text()) for folder in (whole, broken)]
    assert ends[0]["status"] == ends[1]["status"] == "finished"
    assert ends[0]["reward_calls"] == ends[1]["reward_calls"] > 0
    assert not list(broken.glob("checkpoints/.*"))
