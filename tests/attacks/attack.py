"""Hostile programs as values: what each one tries, and which verdicts on it are right.

Two conventions make a breach visible without trusting the program:

1. A program that tries to get something inside the sandbox (a secret, another process, a kernel
   object) answers right if it got it and wrong if not. Its ``allowed`` lacks "pass", so that a
   pass is a breach.
2. A program that tries to change something outside (a file, a socket, a process that stays) names
   a placeholder, and the harness looks at that place after the verdict. Here the answers may be
   right throughout, and "pass" is allowed.

"infra_error" is never right: a sample that can have itself masked escapes its price.
"""

import re
from dataclasses import dataclass
from typing import Any

from suite.core.verifier import Verdict

VERDICTS = frozenset(verdict.value for verdict in Verdict)
# Running Python that defines the function and must not be paid.
UNPAID = frozenset({"fail", "timeout", "oom", "crash", "flood"})
# Right answers beside a side effect; the attempt may as well end the program.
SIDE = UNPAID | {"pass"}
FAILS = frozenset({"fail"})
FAILS_OR_DIES = frozenset({"fail", "crash"})
DIES = frozenset({"crash"})
TIMES_OUT = frozenset({"timeout"})
OUT_OF_MEMORY = frozenset({"oom"})
PASSES = frozenset({"pass"})
UNREADABLE = frozenset({"bad_source"})
EMPTY = frozenset({"no_code"})

PLACEHOLDERS = frozenset(
    {
        "CANARY_DIR",  # a folder of the harness; holds expected.json, notes.txt, listen.sock
        "CANARY_PORT",  # TCP and UDP on 127.0.0.1
        "SECRET_NAME",  # an environment variable of the harness
        "SECRET_ADDRESS",  # of SECRET_BYTES bytes in the harness's memory
        "SECRET_DIGEST",  # sha256 of those bytes, in hexadecimal
        "PARENT_PID",  # the harness
        "MARKER",  # at most 15 letters: fits the name of a process
    }
)
SECRET_BYTES = 32
_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z_]+)\}")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A function to write.

    Attributes:
        name: of the task; function: what the tests call.
        visible: (arguments, result) pairs that a prompt would show.
        hidden: pairs that the verifier alone knows.
        language: "python" or "javascript".
    """

    name: str
    function: str
    visible: tuple[tuple[tuple[Any, ...], Any], ...]
    hidden: tuple[tuple[tuple[Any, ...], Any], ...]
    language: str = "python"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One program.

    Attributes:
        name: unique; category: a row of the table that the corpus must cover.
        source: the program, with placeholders in braces, filled in by ``filled``.
        allowed: the verdicts that are right.
        task: a name of ``tasks.TASKS``; language: "python" or "javascript".
        destructive: under a weak guard it harms the process that judges (stops, kills or starves
            it), so that such guards must be run in a container of their own.
    """

    name: str
    category: str
    source: str
    allowed: frozenset[str]
    task: str = "add"
    language: str = "python"
    destructive: bool = False


def placeholders(source: str) -> frozenset[str]:
    """The names in capitals that stand in braces."""
    return frozenset(_PLACEHOLDER.findall(source))


def filled(source: str, values: dict[str, str]) -> str:
    """The source with placeholders replaced.

    Not ``str.format``: programs have braces of their own.

    Raises:
        KeyError: a placeholder has no value.
    """
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], source)
