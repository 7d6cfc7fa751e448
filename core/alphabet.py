"""Strings over a fixed alphabet as token ids, and back; no gap, no wildcard, no padding letter.

Sequences of unequal length share a batch by a mask that comes with the context; what stands under
padding is never read.

Shapes: B sequences, L positions, V letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """Letters in order; a letter's id is its place.

    Attributes:
        letters: each once; noun: what a sequence is ("protein"); letter: what one letter stands for
        ("amino acid"), as errors name them.
    """

    letters: str
    noun: str
    letter: str

    def __len__(self) -> int:
        return len(self.letters)

    def encode_one(self, sequence: str, *, row: str = "the sequence") -> list[int]:
        """Token ids of one sequence; ``row`` says in an error where it came from.

        Raises:
            SuiteError: empty, or an unknown letter, named with its position from 1.
        """
        if not sequence:
            raise SuiteError(
                f"{row} is empty.\nA {self.noun} has at least one of the letters {self.letters}.\n"
                "Remove the row, or give its sequence."
            )
        for position, letter in enumerate(sequence, start=1):
            if letter not in self.letters:
                raise SuiteError(self._unknown(letter, position, row))
        return [self.letters.index(letter) for letter in sequence]

    def encode(self, sequences: Sequence[str]) -> Tensor:
        """Token ids [B, L], long, of sequences of one length.

        Raises:
            SuiteError: no sequence, an unknown letter, or unequal lengths; rows count from 1.
        """
        if not sequences:
            raise SuiteError(
                f"no sequences to encode.\nA {self.noun} is a string of {self.letters}.\n"
                "Give at least one sequence."
            )
        rows = [self.encode_one(text, row=f"row {i}") for i, text in enumerate(sequences, start=1)]
        for number, row in enumerate(rows, start=1):
            if len(row) != len(rows[0]):
                raise SuiteError(
                    f"row {number} has {len(row)} letters where row 1 has {len(rows[0])}.\n"
                    "Sequences of one batch have one length.\nSplit them by length."
                )
        return torch.tensor(rows, dtype=torch.long)

    def decode(self, tokens: Tensor, mask: Tensor | None = None) -> tuple[str, ...]:
        """Sequences of token ids [B, L]; positions where ``mask`` [B, L] is False are left out.

        Raises:
            ValueError: ids are not whole numbers of letters where the mask is True.
        """
        keep = torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask
        if tokens.is_floating_point():
            raise ValueError(f"token ids are whole numbers, got {tokens.dtype}")
        kept = tokens[keep]
        if kept.numel() and (int(kept.min()) < 0 or int(kept.max()) >= len(self)):
            raise ValueError(f"token ids run from 0 to {len(self) - 1}, got {int(kept.max())}")
        return tuple(
            "".join(self.letters[token] for token, kept in zip(row, keeps, strict=True) if kept)
            for row, keeps in zip(tokens.tolist(), keep.tolist(), strict=True)
        )

    def one_hot(self, tokens: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """[B, L] ids to corners of the simplex [B, L, V]."""
        return torch.nn.functional.one_hot(tokens, len(self)).to(dtype)

    def probabilities(self, samples: Samples) -> Tensor:
        """What a differentiable reward reads: the relaxed view, else one_hot(tokens), [B, L, V].

        Raises:
            ValueError: neither view is there, or its last dimension is not the letters.
        """
        if samples.relaxed is not None:
            if samples.relaxed.shape[-1] != len(self):
                shape = tuple(samples.relaxed.shape)
                raise ValueError(f"a relaxed {self.noun} is [B, L, {len(self)}], got {shape}")
            return samples.relaxed
        if samples.tokens is None:
            raise ValueError(
                f"a {self.noun} reward reads samples.tokens or samples.relaxed; both are None"
            )
        return self.one_hot(samples.tokens)

    def scale(self, values: Mapping[str, float], dtype: torch.dtype = torch.float32) -> Tensor:
        """A number a letter as a vector [V] in the alphabet's order; every letter must have one."""
        return torch.tensor([values[letter] for letter in self.letters], dtype=dtype)

    def _unknown(self, letter: str, position: int, row: str) -> str:
        meant = letter.upper() if letter.upper() in self.letters else ""
        hint = f" Did you mean '{meant}'?" if meant else ""
        return (
            f"{row} has the letter '{letter}' at position {position}, which is no {self.letter}."
            f"{hint}\nKnown: {self.letters}.\nCorrect the letter, or remove the row."
        )


class LetterCodec(Codec):
    """Sequences as strings, one letter a position; those of one batch have one length."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet

    def encode(self, natives: tuple[object, ...]) -> Samples:
        texts = [str(native) for native in natives]
        return Samples(tokens=self.alphabet.encode(texts), native=tuple(texts))

    def decode(self, samples: Samples) -> tuple[object, ...]:
        assert samples.tokens is not None
        return self.alphabet.decode(samples.tokens)
