"""Rows of BFCL and tau-bench as contexts, for a pretrained model.

The verifier that judges a row also reads its file, and a row whose own answer it would not pay is
left out; both are asked for by name.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.file_contexts import PartedContexts, Row, RowContexts
from suite.core.verifier import Verifier, VerifierReward

CALLS = (
    "You can call these tools:\n{tools}\n\nAnswer with the calls that the request needs and "
    "nothing else, as [tool(argument=value), ...]. Where no tool serves, say so and call none."
)
EPISODE = (
    "{policy}\n\n## Tools\n\n{tools}\n\n## How to answer\n\nTo call a tool write "
    '<tool_call>{{"name": ..., "arguments": {{...}}}}</tool_call> and nothing else; you will read '
    "its answer. The user's first message holds all that the user wants and counts as the user's "
    "confirmation of it. Your first message without a call ends the conversation."
)


def bfcl(*, data: str, held_out: float = 0.2) -> RowContexts:
    """One-turn rows of a BFCL file; its answers lie in ``possible_answer/`` beside it.

    Args:
        data: BFCL_v4_<category>.json[.gz].
        held_out: the share that is held out, by a hash of prompts.

    Raises:
        SuiteError: the file cannot be read, has several turns, or one part is empty.
    """
    if "multi_turn" in Path(data).name:
        raise SuiteError(
            f"'{data}' has requests of several turns on services that are not here.\n"
            "Give a one-turn file (simple, multiple, parallel, irrelevance); episodes of several "
            "turns: --task tools/tau_retail."
        )
    rows = [_bfcl_row(row) for row in _sound("tools/calls", Path(data), rule="bfcl")]
    return RowContexts(rows, source=f"'{data}'", held_out=held_out)


def tau_retail(*, data: str) -> PartedContexts:
    """tau-bench's retail tasks; those of ``retail_tasks_test`` beside the file are held out.

    The database and the policy text lie in the same folder.

    Raises:
        SuiteError: a file is missing or damaged, or one part is empty.
    """
    path = Path(data)
    test = path.with_name(path.name.replace("_train", "_test"))
    if test == path:
        raise SuiteError(f"'{data}' is not a file of training tasks.\nGive retail_tasks_train.")
    policy = _text(path.with_name("retail_policy.md"))
    train, held_out = (
        [_retail_row(row, policy) for row in _sound("tools/state", one)] for one in (path, test)
    )
    return PartedContexts(train, held_out, source=f"'{data}'")


def _sound(reward: str, path: Path, **config: Any) -> list[Row]:
    """Rows whose own answer the verifier pays in full."""
    made = registry.make_reward(reward, config)
    assert isinstance(made, VerifierReward)
    verifier: Verifier[Any] = made.verifier
    rows = list(verifier.rows(path))
    refused = {one.name for one in verifier.load(rows).refused}
    return [row for row in rows if row["name"] not in refused]


def _bfcl_row(row: Row) -> Row:
    said = "\n".join(str(turn["content"]) for turn in row["prompt"])
    return {**row, "prompt": said, "system": CALLS.format(tools=_listed(row["tools"]))}


def _retail_row(row: Row, policy: str) -> Row:
    system = EPISODE.format(policy=policy, tools=_listed(row["tools"]))
    return {**row, "prompt": row["instruction"], "system": system}


def _listed(tools: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(json.dumps(tool) for tool in tools)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SuiteError(
            f"cannot read {path}: {error.strerror}.\nIt lies beside the tasks."
        ) from error
