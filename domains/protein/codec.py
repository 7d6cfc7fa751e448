"""Sequences as strings of one-letter codes, and back."""

from suite.core.alphabet import LetterCodec
from suite.domains.protein.alphabet import PROTEIN


def protein_codec() -> LetterCodec:
    """One letter a residue; sequences of one batch have one length."""
    return LetterCodec(PROTEIN)
