"""Files of questions: the defog CSVs, and JSON lines of our own rows."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.json_lines import json_lines

DEFOG_COLUMNS = ("db_name", "db_type", "query", "question")
LONGEST_FIELD = 1 << 20


def rows_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """Rows of a file, or of every ``defog_*_sqlite.csv`` in a folder.

    The databases of a CSV lie beside it, in ``sqlite/``.

    Raises:
        SuiteError: there is no such file, or it is of another format.
    """
    if path.is_dir():
        files = sorted(path.glob("defog_*_sqlite.csv"))
        if not files:
            raise SuiteError(
                f"the folder {path} holds no defog_*_sqlite.csv.\nName a folder with them, one "
                "such file, or a .jsonl file of rows."
            )
        for file in files:
            yield from _defog(file)
    elif not path.is_file():
        raise SuiteError(f"there is no file {path} with questions.\nCheck the path of the data.")
    elif path.suffix == ".csv":
        yield from _defog(path)
    elif path.suffix == ".jsonl":
        yield from _jsonl(path)
    else:
        raise SuiteError(
            f"the format of {path} is not known.\nGive a defog .csv, or a .jsonl file whose lines "
            "are objects with 'database' and 'gold'."
        )


def _defog(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            missing = set(DEFOG_COLUMNS) - set(table.fieldnames or ())
            if missing:
                raise SuiteError(f"{path} lacks the columns {', '.join(sorted(missing))}.")
            for number, row in enumerate(table, 1):
                yield _defog_row(path, number, row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} is not a table of questions: {error}.") from error


def _defog_row(path: Path, number: int, row: Mapping[str, Any]) -> Mapping[str, Any]:
    if any(row[column] is None for column in DEFOG_COLUMNS):
        raise SuiteError(f"row {number} of {path} is cut short.\nFetch the file again.")
    dialect = row["db_type"]
    if dialect != "sqlite":
        raise SuiteError(
            f"row {number} of {path} is written for {dialect}; there are databases for sqlite.\n"
            "Name a defog_*_sqlite.csv."
        )
    return {
        "name": f"{path.stem}:{number}",
        "question": row["question"],
        "instructions": row.get("full_instructions") or row.get("instructions") or "",
        "database": str(path.parent / "sqlite" / f"{row['db_name']}.sqlite"),
        "gold": row["query"],
    }


def _jsonl(path: Path) -> Iterator[Mapping[str, Any]]:
    """Our own rows; a relative database path starts at the file's folder."""
    for number, row in json_lines(path):
        own = row.get("database")
        found = {"database": str(path.parent / own)} if isinstance(own, str) else {}
        yield {"name": f"{path.stem}:{number}", **row, **found}
