"""The languages that programs may be in, and what each needs installed."""

import functools
import re
import shutil
from dataclasses import dataclass

from suite.core.errors import SuiteError, unknown_name
from suite.core.execution.program import Program


@dataclass(frozen=True, kw_only=True)
class Language:
    """What a language needs.

    Attributes:
        programs: on the path; package: Debian's, which brings them; called: it has functions that
            can be called, beside reading stdin and printing.
    """

    programs: tuple[str, ...] = ()
    package: str = ""
    called: bool = True


LANGUAGES = {
    "python": Language(),
    "javascript": Language(programs=("node",), package="nodejs"),
    "verilog": Language(programs=("iverilog", "vvp"), package="iverilog", called=False),
}
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*\Z", re.ASCII)


@functools.cache
def programs() -> dict[str, str]:
    """Where the languages' programs are, by name; those that are missing are left out."""
    names = [name for language in LANGUAGES.values() for name in language.programs]
    return {name: path for name in names if (path := shutil.which(name)) is not None}


def require(language: str, *, needed_by: str) -> None:
    """Refuse a language that cannot run here; ``needed_by`` is a task's or a test's name.

    Raises:
        SuiteError: the language is unknown, or its programs are not installed.
    """
    if language not in LANGUAGES:
        raise unknown_name("language", language, LANGUAGES, next_step="Use one of these.")
    wanted = LANGUAGES[language]
    missing = [name for name in wanted.programs if name not in programs()]
    if missing:
        raise SuiteError(
            f"{needed_by} is in {language} and needs {' and '.join(missing)}, which is not on the "
            f"path.\nInstall it with `apt-get install {wanted.package}`."
        )


def check(program: Program) -> None:
    """Refuse what could not be run at all.

    Raises:
        SuiteError: a language that is unknown or not installed, or neither or both of calls and
            stdin.
    """
    require(program.language, needed_by="a program")
    if program.entry is None and program.calls:
        raise SuiteError("a program with calls needs `entry`, the name of the function to call.")
    if program.entry is not None and program.stdin:
        raise SuiteError("a program is called or reads stdin, not both; drop `entry` or `stdin`.")
    if program.entry is None:
        return
    if not LANGUAGES[program.language].called:
        raise SuiteError(f"a program in {program.language} has no functions; use `stdin`.")
    if program.language == "javascript" and not _IDENTIFIER.match(program.entry):
        raise SuiteError(f"'{program.entry}' is no name of a function in javascript.")
    if program.stub is not None and program.language != "python":
        raise SuiteError(f"only programs in python can call a stub, not {program.language}.")
