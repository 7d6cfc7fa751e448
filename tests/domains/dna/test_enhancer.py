"""The enhancer's corpus, its reward and what stands against cheating it."""

import pytest
import torch

from suite.core.records import Context, Samples
from suite.domains.dna.alphabet import DNA
from suite.domains.dna.enhancer import (
    NEXT_BASE,
    SITE_SHARE,
    EnhancerContexts,
    EnhancerReward,
    background,
    gc_excess,
)
from suite.domains.dna.metrics import EnhancerStatistics, correlation, word_shares
from suite.domains.dna.motifs import log_occupancy

NOTHING = Context(index=torch.zeros(1, dtype=torch.long))
# The best sites of the four training matrices, with spacers.
DESIGNED = "GTTAATGATTAACTCAAAGTCCATTTGTAAACACAATTGCACAATGCGCA"


@pytest.fixture(scope="module")
def contexts() -> EnhancerContexts:
    return EnhancerContexts()


def score(reward: EnhancerReward, *sequences: str) -> list[float]:
    return reward(Samples(tokens=DNA.encode(list(sequences))), NOTHING).value.tolist()


@pytest.mark.parametrize("matrices", ["training", "held_out"])
def test_best_sites_beat_the_base_and_one_letter_does_not(
    contexts: EnhancerContexts, matrices: str
) -> None:
    reward = EnhancerReward(matrices=matrices)
    corpus = contexts.demonstrations(torch.arange(200))[1]
    base = reward(corpus, NOTHING).value
    assert score(reward, DESIGNED)[0] > float(base.max())
    assert max(score(reward, *(letter * 50 for letter in DNA.letters))) < float(base.median())


def test_the_value_is_the_mean_occupancy_less_the_penalty() -> None:
    reward = EnhancerReward(gc_weight=2.0)
    sample = Samples(tokens=DNA.encode(["GC" * 25]))
    found = reward(sample, NOTHING)
    chances = DNA.probabilities(sample)
    wanted = sum(log_occupancy(chances, motif) for motif in reward.motifs) / 4
    assert float(found.value) == pytest.approx(float(wanted) - 2.0 * 10 * 0.35, rel=1e-5)


@pytest.mark.parametrize(
    ("sequence", "excess"), [("GC", 0.35), ("AT", 0.35), ("AC", 0.0), ("AAAC", 0.1)]
)
def test_gc_outside_of_the_range_is_counted(sequence: str, excess: float) -> None:
    assert float(gc_excess(DNA.one_hot(DNA.encode([sequence])))) == pytest.approx(excess, abs=1e-6)


def test_a_demonstration_depends_on_its_number_alone(contexts: EnhancerContexts) -> None:
    whole = contexts.demonstrations(torch.arange(6))[1].tokens
    part = contexts.demonstrations(torch.tensor([4, 1]))[1].tokens
    assert whole is not None
    assert part is not None
    assert torch.equal(part, whole[[4, 1]])


def test_the_held_out_corpus_is_another_one(contexts: EnhancerContexts) -> None:
    train = contexts.demonstrations(torch.arange(500))[1].tokens
    held_out = contexts.held_out_demonstrations(torch.arange(500))[1].tokens
    assert train is not None
    assert held_out is not None
    assert not {tuple(row) for row in train.tolist()} & {tuple(row) for row in held_out.tolist()}


def test_the_background_follows_its_chain() -> None:
    sequence = background(20_000, torch.Generator().manual_seed(0))
    counts = torch.zeros(4, 4).index_put(
        (sequence[:-1], sequence[1:]), torch.ones(len(sequence) - 1), accumulate=True
    )
    shares = counts / counts.sum(dim=1, keepdim=True)
    assert torch.allclose(shares, torch.tensor(NEXT_BASE), atol=0.03)
    assert torch.tensor(NEXT_BASE).sum(dim=1).tolist() == pytest.approx([1.0] * 4)


def test_sites_stand_in_the_corpus_more_often_than_in_the_background(
    contexts: EnhancerContexts,
) -> None:
    generator = torch.Generator().manual_seed(0)
    corpus = contexts.demonstrations(torch.arange(400))[1].tokens
    assert corpus is not None
    plain = torch.stack([background(50, generator) for _ in range(400)])
    motif = contexts.motifs[0]  # the widest: chance hits are rare
    with_sites, without = (
        float((log_occupancy(DNA.one_hot(rows), motif) > -3.0).float().mean())
        for rows in (corpus, plain)
    )
    assert without < 0.05
    assert 0.3 * SITE_SHARE < with_sites - without < SITE_SHARE


def test_words_are_counted_over_all_places() -> None:
    shares = word_shares(DNA.encode(["AAAC", "AAAC"]))
    assert shares[0] == pytest.approx(0.5)  # AAA
    assert shares[1] == pytest.approx(0.5)  # AAC
    assert correlation(shares, 3 * shares + 1) == pytest.approx(1.0)


def test_statistics_of_the_corpus_itself(contexts: EnhancerContexts) -> None:
    found = EnhancerStatistics()(contexts.demonstrations(torch.arange(300))[1], NOTHING)
    assert found["word_correlation"] > 0.95
    assert found["uniqueness"] == 1.0
    assert 0.6 < found["diversity"] < 0.8
    assert 0.3 < found["gc_share"] < 0.5
