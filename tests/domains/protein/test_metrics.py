"""What a biologist looks at in a set of designs."""

import itertools
import math

import pytest
import torch

from suite.core.records import Context, Samples
from suite.domains.protein.alphabet import INDEX, LETTERS, encode
from suite.domains.protein.metrics import (
    CHUNK,
    DesignStatistics,
    composition_kl,
    distances_to,
    hydrophobic_fraction,
    novelty,
    pairwise_diversity,
    position_frequencies,
    uniqueness,
)


def everywhere(tokens: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(tokens, dtype=torch.bool)


def test_diversity_is_the_mean_over_all_pairs() -> None:
    sequences = ["LLEK", "LAEK", "LAEK", "WYFC"]
    tokens = encode(sequences)
    pairs = itertools.combinations(sequences, 2)
    shares = [sum(a != b for a, b in zip(x, y, strict=True)) / 4 for x, y in pairs]
    assert pairwise_diversity(tokens, everywhere(tokens)) == pytest.approx(sum(shares) / 6)


def test_diversity_leaves_padding_out_and_needs_two_designs() -> None:
    tokens = encode(["LLAA", "LWAC", "LLCC"])
    mask = torch.tensor([[True, True, False, False]] * 2 + [[True] * 4])
    # Position 1: three equal pairs; position 2: two of three pairs differ; 3 and 4: no pair.
    assert pairwise_diversity(tokens, mask) == pytest.approx(2 / 6)
    assert math.isnan(pairwise_diversity(tokens[:1], mask[:1]))


def test_uniqueness_counts_sequences_without_their_padding() -> None:
    tokens = encode(["LLA", "LLC", "LWA"])
    assert uniqueness(tokens, everywhere(tokens)) == 1.0
    assert uniqueness(tokens, torch.tensor([[True, True, False]] * 3)) == pytest.approx(2 / 3)


def test_position_frequencies_are_shares_of_the_designs_that_are_there() -> None:
    tokens = encode(["LL", "LA", "WA", "WC"])
    mask = torch.tensor([[True, True], [True, True], [True, True], [True, False]])
    frequencies = position_frequencies(tokens, mask)
    assert frequencies[0, INDEX["W"]] == 0.5
    assert frequencies[1, INDEX["A"]].item() == pytest.approx(2 / 3)
    assert frequencies.sum(dim=-1).tolist() == pytest.approx([1.0, 1.0])


def test_composition_divergence_is_known_for_one_letter() -> None:
    tokens = encode(["LLLL", "LLLL"])
    assert composition_kl(tokens, everywhere(tokens)) == pytest.approx(-math.log(0.0965), abs=2e-3)
    uniform = torch.full((20,), 0.05)
    all_letters = encode([LETTERS])
    kl = composition_kl(all_letters, everywhere(all_letters), uniform)
    assert kl == pytest.approx(0.0, abs=1e-6)


def test_the_hydrophobic_fraction_counts_eight_letters() -> None:
    tokens = encode(["AVILMFWC", "DEKRGPST"])
    assert hydrophobic_fraction(tokens, everywhere(tokens)) == 0.5


def test_novelty_is_the_distance_to_the_nearest_known_sequence() -> None:
    designs = encode(["LLEK", "WWWW"])
    known = encode(["LLEA", "AAAA", "WWAA"])
    assert novelty(designs, known).tolist() == [1, 2]
    mask = torch.tensor([[True, True, True, False]] * 2)
    assert novelty(designs, known, mask).tolist() == [0, 1]
    assert distances_to(designs, encode(["LLEK"])[0]).tolist() == [0, 4]


def test_novelty_looks_at_every_chunk_of_a_long_list() -> None:
    known = torch.randint(0, 20, (CHUNK + 50, 12))
    designs = known[[3, CHUNK + 40]].clone()
    designs[1, 0] = (designs[1, 0] + 1) % 20
    brute = (designs[:, None] != known[None]).sum(-1).amin(1)
    assert torch.equal(novelty(designs, known), brute)
    assert novelty(designs, known).tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"sequences of the same length, got \(2, 3\)"):
        novelty(designs, known[:2, :3])


def test_the_metric_gathers_them_under_names() -> None:
    tokens = encode(["LKEA", "LKKA"])
    on = Context(index=torch.zeros(2).long())
    found = DesignStatistics(known=encode(["LKEA"]))(Samples(tokens=tokens), on)
    assert found["diversity"] == pytest.approx(0.25)
    assert found["uniqueness"] == 1.0
    assert found["net_charge"] == 1.0  # 0 and +2
    assert found["hydrophobic_fraction"] == 0.5
    assert found["novelty"] == 0.5
    assert "novelty" not in DesignStatistics()(Samples(tokens=tokens), on)
    with pytest.raises(ValueError, match=r"reads samples\.tokens"):
        DesignStatistics()(Samples(), on)
