"""Sites, strands and occupancy, against plain loops and Biopython's own scan."""

import math

import pytest
import torch

from suite.core.errors import SuiteError
from suite.domains.dna.alphabet import DNA, reverse_complement
from suite.domains.dna.enhancer import HELD_OUT, TRAINING
from suite.domains.dna.motifs import Motif, load_motif, log_occupancy, site_scores

TOY = Motif(
    matrix_id="toy",
    factor="toy",
    shares=torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=torch.float64),
)
PAIRS = {"A": "T", "C": "G", "G": "C", "T": "A"}


def scores_by_hand(sequence: str, motif: Motif) -> list[float]:
    """Log-odds of every site of both strands, from letters and a dictionary."""
    other = "".join(PAIRS[base] for base in reversed(sequence))
    width = len(motif.shares)
    return [
        sum(
            math.log(float(motif.shares[w, DNA.letters.index(strand[i + w])]) * 4)
            for w in range(width)
        )
        for strand in (sequence, other)
        for i in range(len(sequence) - width + 1)
    ]


def corners(*sequences: str) -> torch.Tensor:
    return DNA.one_hot(DNA.encode(list(sequences)), torch.float64)


def test_the_other_strand_is_the_flipped_one() -> None:
    turned = reverse_complement(corners("AACGT"))
    assert DNA.decode(turned.argmax(dim=-1)) == ("ACGTT",)


def test_site_scores_are_the_log_odds_of_both_strands() -> None:
    found = site_scores(corners("AACGT", "TTTTT"), TOY.log_odds)
    for row, sequence in zip(found, ("AACGT", "TTTTT"), strict=True):
        assert sorted(row.tolist()) == pytest.approx(sorted(scores_by_hand(sequence, TOY)))


def test_occupancy_is_the_weight_against_the_threshold() -> None:
    weight = sum(math.exp(score) for score in scores_by_hand("AACGT", TOY))
    wanted = weight / (weight + math.exp(TOY.threshold))
    assert float(log_occupancy(corners("AACGT"), TOY).exp()) == pytest.approx(wanted)


def test_occupancy_does_not_know_the_strand() -> None:
    sequence = corners("ACCGTTAGCA")
    turned = reverse_complement(sequence)
    assert torch.allclose(log_occupancy(sequence, TOY), log_occupancy(turned, TOY))


def test_gradients_of_occupancy_agree_with_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(2, 5, 4, generator=generator, dtype=torch.float64).softmax(dim=-1)
    assert torch.autograd.gradcheck(
        lambda x: log_occupancy(x, TOY), shares.requires_grad_(requires_grad=True)
    )


def test_a_sequence_shorter_than_the_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="a site of 2 bases does not fit in 1"):
        site_scores(corners("A"), TOY.log_odds)


@pytest.mark.parametrize("matrix_id", [*TRAINING, *HELD_OUT])
def test_jaspar_matrices_score_as_biopython_scores_them(matrix_id: str) -> None:
    from Bio.motifs.matrix import PositionSpecificScoringMatrix
    from pyjaspar import jaspardb

    motif = load_motif(matrix_id)
    assert torch.allclose(motif.shares.sum(dim=-1), torch.ones(len(motif.shares)))
    sequence = "TTAACGGTTAATGATTAACCATGTAAACATTGCACAAT"
    published = jaspardb(release="JASPAR2026").fetch_motif_by_id(matrix_id)
    columns = []
    for w in range(len(motif.shares)):
        counts = [published.counts[base][w] for base in "ACGT"]
        columns.append([math.log2((0.99 * n / sum(counts) + 0.0025) * 4) for n in counts])
    odds = {base: [column["ACGT".index(base)] for column in columns] for base in "ACGT"}
    theirs = PositionSpecificScoringMatrix("ACGT", odds).calculate(sequence)
    ours = site_scores(corners(sequence), motif.log_odds.double())[0, : len(theirs)]
    assert torch.allclose(ours, torch.tensor(theirs).double() * math.log(2), atol=1e-4)


def test_training_and_held_out_matrices_are_not_the_same() -> None:
    assert not set(TRAINING) & set(HELD_OUT)


def test_an_unknown_matrix_is_an_error_with_an_example() -> None:
    with pytest.raises(SuiteError, match=r"no matrix 'MA9999.9'.*\n.*MA0114.5"):
        load_motif("MA9999.9")
