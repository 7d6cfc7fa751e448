"""What a --config file may hold, and that a request does not ask for two things at once.

A setting that nothing would read is refused: silence would let a person believe in it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from suite.core.errors import SuiteError, unknown_name
from suite.core.task import Task

TOP_LEVEL: dict[str, type] = {
    "task": str, "domain": str, "algo_name": str, "policy_name": str, "sampler_name": str,
    "seed": int, "device": str, "precision": str, "processes": int, "data": str, "fix": str,
    "reward_file": str, "reward_command": str, "tracker_name": str,
    "local_plugin": str,
}  # fmt: skip
NOUNS = {str: "a string", int: "a whole number"}
LOWEST = {"seed": 0, "processes": 1}


class ControlsSettings(BaseModel):
    """The section [controls]."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    enabled: bool = Field(True, description="run controls beside the base")
    only: list[Literal["base", "trained_on", "best_of_n", "best_quarter"]] | None = Field(
        None, description="these beside the base; null is all"
    )


def check_document(document: Mapping[str, Any], sections: Iterable[str]) -> None:
    """Refuse unknown keys, and values of another type, of a --config file.

    Raises:
        SuiteError: at the first one.
    """
    sections = tuple(sections)
    for key, value in document.items():
        if key in sections:
            if not isinstance(value, Mapping):
                raise SuiteError(
                    f"{key} = {value!r} is not possible in a --config file: '{key}' is a section."
                    f"\nWrite [{key}] on a line of its own and its settings below."
                )
        elif key in TOP_LEVEL:
            _check_value(key, value)
        else:
            raise unknown_name(
                "config key",
                key,
                (*TOP_LEVEL, *sections),
                next_step="Correct it in the --config file.",
            )


def _check_value(key: str, value: Any) -> None:
    if type(value) is not TOP_LEVEL[key]:
        raise SuiteError(
            f"{key} = {value!r} is not possible: it must be {NOUNS[TOP_LEVEL[key]]}.\n"
            "Correct it in the --config file."
        )


def check_least(name: str, value: int) -> int:
    """``value``, which is at least what that name allows.

    Raises:
        SuiteError: it is lower.
    """
    if value < LOWEST[name]:
        raise SuiteError(
            f"{name} = {value} is not possible: the lowest is {LOWEST[name]}.\n"
            f"Correct --{name}, or '{name}' in the --config file."
        )
    return value


def check_device(name: str) -> None:
    """Refuse a device that this machine does not have, rather than run elsewhere.

    Raises:
        SuiteError: it is neither cpu nor a CUDA device that torch can use.
    """
    if name == "cpu":
        return
    import torch

    kind, colon, index = name.partition(":")
    count = torch.cuda.device_count()
    known = ["cpu", *(["cuda"] if count else []), *(f"cuda:{i}" for i in range(count))]
    if name in known:
        return
    if kind == "cuda" and (index.isdigit() or not colon):
        raise SuiteError(
            f"the device '{name}' is not there: torch can use {count} CUDA devices here.\n"
            f"Known: {', '.join(known)}. `suite doctor` shows what this machine offers."
        )
    raise unknown_name("device", name, known, next_step="Correct --device.")


def check_used(
    sections: Mapping[str, Any],
    task: Task,
    *,
    sampler: str | None,
    own_reward: bool,
    tracker: str | None = None,
) -> None:
    """Refuse a section that nothing in this run would read.

    Args:
        sections: the names that have settings.
        task: what is run.
        sampler: the Sampler that was asked for.
        tracker: the Tracker that was asked for.
        own_reward: whether --reward or --reward-cmd takes the place of the task's reward.

    Raises:
        SuiteError: there is one.
    """
    here = f"the task '{task.name}' has none"
    unused = {
        "sampler": None if sampler else "no sampler was named; add --sampler NAME",
        "tracker": None if tracker else "no tracker was named; add --tracker NAME",
        "environment": None if task.environment else here,
        "held_out_reward": None if task.held_out_reward else here,
        "base": None if task.base is not None else f"{here} that is trained",
        "reward": "a reward of your own takes its place" if own_reward else None,
    }
    if task.reward is None and not own_reward:
        unused["reward"] = here
    for section in sections:
        if unused.get(section):
            raise SuiteError(
                f"the settings of [{section}] would not be read: {unused[section]}.\n"
                f"Drop [{section}], or every --set {section}.KEY."
            )
