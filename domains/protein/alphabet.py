"""Amino-acid letters to token ids and back; the 20 letters and nothing else.

There is no gap, no X and no padding letter: proteins of unequal length share a batch by a mask that
comes with the context, and what stands under padding is never read.

Shapes: B sequences, L positions, V = 20 letters.
"""

from suite.core.alphabet import Alphabet
from suite.core.errors import unknown_name

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
INDEX = {letter: token for token, letter in enumerate(LETTERS)}
NUM_LETTERS = len(LETTERS)
PROTEIN = Alphabet(letters=LETTERS, noun="protein", letter="amino acid")
encode_one, encode, decode = PROTEIN.encode_one, PROTEIN.encode, PROTEIN.decode
one_hot, probabilities, scale = PROTEIN.one_hot, PROTEIN.probabilities, PROTEIN.scale

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
