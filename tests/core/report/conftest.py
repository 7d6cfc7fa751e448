"""Run folders as the trainer writes them, made in milliseconds.

The numbers are drawn, not trained: a saturating climb with noise, four controls below it, and
sequences whose composition drifts towards charged residues.
"""

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
LENGTH = 46
NUM_SAMPLES = 128
NUM_STEPS = 120
HELIX = "MSEELLKKAEELLKRGNPEEALKLAKEAAELAKRLGDPELLKRALEL"[:LENGTH]

MakeRun = Callable[..., Path]


def evaluation(mean: float, held_out: float, **others: Any) -> dict[str, Any]:
    """One evaluation record over NUM_SAMPLES samples."""
    factor = 1.96 / math.sqrt(NUM_SAMPLES)
    return {
        "reward": mean,
        "reward_std": 1.1,
        "reward_ci": 1.1 * factor,
        "held_out": held_out,
        "held_out_std": 0.8,
        "held_out_ci": 0.8 * factor,
        "kl": None,
        "nll": 2.4,
        "diversity": 0.8,
        **others,
    }


def controls(final: dict[str, Any], shift: float) -> dict[str, Any]:
    """The five arms of a run that worked."""
    arms = {
        "base": ("base policy", -4.1, -1.3, 0.0, 2.41, 0.83, 0, 0.0),
        "trained_on": ("base, trained on", -4.0, -1.25, 0.2, 2.36, 0.82, 0, 41.0),
        "best_of_n": ("best of 64", -2.2, -0.35, 3.17, 2.45, 0.82, 15_360, 33.0),
        "best_quarter": ("SFT on the best quarter", -2.9, -0.7, 1.4, 2.31, 0.74, 15_360, 44.0),
    }
    records = {
        key: evaluation(
            reward + shift,
            held_out + shift,
            label=label,
            kl=kl,
            nll=nll,
            diversity=diversity,
            reward_calls=calls,
            seconds=seconds,
        )
        for key, (label, reward, held_out, kl, nll, diversity, calls, seconds) in arms.items()
    }
    tuned = {**final, "label": "drakes", "reward_calls": 15_360, "seconds": 42.3}
    return {"tuned": tuned, **records}


def history(rng: random.Random, shift: float, held_out_gain: float) -> list[dict[str, Any]]:
    """A climb that saturates: a train record each step, an evaluation each tenth."""
    rows: list[dict[str, Any]] = []
    for step in range(NUM_STEPS + 1):
        share = 1 - math.exp(-step / 45)
        reward = -4.1 + 4.6 * share + shift
        if step:
            row = {"reward": reward + rng.gauss(0, 0.25), "loss": -reward + 0.5 * share}
            losses = {"loss/kl": 0.4 * share, "loss/reward": -reward}
            rows.append(
                {"kind": "train", "step": step, **row, **losses, "kl": 6.2 * share}
                | {"grad_norm": math.exp(rng.gauss(0, 0.3))}
            )
        if step % 10 == 0:
            held_out = -1.3 + held_out_gain * share + shift + rng.gauss(0, 0.05)
            figures = {
                "kl": 6.2 * share,
                "nll": 2.41 + 0.3 * share,
                "diversity": 0.83 - 0.2 * share,
            }
            rows.append(
                {"kind": "eval", "step": step, "reward_calls": 128 * step}
                | evaluation(reward, held_out, **figures)
                | {"metric/composition_kl": 0.4 * share, "metric/net_charge": 3 * share}
            )
    return rows


def samples(rng: random.Random, drift: float, offset: float) -> list[dict[str, Any]]:
    """Sequences near a helix: each residue kept, or drawn with charged ones favoured by drift."""
    weights = [1 + (6 * drift if letter in "EKR" else 0) for letter in LETTERS]
    rows = []
    for _ in range(NUM_SAMPLES):
        text = "".join(
            kept if rng.random() < 0.45 + 0.25 * drift else rng.choices(LETTERS, weights)[0]
            for kept in HELIX
        )
        contact = rng.gauss(-2.2 + 2.1 * drift, 0.6)
        parts = {
            "contacts": contact,
            "burial": rng.gauss(-1.1 + 1.5 * drift, 0.4),
            "net charge": rng.gauss(-0.5 + 0.1 * drift, 0.3),
            "composition": rng.gauss(-0.2 - 0.3 * drift, 0.1),
            "repeats": rng.gauss(-0.1, 0.05),
        }
        reward, held_out = sum(parts.values()) + offset, rng.gauss(-1.3 + 2 * drift, 0.8)
        rows.append({"text": text, "reward": reward, "held_out": held_out, "parts": parts})
    return rows


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def info(seed: int, **others: Any) -> dict[str, Any]:
    """run.json of a finished run; every number of it is invented."""
    checks = [
        {"name": "ratio at the first step", "ok": True, "value": 1.0, "detail": "1 within 1e-4"},
        {"name": "exact KL at the start", "ok": True, "value": 0.0, "detail": "same weights"},
        {"name": "rewards finite", "ok": True, "value": None, "detail": "15,360 of 15,360"},
        {"name": "groups without spread", "ok": False, "value": 0.31, "detail": "above 0.25"},
    ]
    return {
        "schema": 1,
        "suite": "0.1.0",
        "task": "protein/bundle",
        "algo": "drakes",
        "seed": seed,
        "status": "finished",
        "started": "2030-01-02T03:04:05+00:00",
        "seconds": {"base": 38.2, "train": 42.3, "controls": 161.0},
        "machine": {"cpu": "a processor", "cores": 2, "torch": "2.13.0", "device": "cpu"},
        "self_checks": checks,
        "reward_calls": 15_360,
        "last_line": "held-out -1.32 -> 0.55",
        "reward_unit": "kcal/mol",
        "held_out_unit": "kcal/mol",
        "algo_target": "reward",
        **others,
    }


def config(seed: int, beta: float, algo: str) -> str:
    return (
        f'task = "protein/bundle"\nalgo_name = "{algo}"\nseed = {seed}\nout = "runs/{seed}"\n\n'
        f"[algo]\nbeta = {beta}\nnum_backprop_steps = 12\n\n[policy]\n"
        'name = "discrete_diffusion/tiny"\nlength = 46\n'
    )


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a run folder; keyword arguments change what it shows."""

    def make(
        name: str = "run",
        *,
        seed: int = 0,
        shift: float = 0.0,
        held_out_gain: float = 2.0,
        algo: str = "drakes",
        beta: float = 0.05,
        **changes: Any,
    ) -> Path:
        rng = random.Random(seed)
        folder = tmp_path / name
        folder.mkdir()
        rows = history(rng, shift, held_out_gain)
        before, after = samples(rng, 0.0, shift), samples(rng, 1.0, shift)
        arms = controls({k: v for k, v in rows[-1].items() if k not in ("kind", "step")}, shift)
        write_lines(folder / "metrics.jsonl", rows)
        write_lines(folder / "samples_before.jsonl", before)
        write_lines(folder / "samples_after.jsonl", after)
        timings = [{"step": k, "collect": 0.2, "update": 0.15} for k in range(1, NUM_STEPS + 1)]
        write_lines(folder / "timings.jsonl", timings)
        (folder / "controls.json").write_text(json.dumps(arms))
        (folder / "run.json").write_text(json.dumps(info(seed, algo=algo, **changes)))
        (folder / "config.toml").write_text(config(seed, beta, algo))
        return folder

    return make
