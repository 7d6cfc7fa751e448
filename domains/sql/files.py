"""Questions from a file about databases beside it: the public ones, or anybody's own rows."""

import sqlite3
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from suite.core.errors import SuiteError
from suite.core.file_contexts import RowContexts, judged_rows


class FileContexts(RowContexts):
    """Rows of a defog .csv or of a .jsonl file; ``Context.native`` holds rows of ``sql/execution``.

    A prompt is the schema as the database says it, then hints of the row if it has any, then the
    question. Held-out questions are about databases that training never sees.

    Args:
        data: the file; databases of a .csv lie beside it, in sqlite/.
        folder: read every defog_*_sqlite.csv of the file's folder, not the one alone.
        held_out: the share of databases that are held out, chosen by a hash of their names.
        instruction: text that follows the question.

    Raises:
        SuiteError: the file or a database cannot be read, a row has no question or cannot be
            judged, or all questions are about one database.
    """

    def __init__(
        self,
        *,
        data: str,
        folder: bool = False,
        held_out: float = 0.2,
        instruction: str = "\nAnswer with one SQLite query.\n",
    ) -> None:
        rows = judged_rows("sql/execution", Path(data).parent if folder else Path(data))
        super().__init__(
            [_asked(row, instruction, data) for row in rows],
            source=f"'{data}'",
            held_out=held_out,
            group=lambda row: Path(row["database"]).name,
        )


def _asked(row: Mapping[str, Any], instruction: str, data: str) -> Mapping[str, Any]:
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise SuiteError(
            f"'{data}', {row.get('name', 'a row')}: there is no 'question', the text that a model "
            "is asked.\nAdd it to the row."
        )
    hints = str(row.get("instructions") or "").strip()
    parts = [schema_text(str(row["database"])), *([hints] if hints else []), question]
    return {**row, "prompt": "\n\n".join(parts) + instruction}


@cache
def schema_text(database: str) -> str:
    """The CREATE TABLE statements of a database file, which is only read.

    Raises:
        SuiteError: the file is missing or is no database of SQLite.
    """
    address = f"file:{quote(str(Path(database).absolute()))}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(address, uri=True)
        try:
            found = connection.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('table', 'view') AND sql IS NOT NULL "
                "AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
            ).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SuiteError(
            f"cannot read the schema of the database '{database}': {error}.\n"
            "Check the row's 'database'; those of a .csv lie beside it, in sqlite/."
        ) from error
    return "\n".join(f"{one};" for (one,) in found)
