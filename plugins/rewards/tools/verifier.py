"""tools/calls: judges one turn against the calls that were wanted, by one of three rules.

``ours`` (credit.py), ``toolrl`` (toolrl.py) and ``bfcl`` (bfcl.py). The rule and every weight are
arguments; nothing is read from the environment. No tool is run and no text is evaluated.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from suite.core.errors import SuiteError, unknown_name
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.tools import foreign
from suite.plugins.rewards.tools.bfcl import bfcl_error
from suite.plugins.rewards.tools.credit import Credit, Weights, credit
from suite.plugins.rewards.tools.equality import fits
from suite.plugins.rewards.tools.examples import EXAMPLES
from suite.plugins.rewards.tools.grammar import Call, CallSyntaxError
from suite.plugins.rewards.tools.hacks import hacks
from suite.plugins.rewards.tools.items import (
    GoldCall,
    GoldError,
    IllTyped,
    ToolItem,
    named,
    read_item,
)
from suite.plugins.rewards.tools.parse import Parsed, parse
from suite.plugins.rewards.tools.rows import read_rows
from suite.plugins.rewards.tools.schema import SchemaError
from suite.plugins.rewards.tools.toolrl import FULL, layout, toolrl_score, toolrl_turn

Rule = Literal["ours", "toolrl", "bfcl"]
Notation = Literal["tags", "any"]
NOTATIONS: tuple[Notation, ...] = ("tags", "any")
RULES: tuple[Rule, ...] = ("ours", "toolrl", "bfcl")
BOUNDS = {"ours": (0.0, 1.0), "toolrl": (-3.0, FULL), "bfcl": (0.0, 1.0)}
# A turn that thinks, says that it does nothing, and calls nothing: valid under every rule.
DO_NOTHING = (
    "<think>No tool is needed.</think>\n<response>I will not call any of the tools.</response>"
)
PYTHON_NAME = re.compile(r"[A-Za-z_][\w\-]*(\.[A-Za-z_][\w\-]*)*")


class ToolVerifier(Verifier[ToolItem]):
    """Turns against wanted calls.

    Args:
        rule: "ours", "toolrl" or "bfcl"; bounds are [0, 1], [-3, 4] and {0, 1}.
        name, keys, values: shares of a call's score under "ours", scaled to sum to 1.
        extra_cost: what an unwanted call costs under "ours".
        partial: under "ours", whether anything short of full marks is paid.
        notation: under "toolrl", "tags": only its published layout holds calls; "any": every
            notation that parse.py reads does, as under the other rules.
        ill_typed: rows whose answer its own tool would refuse, under "ours": "refuse", or judge
            the argument "as_answer", by the type that the answer has.

    Raises:
        SuiteError: the rule is unknown, or the weights are negative.
    """

    def __init__(
        self,
        *,
        rule: str = "ours",
        name: float = 0.2,
        keys: float = 0.2,
        values: float = 0.6,
        extra_cost: float = 1.0,
        partial: bool = True,
        notation: str = "tags",
        ill_typed: str = "refuse",
    ) -> None:
        if rule not in RULES:
            raise unknown_name("rule for tool calls", rule, RULES, next_step="Name one of them.")
        if notation not in NOTATIONS:
            raise unknown_name("notation", notation, NOTATIONS, next_step="Name one of them.")
        if ill_typed not in {"refuse", "as_answer"}:
            raise SuiteError(f"ill_typed must be 'refuse' or 'as_answer', got {ill_typed!r}.")
        self.rule = rule
        self.bounds = BOUNDS[rule]
        self.weights = Weights(name=name, keys=keys, values=values, extra_cost=extra_cost)
        self.partial = partial
        self.published = rule == "toolrl" and notation == "tags"
        self.ill_typed: IllTyped = "as_answer" if ill_typed == "as_answer" else "refuse"

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return EXAMPLES if data is None else read_rows(data)

    def item(self, row: Mapping[str, Any]) -> ToolItem:
        return read_item(row, ill_typed=self.ill_typed if self.rule == "ours" else "ignore")

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[ToolItem]:
        """Items whose golds all get full marks; others are refused.

        Statuses: bad_row (no answer, not a row), bad_schema (no call could be checked), gold_error.
        """
        found = [self._load(row) for row in rows]
        return Loaded(
            items=tuple(one for one in found if isinstance(one, ToolItem)),
            refused=tuple(one for one in found if isinstance(one, Refusal)),
        )

    def _load(self, row: Mapping[str, Any]) -> ToolItem | Refusal:
        name = str(row.get("name", "a row without a name"))
        try:
            item = self.item(row)
        except SuiteError as error:
            kinds = {SchemaError: "bad_schema", GoldError: "gold_error"}
            return Refusal(name=name, status=kinds.get(type(error), "bad_row"), reason=str(error))
        for gold in self.golds(item):
            judged = self._judge(gold, item)
            if judged.verdict is not Verdict.PASS:
                reason = f"the wanted calls score {judged.score:g}: {judged.feedback}"
                return Refusal(name=name, status="gold_error", reason=reason)
        return item

    def golds(self, item: ToolItem) -> Sequence[str]:
        """The wanted calls in several notations; and in another order, where that is free."""
        if self.rule == "toolrl" and (self.published or item.responds):
            return (layout(toolrl_calls(item), responds=item.responds),)
        calls = [self._written(gold, item) for gold in item.gold]
        if not calls:
            return (DO_NOTHING, "None of the tools is of use here.")
        golds = [as_tags(calls), as_json(calls)]
        if all(PYTHON_NAME.fullmatch(call.name) for call in calls):
            golds.append(as_python(calls))
        if len(calls) > 1 and not item.ordered:
            golds.append(as_tags(calls[::-1]))
        return tuple(golds)

    def _written(self, gold: GoldCall, item: ToolItem) -> Call:
        """The wanted call; under "bfcl" with the literals of the tool's language."""
        if self.rule != "bfcl":
            return gold.first()
        return in_language(Call(name=gold.name, arguments=bfcl_first(gold)), item)

    def hacks(self, item: ToolItem) -> Sequence[Hack]:
        """Known hacks. Ours and BFCL's rule pay none; ToolRL's pays some, short of full marks."""
        golds = [self._written(gold, item) for gold in item.gold]
        if self.rule == "toolrl":
            return hacks(item, golds, at_most=FULL - 0.01 if golds else 0.0, key="parameters")
        return hacks(item, golds, at_most=0.0)

    def judge(self, answers: Sequence[str], items: Sequence[ToolItem]) -> list[Judgement]:
        return [self._judge(text, item) for text, item in zip(answers, items, strict=True)]

    def _judge(self, text: str, item: ToolItem) -> Judgement:
        if self.rule == "toolrl":
            return self._judge_toolrl(text, item)
        try:
            turn = parse(text, tools=item.tools)
        except CallSyntaxError as error:
            return Judgement(verdict=Verdict.BAD_SOURCE, score=0.0, feedback=str(error))
        if not turn.calls and not turn.speech:
            return Judgement(verdict=Verdict.NO_CODE, score=0.0, feedback="an empty turn")
        if self.rule == "bfcl":
            problem = bfcl_error(turn.calls, item)
            return _judgement(turn, item, float(problem is None), problem is None, {}, problem)
        found = credit(turn.calls, turn.speech, item, self.weights)
        score = found.score if self.partial or found.exact else 0.0
        return _judgement(turn, item, score, found.exact, found.parts, _feedback(turn, item, found))

    def _judge_toolrl(self, text: str, item: ToolItem) -> Judgement:
        wanted = toolrl_calls(item)
        if self.published:
            found = toolrl_score(text, wanted, responds=item.responds)
        else:
            calls, speaks = _read(text, item)
            found = toolrl_turn(calls, speaks=speaks, wanted=wanted, responds=item.responds)
        full = FULL if item.gold or not self.published else 1.0
        passed = found.total >= full - 1e-9
        parts = {"format": found.format, "correct": found.correct}
        verdict = Verdict.PASS if passed else Verdict.FAIL
        return Judgement(verdict=verdict, score=found.total, parts=parts)


def do_nothing(verifier: ToolVerifier, items: Sequence[ToolItem]) -> float:
    """Mean score of an agent that never calls a tool; print it beside every result."""
    if not items:
        raise ValueError("do_nothing needs at least one item")
    judged = verifier.judge([DO_NOTHING] * len(items), items)
    return sum(one.score for one in judged) / len(items)


def toolrl_calls(item: ToolItem) -> list[dict[str, Any]]:
    """The wanted calls as ToolRL has them: one right value an argument."""
    return [_plain(gold.first()) for gold in item.gold]


def _plain(call: Call) -> dict[str, Any]:
    return {"name": call.name, "parameters": call.arguments}


def _read(text: str, item: ToolItem) -> tuple[list[dict[str, Any]] | None, bool]:
    """A turn's calls in ToolRL's form, and whether it speaks; no list: empty, or unreadable.

    A value without a name that no tool names stands in no parameter, so it earns nothing.
    """
    try:
        turn = parse(text, tools=item.tools)
    except CallSyntaxError:
        return None, False
    if not turn.calls and not turn.speech:
        return None, False
    calls = [named(call, item.tools.get(call.name)) or call for call in turn.calls]
    return [_plain(call) for call in calls], bool(turn.speech)


def in_language(call: Call, item: ToolItem) -> Call:
    """The call as BFCL expects it: every argument of a Java or JavaScript tool is a text."""
    if item.language == "python":
        return call
    documents = item.documents[call.name]["parameters"]["properties"]
    arguments = {}
    for key, value in call.arguments.items():
        document = documents.get(key, {})
        kind, inner = str(document.get("type")), document.get("items", {}).get("type")
        arguments[key] = (
            foreign.write_java(value, kind, inner)
            if item.language == "java"
            else foreign.write_javascript(value, kind)
        )
    return Call(name=call.name, arguments=arguments)


def bfcl_first(gold: GoldCall) -> dict[str, Any]:
    """The first accepted value of every argument that has one, ill-typed ones included."""
    found = {}
    for key, values in gold.accepted.items():
        given = [value for value in values if value != ""]
        if given or not gold.arguments.keys[key].optional:
            found[key] = _example(given[0] if given else "")
    return found


def _example(value: Any) -> Any:
    if isinstance(value, Mapping):
        firsts = {k: v[0] if isinstance(v, list) else v for k, v in value.items() if v != [""]}
        return {k: _example(v) for k, v in firsts.items()}
    return [_example(one) for one in value] if isinstance(value, list) else value


def as_tags(calls: Sequence[Call]) -> str:
    """Calls as JSON lines in one <tool_call> block."""
    lines = [json.dumps({"name": c.name, "arguments": c.arguments}) for c in calls]
    return "\n".join(["<tool_call>", *lines, "</tool_call>"])


def as_json(calls: Sequence[Call]) -> str:
    """Calls as one JSON array."""
    return json.dumps([{"name": c.name, "arguments": c.arguments} for c in calls])


def as_python(calls: Sequence[Call]) -> str:
    """Calls as a list of Python calls."""
    return f"[{', '.join(map(_python, calls))}]"


def _python(call: Call) -> str:
    """One Python call; an argument that is no identifier makes it JSON."""
    if not all(key.isidentifier() for key in call.arguments):
        return json.dumps({"name": call.name, "arguments": call.arguments})
    return f"{call.name}({', '.join(f'{k}={v!r}' for k, v in call.arguments.items())})"


def _judgement(
    turn: Parsed,
    item: ToolItem,
    score: float,
    passed: bool,
    parts: Mapping[str, float],
    feedback: str | None,
) -> Judgement:
    if passed:
        return Judgement(verdict=Verdict.PASS, score=score, parts=parts)
    silent = bool(item.gold) and not turn.calls
    verdict = Verdict.NO_CODE if silent else Verdict.FAIL
    return Judgement(verdict=verdict, score=score, parts=parts, feedback=feedback)


def _feedback(turn: Parsed, item: ToolItem, found: Credit) -> str:
    """What the schemas alone tell, and how many calls were right; never a wanted value."""
    problems = [_problem(call, item) for call in turn.calls]
    first = next((one for one in problems if one is not None), None)
    if first is not None:
        return first
    if not turn.calls:
        return "no tool was called"
    return f"{found.num_exact} of {len(turn.calls)} calls are right"


def _problem(call: Call, item: ToolItem) -> str | None:
    """Why the tool itself would refuse a call."""
    tool = item.tools.get(call.name)
    if tool is None:
        return f"there is no tool '{call.name[:60]}'"
    given = named(call, tool)
    if given is None:
        return f"'{call.name}': its positional arguments have no names"
    schema = tool.arguments
    for key, value in given.arguments.items():
        kind = schema.properties.get(key, schema.extra)
        if kind is None:
            return f"'{call.name}' has no argument '{key[:60]}'"
        if not fits(value, kind):
            return f"'{call.name}': the argument '{key[:60]}' is of the wrong type"
    missing = sorted(schema.required - given.arguments.keys())
    return f"'{call.name}' lacks '{missing[0]}'" if missing else None
