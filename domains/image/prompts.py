"""Prompt lists as contexts, for pipelines that paint real prompts.

Lists are .txt (a prompt a line), .tsv with a column "Prompt", or .jsonl with a key "prompt", each
also gzipped. A prompt in five is held out, by its hash.
"""

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path

from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context

HELD_OUT_EVERY = 5


class PromptContexts(Contexts):
    """Rows with a "prompt", from a file.

    Args:
        data: the file.
        prefix: put before each prompt ("a photo of a ").

    Raises:
        SuiteError: it cannot be read, is of another kind, or leaves a part without prompts.
    """

    def __init__(self, *, data: str, prefix: str = "") -> None:
        found = dict.fromkeys(prefix + one for one in read_prompts(Path(data)))  # each once
        self.parts: dict[bool, list[str]] = {False: [], True: []}
        for prompt in found:
            self.parts[_is_held_out(prompt)].append(prompt)
        self.num_train, self.num_held_out = len(self.parts[False]), len(self.parts[True])
        if not self.num_train:
            raise SuiteError(f"'{data}' leaves no prompts to train on; name a longer list.")

    def train(self, index: Tensor) -> Context:
        return self._rows(index, held_out=False)

    def held_out(self, index: Tensor) -> Context:
        return self._rows(index, held_out=bool(self.num_held_out))

    def _rows(self, index: Tensor, *, held_out: bool) -> Context:
        prompts = self.parts[held_out]
        return Context(index=index, native=tuple({"prompt": prompts[i]} for i in index.tolist()))


def _is_held_out(prompt: str) -> bool:
    digest = hashlib.blake2b(prompt.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0


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
