"""Several runs side by side: means and spread over seeds, and paired differences.

Runs that differ in nothing but the seed form a group. Two groups that share seeds are compared by
their per-seed differences with Student's t, which removes what the seeds have in common; so is each
group with its own controls. A group of one seed gets no interval over seeds: one number has none.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.report.folder import Evaluation, Run, text_of
from suite.core.report.intervals import Estimate, paired_interval
from suite.core.report.reading import read_run

# Settings that tell apart two runs of one experiment, not two experiments.
NOT_COMPARED = frozenset({"seed", "seeds", "out"})
MAX_SETTINGS = 3  # named in a label


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Mean and standard deviation over seeds; no deviation with one seed, no mean with none."""

    mean: float | None
    std: float | None
    values: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs that differ only in their seed."""

    label: str
    algo: str
    seeds: Sequence[str]
    folders: Sequence[str]
    reward: Spread
    held_out: Spread
    kl: Spread
    diversity: Spread
    reward_calls: Spread
    seconds: Spread


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``first`` minus ``second``, paired by seed; None where no seed has both."""

    first: str
    second: str
    seeds: Sequence[str]
    reward: Estimate | None
    held_out: Estimate | None
    num_better: int  # seeds on which ``first`` has the higher held-out reward


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that a table of runs shows, as numbers."""

    task: str
    reward_unit: str
    held_out_unit: str
    groups: Sequence[Group]
    differences: Sequence[Difference]  # every group minus the first
    controls: Sequence[Difference]  # tuned minus each control, within a group
    notes: Sequence[str]


def compare_runs(folders: Iterable[Path]) -> Comparison:
    """Compare run folders of one task; the first one's group is what the others are held against.

    Raises:
        SuiteError: no folders, a folder that is no run or has no evaluation, two runs of one
            group with one seed, or runs whose task or held-out reward differ.
    """
    runs = [read_run(folder) for folder in folders]
    if not runs:
        raise SuiteError("no runs to compare.\nRun `suite compare FOLDER FOLDER...`.")
    _check_comparable(runs)
    grouped = _grouped(runs)
    every = list(grouped.items())
    return Comparison(
        task=runs[0].task,
        reward_unit=runs[0].reward_unit,
        held_out_unit=runs[0].held_out_unit,
        groups=[_group(label, some) for label, some in every],
        differences=[_between(label, some, *every[0]) for label, some in every[1:]],
        controls=[one for label, some in every for one in _against_controls(label, some)],
        notes=_notes(runs),
    )


def tuned_of(run: Run) -> Evaluation:
    """The tuned policy's evaluation.

    Raises:
        SuiteError: the run has none yet.
    """
    if run.tuned is None:
        raise SuiteError(
            f"'{run.folder}' has no evaluation to compare: its status is '{run.status}'.\n"
            f"Run `suite resume {run.folder}`, or leave it out."
        )
    return run.tuned


def settings_of(run: Run) -> dict[str, str]:
    """The settings that make a run what it is, as dotted keys; seeds and folders left out."""
    return dict(_flat(run.config, ""))


def _flat(config: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for key, value in sorted(config.items()):
        if key in NOT_COMPARED:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _check_comparable(runs: Sequence[Run]) -> None:
    first = runs[0]
    traits: dict[str, Callable[[Run], str]] = {
        "task": lambda run: run.task,
        "held-out reward": _held_out_name,
    }
    for run in runs:
        tuned_of(run)
        for name, trait in traits.items():
            if trait(run) != trait(first):
                raise SuiteError(
                    f"cannot compare runs with different {name}s:\n"
                    f"'{first.folder}' has {name} '{trait(first)}',\n"
                    f"'{run.folder}' has {name} '{trait(run)}'.\n"
                    f"Compare runs that share one {name}."
                )


def _held_out_name(run: Run) -> str:
    """What the held-out reward is called, with its unit; older folders record the unit alone."""
    name = run.info.get("held_out_reward")
    return run.held_out_unit if name is None else f"{name} ({run.held_out_unit})"


def _grouped(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by label, in the order of first appearance, each group by seed."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.algo, tuple(settings_of(run).items())), []).append(run)
    labels = _labels([(algo, dict(settings)) for algo, settings in groups])
    for label, some in zip(labels, groups.values(), strict=True):
        _check_seeds(label, some)
    by_seed = [sorted(some, key=_seed_order) for some in groups.values()]
    return dict(zip(labels, by_seed, strict=True))


def _seed_order(run: Run) -> tuple[int, str]:
    return (int(run.seed), "") if run.seed.isdecimal() else (-1, run.seed)


def _labels(groups: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
    """The algorithm's name, and the settings in which groups of one algorithm differ."""
    labels: list[str] = []
    for algo, settings in groups:
        rivals = [other for name, other in groups if name == algo]
        keys = sorted(
            key
            for key in {k for one in rivals for k in one}
            if len({o.get(key) for o in rivals}) > 1
        )
        named = [f"{key}={settings.get(key, 'unset')}" for key in keys[:MAX_SETTINGS]]
        more = [f"and {len(keys) - MAX_SETTINGS} more"] if len(keys) > MAX_SETTINGS else []
        label = " ".join([algo, *named, *more])
        taken = sum(one == label or one.startswith(f"{label} #") for one in labels)
        labels.append(f"{label} #{taken + 1}" if taken else label)
    return labels


def _check_seeds(label: str, runs: Sequence[Run]) -> None:
    seen: dict[str, Run] = {}
    for run in runs:
        if run.seed in seen:
            raise SuiteError(
                f"two runs of {label} have seed {run.seed}: '{seen[run.seed].folder}' and "
                f"'{run.folder}'.\nCounting one seed twice makes the spread too small; "
                "leave one of them out."
            )
        seen[run.seed] = run


def _group(label: str, runs: Sequence[Run]) -> Group:
    tuned = [tuned_of(run) for run in runs]
    return Group(
        label=label,
        algo=runs[0].algo,
        seeds=[run.seed for run in runs],
        folders=[str(run.folder) for run in runs],
        reward=spread_of([_mean(one.reward) for one in tuned]),
        held_out=spread_of([_mean(one.held_out) for one in tuned]),
        kl=spread_of([one.kl for one in tuned]),
        diversity=spread_of([one.diversity for one in tuned]),
        reward_calls=spread_of([run.reward_calls for run in runs]),
        seconds=spread_of([run.train_seconds for run in runs]),
    )


def spread_of(values: Sequence[float | None]) -> Spread:
    """Mean and standard deviation, if every seed has a finite value; neither if one has not.

    A mean over the seeds that happen to work would flatter a method that fails on the others.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if len(finite) < len(values) or not finite:
        return Spread(mean=None, std=None, values=values)
    std = statistics.stdev(finite) if len(finite) > 1 else None
    return Spread(mean=statistics.fmean(finite), std=std, values=values)


def _mean(estimate: Estimate | None) -> float | None:
    return estimate.mean if estimate else None


def _between(
    label: str, runs: Sequence[Run], other_label: str, other_runs: Sequence[Run]
) -> Difference:
    others = {run.seed: run for run in other_runs}
    pairs = {
        run.seed: (tuned_of(run), tuned_of(others[run.seed])) for run in runs if run.seed in others
    }
    return _difference(label, other_label, pairs)


def _against_controls(label: str, runs: Sequence[Run]) -> list[Difference]:
    keys = dict.fromkeys(
        control.key for run in runs for control in run.controls if not control.skipped
    )
    differences = []
    for key in keys:
        pairs = {
            run.seed: (tuned_of(run), run.arms[key])
            for run in runs
            if key in run.arms and not run.arms[key].skipped
        }
        control = next(iter(pairs.values()))[1]
        differences.append(_difference(label, control.label, pairs))
    return differences


def _difference(
    first: str, second: str, pairs: Mapping[str, tuple[Evaluation, Evaluation]]
) -> Difference:
    held_out = [_gap(a.held_out, b.held_out) for a, b in pairs.values()]
    reward = [_gap(a.reward, b.reward) for a, b in pairs.values()]
    return Difference(
        first=first,
        second=second,
        seeds=list(pairs),
        reward=_paired(reward),
        held_out=_paired(held_out),
        num_better=sum(gap is not None and gap > 0 for gap in held_out),
    )


def _gap(first: Estimate | None, second: Estimate | None) -> float | None:
    return None if first is None or second is None else first.mean - second.mean


def _paired(gaps: Sequence[float | None]) -> Estimate | None:
    """The interval over seeds; None if any seed lacks a finite difference (see spread_of)."""
    finite = [gap for gap in gaps if gap is not None and math.isfinite(gap)]
    return paired_interval(finite) if finite and len(finite) == len(gaps) else None


def _notes(runs: Sequence[Run]) -> list[str]:
    notes = [f"{run.folder.name}: {note}" for run in runs for note in run.notes]
    rewards = {(text_of(run.info, "reward", ""), run.reward_unit) for run in runs}
    if len(rewards) > 1:
        notes.append(
            "Training rewards differ between these runs: compare the held-out reward only."
        )
    return notes
