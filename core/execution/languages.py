"""The languages that programs may be in, and what each needs installed."""

from suite.core.errors import SuiteError, unknown_name
from suite.core.execution.program import Program

LANGUAGES = ("python",)


def check(program: Program) -> None:
    """Refuse what could not be run at all.

    Raises:
        SuiteError: an unknown language, or neither or both of calls and stdin.
    """
    if program.language not in LANGUAGES:
        raise unknown_name("language", program.language, LANGUAGES, next_step="Use one of these.")
    if program.entry is None and program.calls:
        raise SuiteError("a program with calls needs `entry`, the name of the function to call.")
    if program.entry is not None and program.stdin:
        raise SuiteError("a program is called or reads stdin, not both; drop `entry` or `stdin`.")
