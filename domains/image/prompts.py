"""Prompt lists as contexts, for pipelines that paint real prompts.

Lists are .txt (a prompt a line), .tsv with a column "Prompt", or .jsonl with a key "prompt", each
also gzipped.
"""

import csv
import gzip
import io
import json
from pathlib import Path

from suite.core.errors import SuiteError
from suite.core.file_contexts import RowContexts


def prompts(*, data: str, prefix: str = "", held_out: float = 0.2) -> RowContexts:
    """Rows with a "prompt", from a file.

    Args:
        data: the file.
        prefix: put before each prompt ("a photo of a ").
        held_out: the share of prompts that are held out, by their hash.

    Raises:
        SuiteError: it cannot be read, is of another kind, or leaves a part without prompts.
    """
    rows = [{"prompt": prefix + one} for one in read_prompts(Path(data))]
    return RowContexts(rows, source=f"'{data}'", held_out=held_out)


def read_prompts(path: Path) -> list[str]:
    """The prompts of a list, in order, without empty ones.

    Raises:
        SuiteError: the file cannot be read, or its kind is not known.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        kind = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
        found = _parse(text, kind)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(
            f"no prompts can be read from '{path}': {error}.\n"
            'Give a .txt of lines, a .tsv with a column "Prompt" or a .jsonl with a key "prompt", '
            "plain or as .gz."
        ) from error
    return [one.strip() for one in found if one.strip()]


def _parse(text: str, kind: str) -> list[str]:
    if kind == ".txt":
        return text.splitlines()
    if kind == ".tsv":
        rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["Prompt"] for row in rows]
    if kind == ".jsonl":
        return [str(json.loads(line)["prompt"]) for line in text.splitlines() if line.strip()]
    raise ValueError(f"'{kind}' is no known kind of list")
