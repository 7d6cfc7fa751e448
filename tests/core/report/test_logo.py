"""Logos against closed forms, and alphabets that are only claimed where they fit."""

import math
from xml.etree import ElementTree

import pytest

from suite.core.report.logo import (
    DNA,
    PROTEIN,
    RNA,
    chemistry_key,
    coloured,
    common_alphabet,
    information,
    logos,
    position_frequencies,
)

MANY = 10**9  # sequences, so that the small-sample correction vanishes


def test_a_conserved_column_carries_every_bit_and_a_uniform_one_none() -> None:
    assert information({"A": 1.0}, num_letters=4, num_sequences=MANY) == pytest.approx(2.0)
    assert information({"W": 1.0}, num_letters=20, num_sequences=MANY) == pytest.approx(
        math.log2(20)
    )
    uniform = dict.fromkeys("ACGT", 0.25)
    assert information(uniform, num_letters=4, num_sequences=MANY) == pytest.approx(0.0, abs=1e-8)


def test_half_and_half_costs_one_bit() -> None:
    bits = information({"A": 0.5, "C": 0.5}, num_letters=4, num_sequences=MANY)
    assert bits == pytest.approx(1.0)


def test_the_small_sample_correction_is_that_of_schneider_and_stephens() -> None:
    """e = 3 / (2 ln 2 * 10) for four letters and ten sequences."""
    bits = information({"A": 1.0}, num_letters=4, num_sequences=10)
    assert bits == pytest.approx(2.0 - 3 / (2 * math.log(2) * 10))


def test_a_stack_is_never_below_zero() -> None:
    assert information(dict.fromkeys("ACGT", 0.25), num_letters=4, num_sequences=3) == 0.0
    assert information({}, num_letters=4, num_sequences=3) == 0.0


def test_frequencies_leave_gaps_and_wildcards_out_of_the_total() -> None:
    columns = position_frequencies(["AC", "AG", "-N", "C-"], DNA.letters)
    assert columns[0] == pytest.approx({"A": 2 / 3, "C": 1 / 3})
    assert columns[1] == pytest.approx({"C": 0.5, "G": 0.5})
    assert position_frequencies(["-", "N"], DNA.letters) == [{}]


def test_texts_of_different_lengths_have_no_positions() -> None:
    with pytest.raises(ValueError, match="texts of one length"):
        position_frequencies(["A", "AC"], DNA.letters)


@pytest.mark.parametrize(
    ("texts", "alphabet"),
    [
        (["ACGT", "TTGA"], DNA),
        (["ACGU", "UUGA"], RNA),
        (["MSEEX", "MKQ-L"], PROTEIN),
        (["ACGT", "MKQL"], PROTEIN),
        (["ACGT", "ACG"], None),
        (["acgt", "ttga"], None),
        (["42", "17"], None),
        (["--", "--"], None),
        (["A", "C"], None),
        (["A" * 401], None),
        ([""], None),
    ],
)
def test_an_alphabet_is_found_only_for_equal_lengths_and_known_letters(
    texts: list[str], alphabet: object
) -> None:
    assert common_alphabet(texts) is alphabet


def test_the_twenty_amino_acids_are_in_one_class_each() -> None:
    assert sorted(PROTEIN.letters) == sorted("ACDEFGHIKLMNPQRSTVWY")
    assert (PROTEIN.group("K"), PROTEIN.group("E"), PROTEIN.group("X")) == (
        "basic",
        "acidic",
        "neutral",
    )


def test_the_most_frequent_letter_is_drawn_on_top_with_its_share_of_the_bits() -> None:
    texts = ["AC"] * 3 * 10**4 + ["CC"] * 10**4
    svg = ElementTree.fromstring(logos(texts, DNA, title="t")).find("svg")
    assert svg is not None
    letters = [one for one in svg.iter("text") if "logo" in one.get("class", "")]
    assert [one.text for one in letters] == ["C", "A", "C"]
    heights = [float(one.get("transform", "").split(" ")[-1].rstrip(")")) for one in letters]
    assert heights[1] == pytest.approx(3 * heights[0], rel=1e-2)
    column_bits = 2 + 0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)
    assert (heights[0] + heights[1]) / heights[2] == pytest.approx(column_bits / 2, rel=1e-2)


def test_a_long_sequence_is_broken_into_rows_whose_numbers_go_on() -> None:
    markup = logos(["ACGTA" * 24 + "C"], DNA, title="t")
    titles = [one.findtext("title") for one in ElementTree.fromstring(markup).iter("svg")]
    assert titles == ["t, positions 1 to 41", "t, positions 42 to 82", "t, positions 83 to 121"]


def test_coloured_text_reads_as_the_sequence() -> None:
    code = ElementTree.fromstring(coloured("KKDEX-", PROTEIN))
    assert "".join(code.itertext()) == "KKDEX-"
    assert [one.get("class") for one in code] == ["b-basic", "b-acidic", "b-neutral"]


def test_the_key_names_every_class() -> None:
    words = "".join(ElementTree.fromstring(chemistry_key(PROTEIN)).itertext())
    assert all(group in words for group in PROTEIN.groups)
    assert "uracil" in chemistry_key(RNA)
