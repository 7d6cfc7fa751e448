"""SMILES as strings of symbols: an atom, a bond, a branch or a ring number is one symbol.

The alphabet is fixed: the symbols of drug-like molecules without stereochemistry. A sample is
symbols [L] and behind the last one padding, the id ``len(SYMBOLS)``. Nothing keeps a sample from
being no molecule: whether it is one is for RDKit to say, and a reward's to price.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import torch

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples
from suite.domains.molecule.chemistry import parse, plain_smiles, why_not
from suite.domains.molecule.drawing import data_uri

SYMBOLS = (
    "C", "c", "N", "n", "O", "o", "S", "s", "F", "Cl", "Br", "I", "P", "B",
    "(", ")", "=", "#", "-", ".", "1", "2", "3", "4", "5", "6", "7", "8",
    "[nH]", "[NH+]", "[NH2+]", "[NH3+]", "[N+]", "[nH+]", "[n+]", "[O-]", "[N-]", "[n-]", "[S-]",
    "[NH-]", "[S+]", "[o+]", "[H]",
)  # fmt: skip
PLACES = {symbol: place for place, symbol in enumerate(SYMBOLS)}
SPLIT = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.")
MOST_LEFT_OUT = 0.5  # share of a file's molecules that may be outside of the alphabet or too long


class SmilesCodec(Codec):
    """SMILES of at most ``length`` symbols as ids, and back."""

    def __init__(self, *, length: int = 64) -> None:
        self.length = length

    def encode(self, natives: tuple[object, ...]) -> Samples:
        texts = tuple(str(native) for native in natives)
        rows = [self.row(text, where=f"'{text}'") for text in texts]
        return Samples(tokens=torch.tensor(rows, dtype=torch.long), native=texts)

    def row(self, smiles: str, *, where: str) -> list[int]:
        """Ids of one SMILES, padded to ``length``; it need not be a molecule.

        Raises:
            SuiteError: it is empty, too long, or has a symbol that is not in SYMBOLS.
        """
        reason = self.refusal(smiles)
        if reason is not None:
            raise SuiteError(
                f"{where} cannot be a string of this task: {reason}.\nA string has 1 to "
                f"{self.length} of the symbols {' '.join(SYMBOLS)}.\n"
                "Remove it, or give policy.length, contexts.length and the codec more room."
            )
        ids = [PLACES[symbol] for symbol in SPLIT.findall(smiles)]
        return ids + [len(SYMBOLS)] * (self.length - len(ids))

    def refusal(self, smiles: str) -> str | None:
        """Why a SMILES is outside of the space, or None."""
        symbols = SPLIT.findall(smiles)
        unknown = [symbol for symbol in symbols if symbol not in PLACES]
        if not symbols:
            return "it is empty"
        if unknown:
            return f"its symbol {unknown[0]} is not in the alphabet"
        return f"it has {len(symbols)} symbols" if len(symbols) > self.length else None

    def decode(self, samples: Samples) -> tuple[object, ...]:
        """As written, molecule or not."""
        assert samples.tokens is not None
        letters = (*SYMBOLS, "")
        return tuple("".join(letters[i] for i in row) for row in samples.tokens.tolist())

    def picture(self, native: object) -> str | None:
        """A drawing; None for what is no molecule."""
        molecule = parse(str(native)) if native else None
        return None if molecule is None else data_uri(molecule)


def read_smiles(path: Path) -> tuple[str, ...]:
    """Molecules of a file, the first field of each line, as canonical SMILES without stereo.

    Blank lines are passed over, and a first line that names its column ("smiles").

    Raises:
        SuiteError: the file cannot be read or holds no molecule, or a line's SMILES does not
            parse: the message names the line and what is wrong with it.
    """
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else _missing(path)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[str, ...]:
    found = tuple(_canonical(text, f"'{path}' line {line}") for line, text in _fields(path))
    if not found:
        raise SuiteError(f"'{path}' holds no molecule.\nGive a file with one SMILES a line.")
    return found


def _missing(path: Path) -> tuple[str, ...]:
    raise SuiteError(f"no data file '{path}'.\nCheck --data or SUITE_DATA.")


def _fields(path: Path) -> Iterator[tuple[int, str]]:
    """(line from 1, its first field) of every line that has one."""
    for number, line in enumerate(_lines(path), start=1):
        fields = re.split(r"[\s,]+", line.strip())
        if fields[0] and not (number == 1 and fields[0].lower() in {"smiles", "smi"}):
            yield number, fields[0]


def _lines(path: Path) -> Iterable[str]:
    try:
        packed = path.suffix == ".gz"
        with gzip.open(path, "rt") if packed else path.open() as file:
            return list(file)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SuiteError(
            f"'{path}' cannot be read as text: {error}.\nGive a file with one SMILES a line."
        ) from error


def _canonical(smiles: str, where: str) -> str:
    molecule = parse(smiles)
    if molecule is None:
        raise SuiteError(
            f"{where}: '{smiles}' is not a molecule: {why_not(smiles)}.\n"
            "Correct or remove the line."
        )
    return plain_smiles(molecule)


def that_fit(molecules: tuple[str, ...], codec: SmilesCodec, *, source: str) -> tuple[str, ...]:
    """Those of ``molecules`` that the alphabet can write in the codec's length.

    Raises:
        SuiteError: more than MOST_LEFT_OUT of them do not fit, with the first reason.
    """
    kept = tuple(one for one in molecules if codec.refusal(one) is None)
    left_out = len(molecules) - len(kept)
    if left_out > MOST_LEFT_OUT * len(molecules):
        first = next(one for one in molecules if codec.refusal(one) is not None)
        raise SuiteError(
            f"{left_out} of the {len(molecules)} molecules of {source} cannot be strings of at "
            f"most {codec.length} symbols here: '{first}', say: {codec.refusal(first)}.\n"
            "Give contexts.length and policy.length more room, or another file."
        )
    return kept
