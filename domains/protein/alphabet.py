"""Amino-acid letters to token ids and back; the 20 letters and nothing else.

There is no gap, no X and no padding letter: proteins of unequal length share a batch by a mask that
comes with the context, and what stands under padding is never read.

Shapes: B sequences, L positions, V = 20 letters.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from suite.core.errors import SuiteError, unknown_name
from suite.core.records import Samples

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
INDEX = {letter: token for token, letter in enumerate(LETTERS)}
NUM_LETTERS = len(LETTERS)

# The B1 domain of protein G as assayed by Wu et al., eLife 5:e16965 (2016), and its four sites.
WILD_TYPES = {"gb1": "MQYKLILNGKTLKGETTTEAVDAATAEKVFKQYANDNGVDGEWTYDDATKTFTVTE"}
GB1_SITES = (38, 39, 40, 53)  # V39, D40, G41, V54, counted from 0


def wild_type(name: str) -> str:
    """The sequence called ``name``.

    Raises:
        SuiteError: no such wild type; the message lists those that exist.
    """
    if name not in WILD_TYPES:
        raise unknown_name("wild type", name, WILD_TYPES, next_step="Give one of these names.")
    return WILD_TYPES[name]


def encode_one(sequence: str, *, row: str = "the sequence") -> list[int]:
    """Token ids of one sequence; ``row`` says in an error where it came from.

    Raises:
        SuiteError: empty, or a letter that is none of the 20, named with its position from 1.
    """
    if not sequence:
        raise SuiteError(
            f"{row} is empty.\nA protein has at least one of the letters {LETTERS}.\n"
            "Remove the row, or give its sequence."
        )
    for position, letter in enumerate(sequence, start=1):
        if letter not in INDEX:
            raise SuiteError(_unknown_letter(letter, position, row))
    return [INDEX[letter] for letter in sequence]


def encode(sequences: Sequence[str]) -> Tensor:
    """Token ids [B, L], long, of sequences of one length.

    Raises:
        SuiteError: no sequence, an unknown letter, or unequal lengths; rows count from 1.
    """
    if not sequences:
        raise SuiteError(
            f"no sequences to encode.\nA protein is a string of {LETTERS}.\n"
            "Give at least one sequence."
        )
    rows = [encode_one(text, row=f"row {i}") for i, text in enumerate(sequences, start=1)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise SuiteError(
                f"row {number} has {len(row)} letters where row 1 has {len(rows[0])}.\n"
                "Sequences of one batch have one length.\nSplit them by length."
            )
    return torch.tensor(rows, dtype=torch.long)


def decode(tokens: Tensor, mask: Tensor | None = None) -> tuple[str, ...]:
    """Sequences of token ids [B, L]; positions where ``mask`` [B, L] is False are left out.

    Raises:
        ValueError: ids are not whole numbers between 0 and 19 where the mask is True.
    """
    keep = torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask
    if tokens.is_floating_point():
        raise ValueError(f"token ids are whole numbers, got {tokens.dtype}")
    kept = tokens[keep]
    if kept.numel() and (int(kept.min()) < 0 or int(kept.max()) >= NUM_LETTERS):
        raise ValueError(f"token ids run from 0 to {NUM_LETTERS - 1}, got {int(kept.max())}")
    return tuple(
        "".join(LETTERS[token] for token, kept in zip(row, keeps, strict=True) if kept)
        for row, keeps in zip(tokens.tolist(), keep.tolist(), strict=True)
    )


def one_hot(tokens: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """[B, L] ids to corners of the simplex [B, L, V]."""
    return torch.nn.functional.one_hot(tokens, NUM_LETTERS).to(dtype)


def probabilities(samples: Samples) -> Tensor:
    """What a differentiable reward reads: the relaxed view if there is one, else one_hot(tokens).

    Raises:
        ValueError: neither view is there, or its last dimension is not the 20 letters.
    """
    if samples.relaxed is not None:
        if samples.relaxed.shape[-1] != NUM_LETTERS:
            shape = tuple(samples.relaxed.shape)
            raise ValueError(f"a relaxed protein is [B, L, {NUM_LETTERS}], got {shape}")
        return samples.relaxed
    if samples.tokens is None:
        raise ValueError("a protein reward reads samples.tokens or samples.relaxed; both are None")
    return one_hot(samples.tokens)


def scale(values: dict[str, float], dtype: torch.dtype = torch.float32) -> Tensor:
    """A published scale as a vector [V] in the order of LETTERS; every letter must have a value."""
    return torch.tensor([values[letter] for letter in LETTERS], dtype=dtype)


def _unknown_letter(letter: str, position: int, row: str) -> str:
    hint = f" Did you mean '{letter.upper()}'?" if letter.upper() in INDEX else ""
    return (
        f"{row} has the letter '{letter}' at position {position}, which is no amino acid.{hint}\n"
        f"Known: {LETTERS}.\nCorrect the letter, or remove the row."
    )
