"""Three rules for tool calls beside each other, on every file of tool data: JSON lines.

A line a category: rows, refusals by status, golds with full marks under each rule, the score of an
agent that calls nothing, and for each change to a gold how many rows each rule still gives full
marks. A change applies to rows where it changes something. The first rows on which ours and BFCL
disagree are named.

    python benchmarks/tools_rules.py            # reads $SUITE_DATA/tools
    python benchmarks/tools_rules.py FOLDER
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from suite.core.verifier import Verdict, Verifier
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import ToolItem
from suite.plugins.rewards.tools.state import StateVerifier
from suite.plugins.rewards.tools.toolrl import layout
from suite.plugins.rewards.tools.verifier import (
    DO_NOTHING,
    RULES,
    ToolVerifier,
    as_tags,
    bfcl_first,
    do_nothing,
    in_language,
)

Calls = list[Call]
EXAMPLES_SHOWN = 3


def changed(call: Call, change: Callable[[Any], Any]) -> Call:
    """The call with the first argument that the change changes."""
    for key, value in call.arguments.items():
        new = change(value)
        if repr(new) != repr(value):
            return Call(name=call.name, arguments={**call.arguments, key: new})
    return call


def as_text(value: Any) -> Any:
    """5 as "5"."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def as_float(value: Any) -> Any:
    """5 as 5.0."""
    return float(value) if type(value) is int and abs(value) < 2**53 else value


def shifted(value: Any) -> Any:
    """A number that is off by one."""
    return value + 1 if isinstance(value, int | float) and not isinstance(value, bool) else value


def unpunctuated(value: Any) -> Any:
    """A text in capitals without punctuation."""
    return (
        value.translate(str.maketrans("", "", " ,./-_*^")).upper() if type(value) is str else value
    )


def other(item: ToolItem) -> Calls:
    """The last accepted value of every argument."""
    calls = []
    for gold in item.gold:
        arguments = bfcl_first(gold)
        last = replace(gold, accepted={key: gold.accepted[key][::-1] for key in arguments})
        calls.append(Call(name=gold.name, arguments=bfcl_first(last)))
    return calls


def shortest(item: ToolItem) -> Calls:
    """The wanted calls without the arguments that may be left out."""
    calls = []
    for gold in item.gold:
        marked = {key for key, options in gold.arguments.keys.items() if options.optional}
        given = {k: v for k, v in bfcl_first(gold).items() if k not in marked}
        calls.append(Call(name=gold.name, arguments=given))
    return calls


def first(item: ToolItem) -> Calls:
    """The wanted calls with the first accepted values."""
    return [Call(name=gold.name, arguments=bfcl_first(gold)) for gold in item.gold]


def mapped(change: Callable[[Any], Any]) -> Callable[[ToolItem], Calls]:
    """The wanted calls, the first changed in one argument."""
    return lambda item: [
        changed(call, change) if i == 0 else call for i, call in enumerate(first(item))
    ]


CHANGES: dict[str, Callable[[ToolItem], Calls]] = {
    "other_accepted_values": other,
    "optional_left_out": shortest,
    "reversed_order": lambda item: first(item)[::-1],
    "number_as_text": mapped(as_text),
    "int_as_float": mapped(as_float),
    "number_off_by_one": mapped(shifted),
    "text_without_punctuation": mapped(unpunctuated),
    "first_call_twice": lambda item: [*first(item), *first(item)[:1]],
    "last_call_missing": lambda item: first(item)[:-1],
}


def written(verifier: ToolVerifier, calls: Calls, item: ToolItem) -> str:
    """A turn with the calls, in the notation of the rule."""
    if verifier.rule == "toolrl":
        lines = [{"name": call.name, "parameters": call.arguments} for call in calls]
        return layout(lines, responds=item.responds)
    if verifier.rule == "bfcl":
        calls = [in_language(call, item) for call in calls]
    return as_tags(calls) if calls else DO_NOTHING


def full(verifier: ToolVerifier, calls: Calls, item: ToolItem) -> bool:
    """Whether the rule gives the calls full marks."""
    text = written(verifier, calls, item)
    return verifier.judge([text], [item])[0].verdict is Verdict.PASS


def compare(name: str, rows: Sequence[Any]) -> dict[str, Any]:
    """One line: a category under the three rules."""
    verifiers = {rule: ToolVerifier(rule=rule) for rule in RULES}
    loaded = {rule: verifier.load(rows) for rule, verifier in verifiers.items()}
    items = {rule: {item.name: item for item in one.items} for rule, one in loaded.items()}
    shared = [key for key in items["ours"] if all(key in found for found in items.values())]
    changes, disagreements = {}, Counter[str]()
    examples: dict[str, list[str]] = {}
    for change, make in CHANGES.items():
        counts = Counter[str]()
        for key in shared:
            item = items["ours"][key]
            calls = make(item)
            if [*map(repr, calls)] == [*map(repr, first(item))]:
                continue
            counts["rows"] += 1
            verdict = {r: full(verifiers[r], calls, items[r][key]) for r in RULES}
            counts.update(rule for rule, passed in verdict.items() if passed)
            for rule in ("toolrl", "bfcl"):
                if verdict[rule] != verdict["ours"]:
                    disagreements[f"ours_{rule}"] += 1
            if (
                verdict["bfcl"] != verdict["ours"]
                and len(examples.get(change, ())) < EXAMPLES_SHOWN
            ):
                examples.setdefault(change, []).append(key)
        changes[change] = {key: counts[key] for key in ("rows", *RULES)}
    return {
        "benchmark": "tools_rules",
        "category": name,
        "rows": len(rows),
        "gold_full": {rule: len(one.items) for rule, one in loaded.items()},
        "gold_full_as_answer": len(ToolVerifier(ill_typed="as_answer").load(rows).items),
        "refused": {
            rule: dict(Counter(one.status for one in found.refused))
            for rule, found in loaded.items()
        },
        "do_nothing": {
            rule: round(do_nothing(verifiers[rule], one.items), 4) for rule, one in loaded.items()
        },
        "changes": changes,
        "disagreements": dict(disagreements),
        "ours_and_bfcl_differ_on": examples,
    }


def shop(path: Path) -> dict[str, Any]:
    """One line: tasks of the shop that replay, and what doing nothing scores."""
    verifiers: dict[str, Verifier[Any]] = {
        "default": StateVerifier(),
        "keep_idle": StateVerifier(keep_idle=True),
    }
    rows = list(verifiers["default"].rows(path))
    loaded = {name: verifier.load(rows) for name, verifier in verifiers.items()}
    return {
        "benchmark": "tools_state",
        "category": path.name.partition(".")[0],
        "rows": len(rows),
        "gold_full": {name: len(one.items) for name, one in loaded.items()},
        "refused": [f"{one.name}: {one.status}: {one.reason}" for one in loaded["default"].refused],
        "do_nothing": {
            name: round(do_nothing(verifiers[name], one.items), 4) for name, one in loaded.items()
        },
    }


def speed(path: Path) -> dict[str, Any]:
    """One line: verdicts a CPU second of one thread, golds of one file."""
    line: dict[str, Any] = {"benchmark": "tools_speed", "category": path.name.partition(".")[0]}
    for rule in RULES:
        verifier = ToolVerifier(rule=rule)
        items = list(verifier.load(verifier.rows(path)).items)
        texts = [verifier.golds(item)[0] for item in items]
        verifier.judge(texts, items)
        start = time.process_time()
        verifier.judge(texts * 3, items * 3)
        line[f"{rule}_per_second"] = round(3 * len(items) / (time.process_time() - start))
    return line


def main() -> None:
    """Print the lines."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SUITE_DATA", "")
    folder = Path(given) if len(sys.argv) > 1 else Path(given) / "tools"
    files = [
        *sorted(folder.glob("bfcl/BFCL_v4_*")),
        *sorted(folder.glob("api_bank_*")),
        *sorted(folder.glob("toolrl_*")),
    ]
    if not files:
        raise SystemExit(f"no tool data in {folder}: set SUITE_DATA or give the folder")
    for file in files:
        rows = list(ToolVerifier().rows(file))
        print(json.dumps(compare(file.name.partition(".")[0], rows)), flush=True)
    for file in sorted(folder.glob("tau_bench/retail_tasks_*")):
        print(json.dumps(shop(file)), flush=True)
    print(json.dumps(speed(folder / "bfcl" / "BFCL_v4_parallel_multiple.json.gz")))


if __name__ == "__main__":
    main()
