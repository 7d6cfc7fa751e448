"""Measured binding of one factor to every DNA 8-mer: a space small enough to know its optimum.

Barrera et al., Science 351:1450 (2016), protein-binding microarrays (UniPROBE): an E-score, from
-0.5 to 0.5, for each of the 32,896 8-mers that differ beyond their strand. The table is the user's
file; nothing of it ships.

Shapes: B designs, L = 8 positions, V = 4 bases.
"""

import csv
import gzip
import math
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.metric import Metric
from suite.core.oracle import hash_shares, row_hashes
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.dna.alphabet import DNA

LENGTH = 8
SPACE = len(DNA) ** LENGTH
COLUMNS = ("8-mer", "E-score")  # the second column of that name is the other strand
BASE_QUANTILE = 0.5  # a base learns from the weaker half: what binds well is left to find


@lru_cache(maxsize=4)
def load_table(path: str) -> Tensor:
    """The E-score of every 8-mer by its number, [4^8], both strands filled in.

    Raises:
        SuiteError: the file is missing, cut short or not gzip, lacks a column, holds a letter that
            is no base, an 8-mer twice, a score outside [-0.5, 0.5], or leaves an 8-mer out.
    """
    scores = torch.full((SPACE,), math.nan)
    seen: dict[int, int] = {}
    for line, (forward, backward, text) in enumerate(_rows(Path(path)), start=2):
        if len(forward) != LENGTH or len(backward) != LENGTH:
            raise SuiteError(
                f"'{path}' line {line}: '{forward}', '{backward}' are not two strands of {LENGTH} "
                "bases.\nMend or drop that line."
            )
        for strand in {forward, backward}:
            number = _number(strand, f"'{path}' line {line}")
            if number in seen:
                raise SuiteError(
                    f"'{path}' line {line}: {strand} was on line {seen[number]} already.\n"
                    "Keep one of them."
                )
            seen[number] = line
            scores[number] = _score(text, f"'{path}' line {line}")
    missing = int(scores.isnan().sum())
    if missing:
        first = decode_number(int(scores.isnan().nonzero()[0]))
        raise SuiteError(
            f"'{path}' leaves out {missing} of the {SPACE} 8-mers, {first} among them.\n"
            "Name a table with every 8-mer; copy the file again."
        )
    return scores


def _rows(path: Path) -> list[tuple[str, str, str]]:
    """(one strand, the other, E-score) of every line."""
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", newline="") as file:
            lines = list(csv.reader(file, delimiter="\t"))
    except FileNotFoundError:
        raise SuiteError(f"no data file '{path}'.\nCheck --data or SUITE_DATA.") from None
    except (EOFError, zlib.error):
        raise SuiteError(
            f"'{path}' is cut short: the gzip stream ends early.\nCopy it again."
        ) from None
    except gzip.BadGzipFile:
        raise SuiteError(
            f"'{path}' is not a gzip file, though its name ends in .gz.\n"
            "Rename it, or compress it with gzip."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SuiteError(f"'{path}' cannot be read as a table: {error}.\nCheck the file.") from None
    header = lines[0] if lines else []
    if header[:2] != [COLUMNS[0]] * 2 or COLUMNS[1] not in header:
        raise SuiteError(
            f"'{path}' begins with the columns {', '.join(header) or 'none'}.\n"
            f"Name a table of tabs that begins {COLUMNS[0]}, {COLUMNS[0]}, and has {COLUMNS[1]}."
        )
    place = header.index(COLUMNS[1])
    return [(row[0], row[1], row[place]) if len(row) > place else ("", "", "") for row in lines[1:]]


def _score(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -0.5 <= value <= 0.5:
        raise SuiteError(
            f"{where}: the E-score is {text!r}, not a number from -0.5 to 0.5.\n"
            "Mend or drop that line."
        )
    return value


def _number(sequence: str, where: str) -> int:
    """A sequence's place in the enumeration of the space, its first base the most significant."""
    return int(numbers(torch.tensor(DNA.encode_one(sequence, row=where))))


def numbers(tokens: Tensor) -> Tensor:
    """Tokens [..., 8] to their places in the enumeration of 4^8, [...]."""
    weights = len(DNA) ** torch.arange(LENGTH - 1, -1, -1, device=tokens.device)
    return (tokens * weights).sum(dim=-1)


def all_tokens() -> Tensor:
    """Every 8-mer in order, [4^8, 8]."""
    weights = len(DNA) ** torch.arange(LENGTH - 1, -1, -1)
    return (torch.arange(SPACE).unsqueeze(-1) // weights) % len(DNA)


def decode_number(number: int) -> str:
    """The 8-mer at one place of the enumeration."""
    return DNA.decode(all_tokens()[number].unsqueeze(0))[0]


class BindingReward(Reward):
    """The measured E-score.

    Between corners of the simplex it is the multilinear interpolation, which is the expected score
    of a sequence drawn from the product of the positions' shares.
    """

    unit = "E-score"
    bounds = (-0.5, 0.5)
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(self, *, data: str) -> None:
        self.table = load_table(data)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.relaxed is None:
            assert samples.tokens is not None
            return Scores.all_valid(self.table.to(samples.tokens.device)[numbers(samples.tokens)])
        return Scores.all_valid(self._expected(samples.relaxed))

    def _expected(self, shares: Tensor) -> Tensor:
        """E[score] under independent positions [B, 8, 4]; one position is summed out at a time."""
        left = torch.einsum("vr,bv->br", self.table.to(shares).view(len(DNA), -1), shares[:, 0])
        for position in range(1, LENGTH):
            left = torch.einsum(
                "bvr,bv->br", left.unflatten(1, (len(DNA), -1)), shares[:, position]
            )
        return left.squeeze(1)


class WeakBinders(Contexts):
    """One empty context; demonstrations are 8-mers of the weaker half, a tenth of them held out."""

    num_train = 1

    def __init__(self, *, data: str) -> None:
        scores, tokens = load_table(data), all_tokens()
        weak = tokens[scores <= scores.quantile(BASE_QUANTILE)]
        kept = hash_shares(row_hashes(weak), "tfbind8/base") < 0.9
        self._train, self._held_out = weak[kept], weak[~kept]
        self.num_demonstrations = len(self._train)

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._train[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._held_out[index % len(self._held_out)])


class BindingOptimum(Metric):
    """Where designs stand in the whole space: mean, best, regret, share of the top percent."""

    unit = "E-score"

    def __init__(self, *, data: str) -> None:
        self.table = load_table(data)

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """mean and best E-score, regret of the best to the optimum, share in the top 1 %."""
        assert samples.tokens is not None
        places = numbers(samples.tokens.cpu())
        found = self.table[places]
        return {
            "mean": float(found.mean()),
            "best": float(found.max()),
            "regret": float(self.table.max() - found.max()),
            "share_top_percent": float((found >= self.table.quantile(0.99)).float().mean()),
            "uniqueness": len(places.unique()) / len(places),
        }
