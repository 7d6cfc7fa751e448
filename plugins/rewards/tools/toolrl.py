"""ToolRL's score of a turn, as its published code computes it by default.

Qian et al., "ToolRL: Reward is All Tool Learning Needs", arXiv:2504.13958, and the function that
goes with it (verl/utils/reward_score/rlla.py), without its switches in environment variables:

    R = R_format + R_correct                                              in [-3, 4]
    R_format  = 1 where the turn is exactly the tags of the wanted layout in order, else 0
    R_correct = 6 * S / S_max - 3 where calls are wanted, else 0
    S     = J(names) + sum over wanted g of best_p [J(keys_g, keys_p) + |{k: p_k == g_k}|]
    S_max = 1 + sum over wanted g of (1 + |arguments of g|)

``toolrl_score`` reads that layout alone. ``toolrl_turn`` takes calls that were read from any
notation: R_correct is the same function of them, also where no call is wanted (3 for none, -3 for
any), so that full marks are 4 everywhere; and R_format asks for the wanted kinds of content (calls
or none, speech or none) in place of the tags.

J is intersection over union of multisets; best_p is the best unused call of the same name, taken
greedily in the order of the wanted calls; a turn that does not parse has R_correct = -3. Values
are compared with Python's ``==`` (1, 1.0 and True are one value). We keep all of this, to compare.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

FULL = 4.0
CORRECT = 3.0
PATTERNS = {
    (True, False): r"<tool_call>\n.*?\n</tool_call>",
    (False, True): r"<response>.*?</response>",
    (True, True): r"<tool_call>\n.*?\n</tool_call>\n<response>.*?</response>",
}


@dataclass(frozen=True, kw_only=True)
class ToolRLScore:
    """The two terms of the score."""

    format: float
    correct: float

    @property
    def total(self) -> float:
        return self.format + self.correct


def toolrl_score(text: str, wanted: Sequence[Any], *, responds: bool) -> ToolRLScore:
    """ToolRL's R of a turn.

    Args:
        text: the turn.
        wanted: calls, each ``{"name", "parameters"}``.
        responds: the wanted turn has a <response>; one without calls always has.
    """
    correct = 0.0
    if wanted:
        try:
            correct = correctness(wanted, _calls(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            correct = -CORRECT  # what is not a list of calls is the model's fault
    layout = (bool(wanted), responds or not wanted)
    return ToolRLScore(format=_format(text, layout), correct=correct)


def toolrl_turn(
    calls: Sequence[Any] | None, *, speaks: bool, wanted: Sequence[Any], responds: bool
) -> ToolRLScore:
    """ToolRL's R of calls that were read from any notation.

    Args:
        calls: each ``{"name", "parameters"}``; None: the turn is empty or could not be read.
        speaks: the turn says something beside its calls.
        wanted: calls of the same form.
        responds: the wanted turn speaks as well as calls.
    """
    if calls is None:
        return ToolRLScore(format=0.0, correct=-CORRECT)
    as_wanted = (bool(calls), speaks) == (bool(wanted), responds or not wanted)
    return ToolRLScore(format=float(as_wanted), correct=correctness(wanted, calls))


def layout(calls: Iterable[Any], *, responds: bool) -> str:
    """A turn in ToolRL's layout."""
    lines = [json.dumps(call, ensure_ascii=False) for call in calls]
    parts = ["<think> The tools decide what to do. </think>"]
    if lines:
        parts.append("\n".join(["<tool_call>", *lines, "</tool_call>"]))
    if responds or not lines:
        parts.append("<response> Done. </response>")
    return "\n".join(parts)


def _format(text: str, layout: tuple[bool, bool]) -> float:
    calls, responds = layout
    once = (["tool_call"] if calls else []) + (["response"] if responds else [])
    counted = all(text.count(f"<{t}>") == 1 == text.count(f"</{t}>") for t in once)
    pattern = rf"^<think>.*?</think>\n{PATTERNS[layout]}$"
    return float(counted and re.search(pattern, text, re.DOTALL) is not None)


def _calls(text: str) -> list[Any]:
    """One JSON call a line of the first block.

    Raises:
        ValueError: there is no block, or a line is not JSON.
    """
    if "<tool_call>" not in text or "</tool_call>" not in text:
        raise ValueError("no <tool_call> block")
    block = text.split("<tool_call>", 2)[1].split("</tool_call>", 1)[0]
    return [json.loads(line) for line in block.strip().split("\n")]


def correctness(wanted: Sequence[Any], calls: Sequence[Any]) -> float:
    """R_correct, in [-3, 3]: names, names of parameters, values.

    Raises:
        KeyError, TypeError, AttributeError: a call lacks a name or parameters.
    """
    if list(wanted) == list(calls):
        return CORRECT
    score = jaccard([one["name"] for one in wanted], [one["name"] for one in calls])
    most = 1.0
    used: set[int] = set()
    for gold in wanted:
        most += 1.0 + len(gold["parameters"])
        best, index = 0.0, -1
        for i, call in enumerate(calls):
            if i not in used and call["name"] == gold["name"]:
                value = _pair(gold["parameters"], call["parameters"])
                if value > best:
                    best, index = value, i
        if index >= 0:
            used.add(index)
            score += best
    return 2 * CORRECT * score / most - CORRECT


def _pair(gold: dict[str, Any], given: dict[str, Any]) -> float:
    right = sum(1.0 for key, value in gold.items() if key in given and given[key] == value)
    return jaccard(list(gold), list(given)) + right


def jaccard(left: Sequence[str], right: Sequence[str]) -> float:
    """Intersection over union of two multisets; 1 for two empty ones, 0 for one."""
    if list(left) == list(right):
        return 1.0
    shared = (Counter(left) & Counter(right)).total()
    union = len(left) + len(right) - shared
    return shared / union if union and left and right else 0.0
