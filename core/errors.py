"""Errors that are the user's to mend.

Only SuiteError is the user's fault: one message that says what was asked, what exists and the next
step, and exit code 2. Anything else is ours: a traceback in the run's log, one line on the screen,
exit code 1.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

DISTRIBUTION = "reward-suite"  # the name on the package index; every printed install line reads it


class SuiteError(Exception):
    """Something the user asked for cannot be done; the message is the whole story."""


class UnknownSettingError(SuiteError):
    """A setting that does not exist, and what would have told: ``suite show`` reads it.

    Attributes:
        source: the function, class or pydantic model whose arguments are the settings; None where
            it could not be found.
        given: the settings that reached it, those that a factory adds included.
    """

    def __init__(self, message: str, *, source: Any, given: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.source, self.given = source, given


def unknown_name(kind: str, asked: str, known: Iterable[str], *, next_step: str) -> SuiteError:
    """The error for a name that does not exist.

    Args:
        kind: the singular noun, "domain" or "config key".
        asked: what the user wrote.
        known: every name that would have worked.
        next_step: a full sentence, "Run `suite list domains`."

    Returns:
        The error, to be raised by the caller.
    """
    names = sorted(known)
    close = difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    listed = ", ".join(names) if names else "none"
    return SuiteError(f"no {kind} named '{asked}'.{hint}\nKnown: {listed}.\n{next_step}")


def missing_extra(package: str, extra: str, *, needed_by: str) -> SuiteError:
    """The error for an optional dependency that is not installed, with the exact pip line."""
    return SuiteError(
        f"{needed_by} needs the package '{package}', which is not installed.\n"
        f"Run `pip install '{DISTRIBUTION}[{extra}]'`."
    )
