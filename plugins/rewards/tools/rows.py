"""Rows of the data sets that tools/calls knows, in the form that items.py reads.

- BFCL: a file ``BFCL_v4_<category>.json[.gz]`` with its answers in ``possible_answer/`` beside it;
  irrelevance has no answer file, for no call is right. A multi-turn file gives one row a turn, with
  the turns before it as its history; tools come from ``multi_turn_func_doc/``.
- API-Bank as ToolRL distributes it (``api_bank_level<n>``), and ToolRL's rlla (JSON or parquet):
  tools are read from the text of the system prompt.
- JSON lines in the form of items.py itself.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError, missing_extra
from suite.plugins.rewards.tools.grammar import Call, CallSyntaxError, Reader
from suite.plugins.rewards.tools.parse import parse

CLASS_FILES = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}
LANGUAGES = {"simple_java": "java", "simple_javascript": "javascript"}
TOOL_TEXT = re.compile(
    r"^\d+\. (?:Name: )?(?P<name>[^\n:]+?)(?::[^\n]*)?\n(?:Description:.*?\n)?"
    r"Parameters: (?P<parameters>\{[^\n]*\})\s*$",
    re.MULTILINE | re.DOTALL,
)


def read_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file, in its order.

    Raises:
        SuiteError: the file is missing, cut short, not JSON, or of no known form.
    """
    name = path.name.partition(".")[0]
    if name.startswith("BFCL_v4_multi_turn"):
        yield from _multi_turn(path, name.removeprefix("BFCL_v4_"))
    elif name.startswith("BFCL_v4_"):
        yield from _single_turn(path, name.removeprefix("BFCL_v4_"))
    elif path.suffix == ".parquet":
        for index, row in enumerate(_parquet(path)):
            yield _rlla(row, index)
    else:
        yield from _others(path, name)


def read_json(path: Path) -> list[Any]:
    """The values of a JSON or JSON-lines file, gzipped or not.

    Raises:
        SuiteError: there is no such file, or it is cut short or not JSON; the message has the line.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SuiteError(f"cannot read {path}: {reason}.\nGive an existing file.") from error
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} is cut short or damaged: {error}.\nFetch it again.") from error
    try:
        if text.lstrip().startswith("[") or "\n{" not in text.strip():
            whole = json.loads(text)
            return whole if isinstance(whole, list) else [whole]
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise SuiteError(f"{path} is not JSON: {error}.\nFetch it again.") from error


def _others(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    for index, row in enumerate(read_json(path)):
        if not isinstance(row, Mapping):
            raise SuiteError(f"{path}, row {index}: not an object.")
        if {"system", "user", "answer"} <= row.keys():
            yield _api_bank(row, f"{name}_{index}")
        elif {"instruction", "input", "output"} <= row.keys():
            yield _rlla(row, index)
        elif "tools" in row:
            yield {"name": f"{name}_{index}", **row}
        else:
            raise SuiteError(
                f"{path}, row {index}: keys {', '.join(map(str, row))} are of no known form.\n"
                "Known: BFCL, API-Bank and rlla files, and rows with 'tools' and 'answer'."
            )


# --- BFCL ----------------------------------------------------------------------------------------


def _answers(path: Path) -> dict[str, Any]:
    beside = path.parent / "possible_answer" / path.name
    return {row["id"]: row["ground_truth"] for row in read_json(beside)}


def _single_turn(path: Path, category: str) -> Iterator[Mapping[str, Any]]:
    answers = None if category.endswith("irrelevance") else _answers(path)
    for row in read_json(path):
        found = {} if answers is None else {"possible_answer": answers.get(row["id"])}
        yield {
            "name": row["id"],
            "category": category,
            "language": LANGUAGES.get(category, "python"),
            "prompt": row["question"][0],
            "tools": row["function"],
            **({"possible_answer": []} if answers is None else found),
        }


def _multi_turn(path: Path, category: str) -> Iterator[Mapping[str, Any]]:
    answers = _answers(path)
    documents = {
        key: read_json(path.parent / "multi_turn_func_doc" / f"{file}.json.gz")
        for key, file in CLASS_FILES.items()
    }
    for row in read_json(path):
        tools = [tool for key in row["involved_classes"] for tool in documents[key]]
        tools = [tool for tool in tools if tool["name"] not in row.get("excluded_function", ())]
        withheld = {int(turn): set(names) for turn, names in row.get("missed_function", {}).items()}
        turns = answers.get(row["id"]) or []
        for turn, wanted in enumerate(turns):
            missing = {name for when, names in withheld.items() if turn < when for name in names}
            yield {
                "name": f"{row['id']}/turn_{turn}",
                "category": category,
                "ordered": True,
                "prompt": row["question"][turn],
                "history": [row["question"][:turn], turns[:turn]],
                "tools": [tool for tool in tools if tool["name"] not in missing],
                "answer": _called(wanted, tools, row["id"]),
            }


def _called(texts: list[str], tools: list[Any], name: str) -> list[dict[str, Any]]:
    """BFCL's multi-turn answers are Python calls as text, some with positional arguments."""
    orders = {tool["name"]: list(tool["parameters"]["properties"]) for tool in tools}
    try:
        calls = [Reader(text).call() for text in texts]
    except CallSyntaxError as error:
        raise SuiteError(f"{name}: an answer is not a call: {error}.") from error
    return [_plain(call, orders.get(call.name, [])) for call in calls]


def _plain(call: Call, order: list[str]) -> dict[str, Any]:
    given = dict(zip(order, call.positional, strict=False))
    return {"name": call.name, "arguments": given | call.arguments}


# --- tools described in a prompt -----------------------------------------------------------------


def _api_bank(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    answer = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
    return {
        "name": name,
        "category": name.rpartition("_")[0],
        "prompt": row["user"],
        "tools": _described(row["system"], name),
        "answer": answer,
    }


def _rlla(row: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    if "extra_info" in row:
        row = row["extra_info"]
    name = f"rlla_{index}"
    try:
        turn = parse(row["output"])
    except CallSyntaxError as error:
        turn, problem = None, str(error)
    found: dict[str, Any] = {}
    if turn is not None:
        found["answer"] = [{"name": c.name, "arguments": c.arguments} for c in turn.calls]
    else:
        found["unreadable_answer"] = problem
    return {
        "name": name,
        "category": "rlla",
        "prompt": row["input"],
        "tools": _described(row["instruction"], name),
        "responds": "<response>" in row["output"],
        **found,
    }


def _described(prompt: str, name: str) -> list[dict[str, Any]]:
    """Tools from the part of a prompt between its headings."""
    part = prompt.partition("**Available Tools**")[2].partition("**Steps for Each Turn**")[0]
    tools = []
    for match in TOOL_TEXT.finditer(part):
        try:
            properties = Reader(match["parameters"]).value()
        except CallSyntaxError as error:
            raise SuiteError(f"{name}: parameters of '{match['name']}': {error}.") from error
        parameters = {"type": "object", "properties": properties}
        tools.append({"name": match["name"].strip(), "parameters": parameters})
    return tools


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    """Rows of a parquet file, by duckdb."""
    if not path.is_file():
        raise SuiteError(f"cannot read {path}: no such file.\nGive an existing file.")
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise missing_extra("duckdb", "sql", needed_by=f"reading {path.name}") from error
    with duckdb.connect() as connection:
        try:
            found = connection.execute("select * from read_parquet(?)", [str(path)])
            keys = [column[0] for column in found.description or ()]
            values = found.fetchall()
        except duckdb.Error as error:
            raise SuiteError(f"{path} is not a parquet file: {error}.") from error
    for row in values:
        yield dict(zip(keys, row, strict=True))
