"""What goes into the sandbox and what comes out of it.

Nothing here knows an expected value: a program gets source and inputs, and a run holds values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.verifier import Verdict

Call = tuple[Sequence[Any], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Program:
    """Source with what to do with it; exactly one of ``calls`` and ``stdin`` is used.

    Attributes:
        source: the text that a model wrote; language: a key of ``languages.LANGUAGES``.
        entry: the function to call; calls: (args, kwargs) of plain typed values, sent one at a
            time, each decoded afresh.
        stdin: one text a launch, for programs that read and print.
        stub: a name that the program may call; its calls are answered by another program
            (``Sandbox.run_suites``).
    """

    source: str
    language: str = "python"
    entry: str | None = None
    calls: tuple[Call, ...] = ()
    stdin: tuple[str, ...] = ()
    stub: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProgramError:
    """What a program raised, in its own words, cut short.

    Attributes:
        kind: class name; message: at most 500 letters; line: of the source, None outside it.
    """

    kind: str
    message: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """What one call, or one text on stdin, came to.

    Attributes:
        value: what was returned, rebuilt by the parent from plain types; None beside an error.
        error: what was raised, or that the value is of no type that can be judged.
        stdout: what was printed (stdin programs only); undecodable bytes as lone surrogates.
    """

    value: Any = None
    error: ProgramError | None = None
    stdout: str | None = None

    @property
    def ok(self) -> bool:
        """It came to an end without an error."""
        return self.error is None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One program's run.

    Attributes:
        verdict: PASS says that it ran to the end of its inputs, not that any answer is right.
            FAIL: the source itself raised, or lacks ``entry``.
        results: of the inputs that were answered, in order; fewer than asked unless PASS.
        seconds: wall clock; cpu_seconds: of the program, as measured from outside.
        error: what the source raised, or why it does not compile.
        detail: one sentence on any verdict but PASS.
    """

    verdict: Verdict
    results: tuple[CallResult, ...] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    error: ProgramError | None = None
    detail: str | None = None
