"""Letters and token ids."""

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Samples
from suite.domains.protein.alphabet import (
    GB1_SITES,
    LETTERS,
    decode,
    encode,
    one_hot,
    probabilities,
    scale,
    wild_type,
)


def test_the_twenty_letters_are_in_order_and_survive_the_round_trip() -> None:
    assert list(LETTERS) == sorted(set(LETTERS))
    assert len(LETTERS) == 20
    tokens = encode([LETTERS, LETTERS[::-1]])
    assert tokens.tolist()[0] == list(range(20))
    assert decode(tokens) == (LETTERS, LETTERS[::-1])


def test_padding_is_left_out_of_decoded_sequences() -> None:
    mask = torch.tensor([[True, True, False], [True, True, True]])
    assert decode(encode(["ACD", "ACD"]), mask) == ("AC", "ACD")


def test_an_unknown_letter_is_named_with_its_position_and_row() -> None:
    with pytest.raises(SuiteError) as caught:
        encode(["ACD", "AXD"])
    assert str(caught.value) == (
        "row 2 has the letter 'X' at position 2, which is no amino acid.\n"
        f"Known: {LETTERS}.\nCorrect the letter, or remove the row."
    )


def test_a_small_letter_is_refused_with_the_letter_that_was_meant() -> None:
    with pytest.raises(SuiteError, match=r"the letter 'w' at position 1.*Did you mean 'W'\?"):
        encode(["w"])


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (["ACD", "AC"], r"row 2 has 2 letters where row 1 has 3"),
        ([], r"no sequences to encode"),
        (["", "A"], r"row 1 is empty"),
    ],
)
def test_rows_that_make_no_batch_are_refused(sequences: list[str], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        encode(sequences)


def test_ids_outside_of_the_alphabet_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 19, got 20"):
        decode(torch.tensor([[0, 20]]))


def test_the_wild_type_has_the_residues_that_gb1_is_mutated_at() -> None:
    assert "".join(wild_type("gb1")[site] for site in GB1_SITES) == "VDGV"
    assert len(wild_type("gb1")) == 56
    with pytest.raises(SuiteError, match=r"no wild type named 'gb2'. Did you mean 'gb1'\?"):
        wild_type("gb2")


def test_the_relaxed_view_is_read_first_and_tokens_become_corners() -> None:
    tokens = encode(["AY"])
    relaxed = torch.full((1, 2, 20), 0.05)
    assert torch.equal(probabilities(Samples(tokens=tokens)), one_hot(tokens))
    assert probabilities(Samples(tokens=tokens, relaxed=relaxed)) is relaxed
    with pytest.raises(ValueError, match="both are None"):
        probabilities(Samples())
    with pytest.raises(ValueError, match=r"\[B, L, 20\], got \(1, 2, 4\)"):
        probabilities(Samples(relaxed=torch.zeros(1, 2, 4)))


def test_a_scale_follows_the_order_of_the_tokens() -> None:
    values = {letter: float(place) for place, letter in enumerate(LETTERS)}
    assert scale(values).tolist() == list(range(20))
