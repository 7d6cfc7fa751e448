"""Rewards that a user brings: a Python function in a file, a command, or a plugin's by name.

Functions and commands run as the user's own code, with the user's rights; nothing that a model
wrote is executed. A command reads one JSON string a line and answers one number a line.
"""

import hashlib
import importlib.util
import json
import math
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from suite.core import catalog, registry
from suite.core.errors import SuiteError, unknown_name
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

SECONDS = 60.0
TRIES = 2


def user_reward(
    function: str | None, command: str | None, settings: Mapping[str, Any] | None = None
) -> Reward:
    """The reward of --reward or --reward-cmd; ``settings`` are of one that a plugin provides.

    Raises:
        SuiteError: both are given, or the function cannot be loaded.
    """
    if function is not None and command is not None:
        raise SuiteError("both --reward and --reward-cmd were given.\nKeep one of them.")
    if function is not None and catalog.provides("reward", function):
        return registry.make_reward(function, settings or {})
    if function is not None:
        return FunctionReward(function)
    assert command is not None
    return CommandReward(command)


def _texts(samples: Samples) -> list[str]:
    if samples.native is not None:
        return [str(native) for native in samples.native]
    return [json.dumps(row) for row in samples.tensor.tolist()]


class FunctionReward(Reward):
    """``file.py:function``: a list of samples as text to a list of numbers."""

    views: ClassVar[frozenset[str]] = frozenset({"native"})
    deterministic = False  # nobody has promised it: answers are journaled
    invalid_value = 0.0

    def __init__(self, where: str) -> None:
        self.where = where
        self.function = _load_function(where)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        texts = _texts(samples)
        try:
            answer = self.function(texts)
        except (Exception, SystemExit) as error:
            raise SuiteError(
                f"the reward {self.where} raised {type(error).__name__}: {error}.\n"
                "Mend the function; `suite resume` then goes on from the last checkpoint."
            ) from error
        if not isinstance(answer, Iterable):
            raise SuiteError(
                f"the reward {self.where} answered {answer!r}, which is not a list of numbers.\n"
                "It must answer one number a sample, in order."
            )
        return _checked(list(answer), len(texts), self.where)


def _load_function(where: str) -> Callable[[list[str]], Sequence[float]]:
    name, colon, attribute = where.rpartition(":")
    form = "--reward score.py:count_lysines, where the function takes a list of strings."
    if not colon and ".py" not in where:
        names = [entry.name for entry in catalog.entries("reward")]
        step = f"Name one of them, or a function of yours: {form}"
        raise unknown_name("reward", where, names, next_step=step)
    if not colon or not name.endswith(".py"):
        raise SuiteError(
            f"--reward '{where}' is not of the form file.py:function.\nExample: {form}"
        )
    path = Path(name)
    if not path.is_file():
        raise SuiteError(f"no file '{name}'.\nCheck the path given to --reward.")
    spec = importlib.util.spec_from_file_location("suite_user_reward", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise SuiteError(
            f"'{name}' cannot be loaded: {type(error).__name__}: {error}.\nMend the file."
        ) from error
    function = getattr(module, attribute, None)
    if not callable(function):
        names = [n for n in vars(module) if not n.startswith("_") and callable(getattr(module, n))]
        raise SuiteError(
            f"'{name}' has no function '{attribute}'.\n"
            f"Functions there: {', '.join(sorted(names)) or 'none'}."
        )
    return function  # type: ignore[no-any-return]


class CommandReward(Reward):
    """A shell command of the user's: JSON strings in, one a line; numbers out, one a line."""

    views: ClassVar[frozenset[str]] = frozenset({"native"})
    deterministic = False
    invalid_value = 0.0

    def __init__(self, command: str, *, seconds: float = SECONDS, tries: int = TRIES) -> None:
        self.command, self.seconds, self.tries = command, seconds, tries
        self._known: dict[str, float] = {}

    def __call__(self, samples: Samples, context: Context) -> Scores:
        texts = _texts(samples)
        keys = [hashlib.blake2b(t.encode(), digest_size=16).hexdigest() for t in texts]
        fresh = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}
        if fresh:
            answers = self._ask(list(fresh.values()))
            self._known.update(zip(fresh, answers, strict=True))
        return _checked([self._known[key] for key in keys], len(texts), self.command)

    def _ask(self, texts: list[str]) -> list[float]:
        fault = ""
        for _ in range(self.tries):
            try:
                return self._once(texts)
            except _CommandError as error:
                fault = str(error)
        raise SuiteError(
            f"the reward command {self.command!r} failed {self.tries} times: {fault}.\n"
            f"It gets one JSON string a line and must answer one number a line, within "
            f"{self.seconds:g} s. Mend it; `suite resume` then goes on from the last checkpoint."
        )

    def _once(self, texts: list[str]) -> list[float]:
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        process = subprocess.Popen(
            self.command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(lines, timeout=self.seconds)
        except subprocess.TimeoutExpired:
            _kill_tree(process)
            raise _CommandError(f"no answer within {self.seconds:g} s") from None
        if process.returncode != 0:
            last = err.strip().splitlines()[-1:] or ["nothing on stderr"]
            raise _CommandError(f"exit code {process.returncode} ({last[0]})")
        return _numbers(out.splitlines(), len(texts))


class _CommandError(Exception):
    """One failed try of a command."""


def _kill_tree(process: subprocess.Popen[str]) -> None:
    import os
    import signal

    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _numbers(lines: list[str], expected: int) -> list[float]:
    if len(lines) != expected:
        raise _CommandError(f"{len(lines)} lines for {expected} samples")
    try:
        return [float(line) for line in lines]
    except ValueError as error:
        raise _CommandError(str(error)) from None


def _checked(values: list[Any], expected: int, where: str) -> Scores:
    if len(values) != expected:
        raise SuiteError(
            f"the reward {where} answered {len(values)} numbers for {expected} samples.\n"
            "It must answer one number a sample, in order."
        )
    bad = [v for v in values if not _is_finite(v)]
    if bad:
        raise SuiteError(
            f"the reward {where} answered {bad[0]!r}, which is not a finite number.\n"
            "Answer a number for every sample; use a low one for a bad sample."
        )
    return Scores.all_valid(torch.tensor([float(v) for v in values]))


def _is_finite(value: Any) -> bool:
    """Whether it is a number; those of numpy and torch are, texts are not."""
    try:
        return not isinstance(value, str) and math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False
