"""tools/state: an episode is right where it leaves the database that the wanted calls leave.

The text of an episode holds calls (in any notation of parse.py) and what was said to the user. The
calls are replayed on a fresh copy of the world; then

    success = 1[hash(database) == hash(database after the wanted calls)] * 1[every output was said]

after tau-bench (Yao et al., arXiv:2406.12045). Departures: an output is said where it stands by
itself, not as a part of a longer number or word, and only speech counts, never a call; a task that
an agent who does nothing would pass is refused at load unless it is asked for.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.tools.grammar import Call, CallSyntaxError
from suite.plugins.rewards.tools.items import named
from suite.plugins.rewards.tools.parse import parse
from suite.plugins.rewards.tools.retail.changes import ADDRESS
from suite.plugins.rewards.tools.retail.tiny import DATABASE, ROWS
from suite.plugins.rewards.tools.retail.world import RetailWorld
from suite.plugins.rewards.tools.rows import read_json
from suite.plugins.rewards.tools.verifier import DO_NOTHING, as_tags
from suite.plugins.rewards.tools.world import State, StateHash

TABLES = ("users", "orders", "products")
MAX_SPEECH = 8_000  # a reply that lists every number of the shop says nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class Shop:
    """A world and the hash of its states."""

    world: RetailWorld
    hash: StateHash


@dataclass(frozen=True, kw_only=True, eq=False)
class StateItem:
    """A task: the wanted calls, the hash that they leave, and what must be said."""

    name: str
    shop: Shop
    gold: tuple[Call, ...]
    outputs: tuple[str, ...]
    wanted: str
    idle: bool  # doing nothing would pass


class StateVerifier(Verifier[StateItem]):
    """Episodes in the shop by the database that they leave.

    Args:
        keep_idle: keep tasks that an agent who does nothing passes.
    """

    def __init__(self, *, keep_idle: bool = False) -> None:
        self.keep_idle = keep_idle

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        """tau-bench's retail tasks; the database lies beside the file.

        Raises:
            SuiteError: a file is missing, cut short, or its rows have no wanted actions.
        """
        if data is None:
            return ROWS
        name = data.name.partition(".")[0].removeprefix("retail_tasks_")
        shared = {"database": str(data.parent), "tools": RetailWorld.schemas}
        return [
            {**row, "name": f"{name}_{index}", **shared}
            for index, row in enumerate(read_json(data))
        ]

    def item(self, row: Mapping[str, Any]) -> StateItem:
        name = str(row.get("name", "a row without a name"))
        if not isinstance(row.get("actions"), list):
            raise SuiteError(
                f"{name}: the row has no 'actions', the calls that lead to the wanted database.\n"
                "A row without an answer cannot be judged; leave it out."
            )
        shop = _shop(row.get("database"))
        gold = tuple(_action(one, name) for one in row["actions"])
        state = shop.world.initial_state()
        for number, call in enumerate(gold):
            state, observation = shop.world.call(state, call.name, call.arguments)
            # A wanted look-up may fail: the user of some tasks misremembers an email.
            if observation.failed and call.name not in shop.world.reads:
                raise _GoldError(f"{name}: action {number}, {call.name}: {observation.text}")
        wanted = shop.hash(state)
        outputs = tuple(map(str, row.get("outputs") or ()))
        idle = wanted == shop.hash(shop.world.initial_state()) and not outputs
        return StateItem(name=name, shop=shop, gold=gold, outputs=outputs, wanted=wanted, idle=idle)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[StateItem]:
        """Statuses: bad_row, gold_error (a wanted change fails), idle (doing nothing passes)."""
        found = [self._load(row) for row in rows]
        return Loaded(
            items=tuple(one for one in found if isinstance(one, StateItem)),
            refused=tuple(one for one in found if isinstance(one, Refusal)),
        )

    def _load(self, row: Mapping[str, Any]) -> StateItem | Refusal:
        name = str(row.get("name", "a row without a name"))
        try:
            item = self.item(row)
        except SuiteError as error:
            status = "gold_error" if isinstance(error, _GoldError) else "bad_row"
            return Refusal(name=name, status=status, reason=str(error))
        if item.idle and not self.keep_idle:
            reason = "the wanted calls change nothing and nothing must be said"
            return Refusal(name=name, status="idle", reason=reason)
        for gold in self.golds(item):
            judged = self._judge(gold, item)
            if judged.verdict is not Verdict.PASS:
                reason = f"the wanted calls do not pass: {judged.feedback}"
                return Refusal(name=name, status="gold_error", reason=reason)
        return item

    def golds(self, item: StateItem) -> Sequence[str]:
        said = f"\nDone. {'; '.join(item.outputs)}"
        return (as_tags(item.gold) + said,) if item.gold else (f"Done. {said}",)

    def hacks(self, item: StateItem) -> Sequence[Hack]:
        if item.idle:
            return (Hack(name="empty", text=""),)
        said, calls = "; ".join(item.outputs), as_tags(item.gold)
        somebody = next(iter(item.shop.world.database["users"]))
        elsewhere = {"user_id": somebody, **dict.fromkeys(ADDRESS, "elsewhere")}
        extra = Call(name="modify_user_address", arguments=elsewhere)
        hacks = {
            "empty": "",
            "do_nothing": DO_NOTHING,
            "only_thoughts": f"<think>{calls}\n{said}</think>",
            "unclosed": calls.removesuffix("</tool_call>") + said,
            "side_effect": as_tags([*item.gold, extra]) + f"\n{said}",
        }
        if item.outputs:
            hacks["said_in_a_call"] = as_tags(
                [*item.gold, Call(name="think", arguments={"thought": said})]
            )
        if item.wanted != item.shop.hash(item.shop.world.initial_state()):
            hacks["only_says_so"] = f"Done. {said}"
        return tuple(Hack(name=name, text=text) for name, text in hacks.items())

    def judge(self, answers: Sequence[str], items: Sequence[StateItem]) -> list[Judgement]:
        return [self._judge(text, item) for text, item in zip(answers, items, strict=True)]

    def _judge(self, text: str, item: StateItem) -> Judgement:
        try:
            turn = parse(text, tools=item.shop.world.tools)
        except CallSyntaxError as error:
            return Judgement(verdict=Verdict.BAD_SOURCE, score=0.0, feedback=str(error))
        if not turn.calls and not turn.speech:
            return Judgement(verdict=Verdict.NO_CODE, score=0.0, feedback="an empty episode")
        state, failures = replay(item.shop, turn.calls)
        return self.judge_state(state, turn.speech, failures, item)

    def judge_state(
        self, state: State, speech: str, failures: Sequence[str], item: StateItem
    ) -> Judgement:
        """The verdict on an episode by the database that it left and what was said in it.

        ``failures`` are the answers of calls that the shop refused.
        """
        if len(speech) > MAX_SPEECH:
            problem = f"more than {MAX_SPEECH} characters of speech"
            return Judgement(verdict=Verdict.FLOOD, score=0.0, feedback=problem)
        reached = item.shop.hash(state) == item.wanted
        spoken = [is_said(output, speech) for output in item.outputs]
        passed = reached and all(spoken)
        parts = {
            "state": float(reached),
            "outputs": sum(spoken) / len(spoken) if spoken else 1.0,
            "failed_calls": float(len(failures)),
        }
        verdict = Verdict.PASS if passed else Verdict.FAIL
        feedback = None if passed else failures[0] if failures else "the task is not done"
        return Judgement(verdict=verdict, score=float(passed), parts=parts, feedback=feedback)


class _GoldError(SuiteError):
    """A wanted action that the shop refuses."""


def replay(shop: Shop, calls: Sequence[Call]) -> tuple[State, list[str]]:
    """The state after the calls, from a fresh start, and the answers of those that failed."""
    state, failures = shop.world.initial_state(), []
    for call in calls:
        given = named(call, shop.world.tools.get(call.name))
        if given is None:
            failures.append(f"{call.name}: positional arguments without names")
            continue
        state, observation = shop.world.call(state, given.name, given.arguments)
        if observation.failed:
            failures.append(f"{call.name}: {observation.text}")
    return state, failures


def is_said(output: str, speech: str) -> bool:
    """Whether an output stands in the speech by itself; case and commas do not count."""
    plain = output.lower().replace(",", "")
    spoken = speech.lower().replace(",", "")
    return re.search(rf"(?<![\w.]){re.escape(plain)}(?!\w|\.\d)", spoken) is not None


def _action(row: Any, name: str) -> Call:
    arguments = row.get("kwargs", row.get("arguments")) if isinstance(row, Mapping) else None
    if not isinstance(arguments, Mapping) or not isinstance(row.get("name"), str):
        raise SuiteError(f"{name}: an action needs a 'name' and 'kwargs', got {str(row)[:80]}.")
    return Call(name=row["name"], arguments=dict(arguments))


@functools.lru_cache(maxsize=4)
def _shop(folder: str | None) -> Shop:
    """The shop whose tables lie in ``folder``; the embedded one without."""
    database = DATABASE if folder is None else _database(Path(folder))
    return Shop(world=RetailWorld(database), hash=StateHash(database))


def _database(folder: Path) -> State:
    tables = {}
    for table in TABLES:
        (found,) = read_json(folder / f"retail_{table}.json.gz")
        tables[table] = found
    return tables
