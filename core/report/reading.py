"""Read a run folder: what the trainer wrote, checked once.

Only run.json is required, and its schema number is checked strictly: a folder of another schema is
refused rather than half understood. Everything else may be missing (a run still going, a run that
failed) and is then None or empty. A last line cut short by a kill is left out and noted; a broken
line anywhere else is an error that names the file and the line.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.report.folder import (
    CONTROLS,
    LABELS,
    TUNED,
    Evaluation,
    Row,
    Run,
    Sample,
    number_of,
    text_of,
)
from suite.core.report.intervals import Estimate, normal_interval
from suite.core.report.pictures import safe_picture

SCHEMA = 1


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises:
        SuiteError: there is no run.json, its schema is not 1, or a file is damaged.
    """
    notes: list[str] = []
    info = _read_info(folder)
    config_text, config = _read_config(folder, notes)
    metrics = _read_lines(folder / "metrics.jsonl", notes)
    arms = {
        key: evaluation_of(key, row)
        for key, row in _read_object(folder / "controls.json").items()
        if isinstance(row, Mapping)
    }
    run = Run(
        folder=folder,
        info=info,
        config_text=config_text,
        config=config,
        train=[row for row in metrics if row.get("kind") == "train"],
        curve=[evaluation_of(TUNED, row) for row in metrics if row.get("kind") == "eval"],
        arms=arms,
        before=_read_samples(folder / "samples_before.jsonl", notes),
        after=_read_samples(folder / "samples_after.jsonl", notes),
        timings=_read_lines(folder / "timings.jsonl", notes),
        notes=notes,
    )
    notes.extend(_gaps(run))
    return run


def evaluation_of(key: str, row: Row) -> Evaluation:
    """One evaluation record as a value."""
    return Evaluation(
        key=key,
        label=text_of(row, "label", LABELS.get(key, key)),
        step=number_of(row, "step"),
        reward=_estimate(row, "reward"),
        held_out=_estimate(row, "held_out"),
        kl=number_of(row, "kl"),
        nll=number_of(row, "nll"),
        diversity=number_of(row, "diversity"),
        reward_calls=number_of(row, "reward_calls"),
        seconds=number_of(row, "seconds"),
        skipped=text_of(row, "skipped", ""),
        metrics={
            name.removeprefix("metric/"): value
            for name in row
            if name.startswith("metric/") and (value := number_of(row, name)) is not None
        },
    )


def _estimate(row: Row, name: str) -> Estimate | None:
    """The mean under ``name`` with the interval written beside it, or the one std and n give."""
    mean = number_of(row, name)
    if mean is None:
        return None
    half_width = number_of(row, f"{name}_ci")
    std, n = number_of(row, f"{name}_std"), number_of(row, "num_samples")
    if half_width is None and std is not None and std >= 0 and n is not None and n >= 1:
        return normal_interval(mean, std, int(n))
    return Estimate(mean=mean, half_width=half_width)


def _gaps(run: Run) -> list[str]:
    """What is missing and changes what the report can say."""
    gaps = []
    if run.status != "finished":
        gaps.append(
            f"The run's status is '{run.status}': figures are those of its last evaluation."
        )
    if not run.arms:
        gaps.append("There is no controls.json: nothing is compared with a control.")
    elif TUNED not in run.arms:
        gaps.append("controls.json has no 'tuned': the curve's last evaluation stands for it.")
    elif missing := [key for key in CONTROLS if key not in run.arms]:
        gaps.append(f"Controls that were not run: {', '.join(LABELS[key] for key in missing)}.")
    return gaps


def _read_info(folder: Path) -> Row:
    path = folder / "run.json"
    if not path.is_file():
        raise SuiteError(
            f"'{folder}' is not a run folder: it has no run.json.\n"
            "Name the folder that `suite run --out FOLDER` wrote."
        )
    info = _read_object(path)
    schema = info.get("schema")
    if type(schema) is not int or schema != SCHEMA:
        raise SuiteError(
            f"'{path}' has schema {schema!r}; this version of suite reads schema {SCHEMA}.\n"
            f"Open it with the version that wrote it (suite {text_of(info, 'suite')}), or rerun."
        )
    return info


def _read_config(folder: Path, notes: list[str]) -> tuple[str, Mapping[str, Any]]:
    path = folder / "config.toml"
    if not path.is_file():
        notes.append("There is no config.toml: the settings of this run are unknown.")
        return "", {}
    text = _read_text(path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _damaged(path, f"is not TOML: {error}") from error


def _read_samples(path: Path, notes: list[str]) -> list[Sample]:
    return [
        Sample(
            text=text_of(row, "text", ""),
            reward=number_of(row, "reward"),
            held_out=number_of(row, "held_out"),
            parts=_numbers(row.get("parts")),
            prompt=text_of(row, "prompt", ""),
            picture=safe_picture(text_of(row, "picture", "")),
        )
        for row in _read_lines(path, notes)
    ]


def _numbers(row: Any) -> dict[str, float]:
    if not isinstance(row, Mapping):
        return {}
    return {name: value for name in row if (value := number_of(row, name)) is not None}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(path, f"is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise SuiteError(
            f"cannot read '{path}': {error.strerror}.\nCheck its permissions."
        ) from error


def _read_object(path: Path) -> Row:
    """A JSON object; empty if there is no such file."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(_read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise _damaged(path, f"is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _damaged(path, "does not hold a JSON object")
    return value


def _read_lines(path: Path, notes: list[str]) -> list[Row]:
    """The objects of a JSON-lines file; empty if there is no such file."""
    if not path.is_file():
        return []
    # Not splitlines(): U+2028 and the like may stand inside a JSON string.
    lines = _read_text(path).split("\n")
    rows: list[Row] = []
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            if place == len(lines):  # no new line at its end: the writer was stopped inside it
                notes.append(f"{path.name} ends in an unfinished line, which is left out.")
                break
            raise _damaged(path, f"is not JSON at line {place}: {error}") from error
        if not isinstance(row, dict):
            raise _damaged(path, f"holds no JSON object at line {place}")
        rows.append(row)
    return rows


def _damaged(path: Path, what: str) -> SuiteError:
    return SuiteError(
        f"'{path}' {what}.\nRestore the file, or make the run again; nothing was written."
    )
