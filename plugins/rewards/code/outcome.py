"""From a run to tests that hold, a verdict, and words that a model may learn from.

Words name the error, the line of the answer and the first input that failed: never what was
expected, which would be paid for at the next attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from suite.core.execution.program import CallResult, ProgramError, Run
from suite.core.verifier import Verdict
from suite.plugins.rewards.code.cases import Case, StdinCase, shorten
from suite.plugins.rewards.code.compare import same_output
from suite.plugins.rewards.code.items import CodeItem
from suite.plugins.rewards.code.programs import INPUTS, MAX_SOURCE, Attempt
from suite.plugins.rewards.code.stub import tally


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an answer's tests, or of a part of them.

    Attributes:
        passed, total: tests; total is above 0. feedback: None where every test holds.
    """

    verdict: Verdict
    passed: int
    total: int
    feedback: str | None = None


def unread(why: str, item: CodeItem) -> Outcome:
    """An answer without a source that could run: "no_code" or "too_long"."""
    total = _total(item)
    if why == "no_code":
        feedback = f"the answer holds no {item.language}"
        return Outcome(verdict=Verdict.NO_CODE, passed=0, total=total, feedback=feedback)
    feedback = f"the source has more than {MAX_SOURCE:,} characters"
    return Outcome(verdict=Verdict.BAD_SOURCE, passed=0, total=total, feedback=feedback)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several parts of the tests; the first part that did not pass has the word."""
    worst = next((one for one in outcomes if one.verdict is not Verdict.PASS), outcomes[0])
    return Outcome(
        verdict=worst.verdict,
        passed=sum(one.passed for one in outcomes),
        total=sum(one.total for one in outcomes),
        feedback=worst.feedback,
    )


def of_cases(run: Run, item: CodeItem, attempt: Attempt) -> Outcome:
    """The tests that the parent decides."""
    tests: Sequence[Case | StdinCase] = item.stdin_cases or item.cases
    held = [_holds(test, result) for test, result in zip(tests, run.results, strict=False)]
    total = len(tests)
    if run.verdict is not Verdict.PASS:
        return _ended(run, item, attempt, passed=sum(held), total=total, reached=len(held))
    if len(held) == total and all(held):
        return Outcome(verdict=Verdict.PASS, passed=total, total=total)
    first = held.index(False)
    error = run.results[first].error
    what = "a wrong answer" if error is None else _told(error, attempt)
    feedback = f"{what} on {_shown(tests[first], item)}"
    return Outcome(verdict=Verdict.FAIL, passed=sum(held), total=total, feedback=feedback)


def of_suite(run: Run, item: CodeItem, attempt: Attempt) -> Outcome:
    """The asserts that ran in a process of their own; unknown in number if it did not end."""
    if run.verdict is not Verdict.PASS:
        return _ended(run, item, attempt, passed=0, total=1, reached=None)
    [result] = run.results
    if result.error is not None:
        feedback = f"the test suite ended with {result.error.kind}"
        return Outcome(verdict=Verdict.FAIL, passed=0, total=1, feedback=feedback)
    report = tally(result.value)
    if report.ok:
        return Outcome(verdict=Verdict.PASS, passed=report.passed, total=report.total)
    on = f" on {report.failed.shown(item.entry or '')}" if report.failed is not None else ""
    return Outcome(
        verdict=Verdict.FAIL,
        passed=report.passed,
        total=max(report.total, 1),
        feedback=f"a wrong answer or an error{on}",
    )


def _total(item: CodeItem) -> int:
    return max(1, len(item.stdin_cases or item.cases) + (item.suite is not None))


def _holds(test: Case | StdinCase, result: CallResult) -> bool:
    if not result.ok:
        return False
    if isinstance(test, StdinCase):
        return result.stdout is not None and same_output(result.stdout, test.stdout)
    return test.check.holds(result.value)


def _ended(
    run: Run, item: CodeItem, attempt: Attempt, *, passed: int, total: int, reached: int | None
) -> Outcome:
    """A program that did not come to the end of its inputs."""
    verdict = run.verdict
    if verdict is Verdict.BAD_SOURCE and not attempt.is_code:
        # Prose is no attempt at code; what is neither fenced nor defines the function is prose.
        verdict = Verdict.NO_CODE
    words = [f"{verdict}"]
    if run.error is not None:
        words.append(_told(run.error, attempt))
    elif run.detail:
        words.append(run.detail)
    tests: Sequence[Case | StdinCase] = item.stdin_cases or item.cases
    if run.error is None and reached is not None and reached < len(tests):
        words.append(f"on {_shown(tests[reached], item)}")
    return Outcome(verdict=verdict, passed=passed, total=total, feedback=": ".join(words))


def _told(error: ProgramError, attempt: Attempt) -> str:
    """The error in the candidate's words, its line counted in the answer."""
    text = f"{error.kind}: {error.message.replace(INPUTS, 'the call')}".rstrip(": ")
    line = (error.line or 0) - attempt.offset
    return f"{text} (line {line})" if 1 <= line <= attempt.lines else text


def _shown(test: Case | StdinCase, item: CodeItem) -> str:
    if isinstance(test, StdinCase):
        return f"the input {shorten(repr(test.stdin))}"
    return test.call.shown(item.entry or "")
