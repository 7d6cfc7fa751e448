"""The measured fitness of variants of GB1 at four sites (V39, D40, G41, V54).

Wu et al., eLife 5:e16965 (2016): 149,361 of the 160,000 variants; wild type VDGV is 1, the best,
FWAA, 8.76. The table is the user's file (variant, fitness, counts); nothing of it ships.

Shapes: N variants, B designs, 4 sites. Fitness is relative to the wild type, without unit.
"""

import csv
import gzip
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.oracle import hash_shares, row_hashes
from suite.domains.protein.alphabet import LETTERS, NUM_LETTERS

SITES = 4
WILD_TYPE = "VDGV"
COLUMNS = ("variant", "fitness")
LOW = 1.0  # the training oracle sees nothing fitter than the wild type
FUNCTIONAL = 0.1  # a base learns from variants that still work, if badly


@dataclass(frozen=True, kw_only=True, eq=False)
class Gb1Table:
    """Measured variants.

    Attributes:
        tokens: letter ids, [N, 4]; fitness: [N]; lookup: fitness by variant number, nan where
            unmeasured, [20^4].
    """

    tokens: Tensor
    fitness: Tensor
    lookup: Tensor

    @property
    def best(self) -> float:
        """The highest measured fitness."""
        return float(self.fitness.max())


@dataclass(frozen=True, kw_only=True, eq=False)
class Gb1Split:
    """Row numbers of a table by what they may be used for; the two halves share no variant.

    Attributes:
        oracle: half A at most as fit as the wild type: trains the reward.
        judge: half B, of any fitness: trains the held-out oracle, which must know the top to judge
            designs that are to reach it; nothing that is optimised reads it.
        unseen: half A above the wild type (FWAA, the best, is one): nobody learns from them, so
            they are what both oracles can be tested on.
        base: rows of ``oracle`` that still function: what the base policy learns from.
        held_out_base: such rows of half B, for the base's held-out likelihood.
    """

    oracle: Tensor
    judge: Tensor
    unseen: Tensor
    base: Tensor
    held_out_base: Tensor


@lru_cache(maxsize=2)
def load_gb1(path: str) -> Gb1Table:
    """Read the table of ``--data``.

    Raises:
        SuiteError: the file is missing, truncated or not gzip; lacks a column; holds a letter that
            is no amino acid, a variant twice, or a fitness that is no finite number >= 0.
    """
    seen: dict[int, int] = {}
    fitness: list[float] = []
    for line, row in enumerate(_rows(Path(path)), start=2):
        number = _variant(row, line, path)
        if number in seen:
            raise SuiteError(
                f"'{path}' line {line}: variant {row['variant']} was on line {seen[number]} "
                "already.\nKeep one of them."
            )
        seen[number] = line
        fitness.append(_fitness(row, line, path))
    if not seen:
        raise SuiteError(f"'{path}' holds no variant.\nName the table of measured variants.")
    numbers = torch.tensor(list(seen))
    values = torch.tensor(fitness)
    lookup = torch.full((NUM_LETTERS**SITES,), math.nan)
    lookup[numbers] = values
    return Gb1Table(tokens=_from_number(numbers), fitness=values, lookup=lookup)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                raise SuiteError(
                    f"'{path}' lacks the column {', '.join(missing)}; its first line names "
                    f"{found}.\nName a table with the columns {', '.join(COLUMNS)}."
                )
            return list(reader)
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


def _variant(row: dict[str, str], line: int, path: str) -> int:
    text = row["variant"] or ""
    bad = [letter for letter in text if letter not in LETTERS]
    if bad or len(text) != SITES:
        why = f"'{bad[0]}' is no amino acid" if bad else f"it has {len(text)} letters"
        raise SuiteError(
            f"'{path}' line {line}: '{text}' is not a variant of {SITES} sites: {why}.\n"
            f"Letters are {LETTERS}; mend or drop that line."
        )
    number = 0
    for letter in text:
        number = number * NUM_LETTERS + LETTERS.index(letter)
    return number


def _fitness(row: dict[str, str], line: int, path: str) -> float:
    try:
        value = float(row["fitness"])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise SuiteError(
            f"'{path}' line {line}: the fitness of {row['variant']} is {row['fitness']!r}, not a "
            "finite number of at least 0.\nMend or drop that line."
        )
    return value


def variant_numbers(tokens: Tensor) -> Tensor:
    """Tokens [..., 4] to their place in the enumeration of 20^4, [...]."""
    weights = NUM_LETTERS ** torch.arange(SITES - 1, -1, -1, device=tokens.device)
    return (tokens * weights).sum(dim=-1)


def _from_number(numbers: Tensor) -> Tensor:
    powers = NUM_LETTERS ** torch.arange(SITES - 1, -1, -1)
    return (numbers.unsqueeze(-1) // powers) % NUM_LETTERS


def split_gb1(table: Gb1Table) -> Gb1Split:
    """Cut a table by a hash of each variant, so that the cut does not depend on row order."""
    half_a = hash_shares(row_hashes(table.tokens), "gb1/half") < 0.5
    low, functional = table.fitness <= LOW, table.fitness >= FUNCTIONAL

    def rows(chosen: Tensor) -> Tensor:
        return torch.nonzero(chosen).squeeze(1)

    return Gb1Split(
        oracle=rows(half_a & low),
        judge=rows(~half_a),
        unseen=rows(half_a & ~low),
        base=rows(half_a & low & functional),
        held_out_base=rows(~half_a & low & functional),
    )


def measured_fitness(table: Gb1Table, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """(fitness [B], measured [B] bool) of designs [B, 4]; 0 where unmeasured."""
    found = table.lookup[variant_numbers(tokens.cpu())]
    measured = ~torch.isnan(found)
    return torch.where(measured, found, torch.zeros_like(found)), measured


def log_fitness(fitness: Tensor) -> Tensor:
    """log10(fitness + 0.01): half of the variants are dead, and what is added there is noise."""
    return torch.log10(fitness + 0.01)
