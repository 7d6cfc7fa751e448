"""``suite audit REWARD`` for a verifier: what it refuses, what it pays, how steady and how fast.

Golds are judged when rows load, and again here as answers among others. Hacks are texts that must
not be paid. Verdicts rest on clocks, so "two runs agree" is a measurement, not a proof.
"""

import inspect
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.audit import Finding
from suite.core.errors import SuiteError
from suite.core.verifier import Judgement, Loaded, Verdict, Verifier, VerifierReward

MOST_ITEMS = 200  # beyond it a spread sample is judged again; every row is loaded
NAMED = 5  # failures named in a row; the rest are counted
TIMED = 100  # answers judged alone


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One text for one item: what it is called, and the scores it may get."""

    name: str
    text: str
    item: Any
    at_least: float = float("-inf")
    at_most: float = float("inf")

    def accepts(self, judged: Judgement) -> bool:
        """Whether the judgement keeps the promise; a failure of the judge never does."""
        if judged.verdict is Verdict.INFRA_ERROR:
            return False
        return self.at_least <= judged.score <= self.at_most


def audit_reward(
    name: str, *, data: str | None = None, settings: Mapping[str, Any] | None = None
) -> list[Finding]:
    """Every check of the verifier called ``name``, on a file of rows or its embedded examples.

    Raises:
        SuiteError: no such reward, it is not a verifier, or the file cannot be read.
    """
    settings = dict(settings or {})
    with _verifier(name, settings) as verifier:
        loaded = verifier.load(verifier.rows(None if data is None else Path(data)))
        if not loaded.items:
            return [*_refusals(loaded), Finding(check="rows", ok=False, detail="none is left")]
        items = _spread(loaded.items, MOST_ITEMS)
        golds = _golds(verifier, items)
        cases = [*golds, *_hacks(verifier, items)]
        first = _judged(verifier, cases)
        rows = [
            *_refusals(loaded),
            *_promises(cases, first),
            _same("two runs agree", cases, first, _judged(verifier, cases)),
            *_speed(verifier, golds),
        ]
    if "workers" in inspect.signature(type(verifier).__init__).parameters:
        with _verifier(name, {**settings, "workers": 1}) as alone:
            again = _judged(alone, cases)
        rows.insert(-1, _same("one worker agrees", cases, first, again))
    return rows


def _verifier(name: str, settings: Mapping[str, Any]) -> Verifier[Any]:
    reward = registry.make_reward(name, settings)
    if not isinstance(reward, VerifierReward):
        raise SuiteError(
            f"the reward '{name}' judges no texts by itself; a task says what it scores.\n"
            "Audit a task that uses it: `suite list tasks`."
        )
    return reward.verifier


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    """At most ``most`` items, evenly over all."""
    if len(items) <= most:
        return list(items)
    return [items[i * len(items) // most] for i in range(most)]


def _golds(verifier: Verifier[Any], items: Sequence[Any]) -> list[_Case]:
    full = verifier.bounds[1]
    return [
        _Case(name="gold", text=text, item=item, at_least=full)
        for item in items
        for text in verifier.golds(item)
    ]


def _hacks(verifier: Verifier[Any], items: Sequence[Any]) -> list[_Case]:
    return [
        _Case(name=hack.name, text=hack.text, item=item, at_most=hack.at_most)
        for item in items
        for hack in verifier.hacks(item)
    ]


def _judged(verifier: Verifier[Any], cases: Sequence[_Case]) -> list[Judgement]:
    return verifier.judge([case.text for case in cases], [case.item for case in cases])


def _refusals(loaded: Loaded[Any]) -> list[Finding]:
    total = len(loaded.items) + len(loaded.refused)
    rows = [Finding(check="rows", ok=True, detail=f"{len(loaded.items)} of {total} loaded")]
    for status, count in sorted(Counter(one.status for one in loaded.refused).items()):
        named = [one for one in loaded.refused if one.status == status]
        shown = "; ".join(f"{one.name}: {one.reason}" for one in named[:NAMED])
        rows.append(Finding(check=f"refused, {status}", ok=True, detail=f"{count} ({shown})"))
    return rows


def _promises(cases: Sequence[_Case], judged: Sequence[Judgement]) -> list[Finding]:
    """One row a kind of text: how many were scored as promised, and what the others got."""
    rows = []
    for name in dict.fromkeys(case.name for case in cases):
        pairs = [pair for pair in zip(cases, judged, strict=True) if pair[0].name == name]
        broken = [(case, one) for case, one in pairs if not case.accepts(one)]
        verdicts = Counter(str(one.verdict) for _, one in pairs)
        counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
        detail = f"{len(pairs) - len(broken)} of {len(pairs)} as promised ({counted})"
        for case, one in broken[:NAMED]:
            detail += f"; {_short(case.text)} got {one.verdict}, score {one.score:g}"
        check = "gold scores full marks" if name == "gold" else f"not paid: {name}"
        rows.append(Finding(check=check, ok=not broken, detail=detail))
    return rows


def _same(
    check: str, cases: Sequence[_Case], first: Sequence[Judgement], second: Sequence[Judgement]
) -> Finding:
    differ = [
        f"{_short(case.text)}: {a.verdict} {a.score:g}, then {b.verdict} {b.score:g}"
        for case, a, b in zip(cases, first, second, strict=True)
        if (a.verdict, a.score) != (b.verdict, b.score)
    ]
    detail = f"{len(cases) - len(differ)} of {len(cases)}"
    return Finding(check=check, ok=not differ, detail="; ".join([detail, *differ[:NAMED]]))


def _speed(verifier: Verifier[Any], golds: Sequence[_Case]) -> list[Finding]:
    seconds = []
    for case in golds[:TIMED]:
        started = time.perf_counter()
        _judged(verifier, [case])
        seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    _judged(verifier, golds)
    whole = time.perf_counter() - started
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    alone = f"p50 {1e3 * statistics.median(seconds):.2f} ms, p99 {1e3 * last:.2f} ms"
    return [
        Finding(check="latency", ok=True, detail=f"{alone} for a gold alone, {len(seconds)} tried"),
        Finding(
            check="throughput",
            ok=True,
            detail=f"{len(golds) / whole:.0f} verdicts a second, {len(golds)} golds at once",
        ),
    ]


def _short(text: str, most: int = 40) -> str:
    return repr(text if len(text) <= most else text[:most] + "...")
