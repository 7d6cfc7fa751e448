"""The training reward of the embedded default, and the charge distance."""

import itertools
import statistics

import pytest
import torch

from suite.core.records import Context, Samples, Scores
from suite.domains.protein.alphabet import INDEX, encode, one_hot
from suite.domains.protein.bundle import bundle_family
from suite.domains.protein.contact_potential import contact_energies
from suite.domains.protein.contexts import backbone_data
from suite.domains.protein.natives import sample_natives
from suite.domains.protein.reward import BundleDesign, ChargeDistance

PARTS = {"contact", "burial", "charge", "composition", "runs"}
BACKBONES = bundle_family(6, 0, seed=11)[0]
DATA = backbone_data(BACKBONES)


def context(repeats: int = 1) -> Context:
    index = torch.arange(len(BACKBONES)).repeat_interleave(repeats)
    return Context(index=index, data={key: value[index] for key, value in DATA.items()})


def repeated(pattern: str) -> Samples:
    """The pattern over and over on each backbone."""
    length = DATA["mask"].shape[1]
    return Samples(tokens=encode([(pattern * length)[:length]] * len(BACKBONES)))


def natives(each: int = 128) -> tuple[Samples, Context]:
    tokens = sample_natives(DATA, each, torch.Generator().manual_seed(0)).flatten(0, 1)
    return Samples(tokens=tokens), context(each)


def test_the_value_is_the_sum_of_its_named_parts() -> None:
    scores = BundleDesign()(*natives(4))
    assert set(scores.parts) == PARTS
    torch.testing.assert_close(torch.stack(list(scores.parts.values())).sum(dim=0), scores.value)
    assert scores.valid.all()


def test_every_part_is_what_a_person_would_count() -> None:
    """Two contacts on eight residues, worked out with the published numbers."""
    contacts = torch.zeros(1, 8, 8)
    for i, j in [(0, 4), (3, 7)]:
        contacts[0, i, j] = contacts[0, j, i] = 1.0
    burial = torch.tensor([[1.0, 0, 0, 1, 1, 0, 0, 1]])
    data = {"contacts": contacts, "burial": burial, "mask": torch.ones(1, 8, dtype=torch.bool)}
    sequence = "WKKLFKKK"
    table = contact_energies().tolist()
    energies = {
        (i, j): table[INDEX[sequence[i]]][INDEX[sequence[j]]]
        for i, j in itertools.combinations(range(8), 2)
    }
    made = energies[0, 4] + energies[3, 7]
    chance = statistics.fmean(energy for (i, j), energy in energies.items() if j - i >= 3)
    scores = BundleDesign(charge_high=2.0, run_length=3, run_weight=4.0)(
        Samples(tokens=encode([sequence])), Context(index=torch.zeros(1).long(), data=data)
    )
    assert scores.parts["contact"].item() == pytest.approx(-(made - 2 * chance) / 8, abs=1e-5)
    assert scores.parts["charge"].item() == pytest.approx(-0.1 * 3)  # +5, three above +2
    assert scores.parts["runs"].item() == pytest.approx(-4.0 * 1 / 8)  # KKK once


def test_relaxed_equals_tensor_at_the_corners() -> None:
    samples, on = natives(8)
    assert samples.tokens is not None
    relaxed = Samples(relaxed=one_hot(samples.tokens))
    torch.testing.assert_close(BundleDesign()(relaxed, on).value, BundleDesign()(samples, on).value)
    charge = ChargeDistance(target=2.0)
    torch.testing.assert_close(charge(relaxed, on).value, charge(samples, on).value)


def test_gradients_reach_the_relaxed_view_and_agree_with_finite_differences() -> None:
    reward, row = BundleDesign(free_divergence=0.0, charge_high=-1.0), {}
    for key in ("contacts", "burial", "mask"):
        row[key] = DATA[key][:1, ..., :12][:, :12].contiguous()
    on = Context(index=torch.zeros(1).long(), data=row)
    probs = torch.rand(1, 12, 20, dtype=torch.float64).softmax(dim=-1).requires_grad_()

    def value(point: torch.Tensor) -> torch.Tensor:
        return reward(Samples(relaxed=point), on).value

    assert torch.autograd.gradcheck(value, probs)


def test_simple_repeats_score_below_the_median_of_natives() -> None:
    """What an optimiser would find first if a part were missing."""
    median = BundleDesign()(*natives()).value.median()
    patterns = [*"ACDEFGHIKLMNPQRSTVWY", "LE", "LK", "LEK", "AEK", "LLEE", "LEEL", "LEELKK"]
    for pattern in [*patterns, "EAAAK", "LKKLLEE", "IEALKRE", "AL", "LLEELLKK"]:
        best = BundleDesign()(repeated(pattern), context()).value.max()
        assert best < median, f"poly-{pattern} scores {best:.2f}, natives' median is {median:.2f}"


def improve(samples: Samples, on: Context, steps: int) -> Scores:
    """Take the single change that the gradient likes best, if it is one, ``steps`` times."""
    reward = BundleDesign()
    assert samples.tokens is not None
    tokens = samples.tokens.clone()
    rows = torch.arange(len(tokens))
    for _ in range(steps):
        relaxed = one_hot(tokens).requires_grad_()
        before = reward(Samples(relaxed=relaxed), on).value
        (gradient,) = torch.autograd.grad(before.sum(), relaxed)
        gain = gradient - gradient.gather(-1, tokens[..., None])
        best = gain.flatten(1).argmax(dim=-1)
        changed = tokens.clone()
        changed[rows, best // 20] = best % 20
        better = reward(Samples(tokens=changed), on).value > before
        tokens = torch.where(better[:, None], changed, tokens)
    return reward(Samples(tokens=tokens), on)


def test_there_is_clear_room_above_the_natives() -> None:
    values = BundleDesign()(*natives()).value
    top = values.quantile(0.99)
    improved = improve(*natives(2), steps=60).value
    assert improved.mean() > top + 2 * values.std()


def test_padding_changes_nothing() -> None:
    short = bundle_family(1, 0, seed=2, length=48)[0]
    alone = backbone_data(short)
    padded = backbone_data([*short, BACKBONES[0]])
    tokens = sample_natives(alone, 1, torch.Generator().manual_seed(0))[:, 0]
    longer = torch.cat([tokens, torch.full((1, 8), INDEX["W"])], dim=1)
    first = Context(index=torch.zeros(1).long(), data=alone)
    second = Context(index=torch.zeros(1).long(), data={k: v[:1] for k, v in padded.items()})
    torch.testing.assert_close(
        BundleDesign()(Samples(tokens=longer), second).value,
        BundleDesign()(Samples(tokens=tokens), first).value,
    )


def test_a_context_without_a_backbone_is_refused() -> None:
    empty = Context(index=torch.zeros(6).long())
    with pytest.raises(ValueError, match=r"reads context.data\['contacts'\]; it holds nothing"):
        BundleDesign()(repeated("A"), empty)
    short = {key: value[:, :4] for key, value in DATA.items()}
    with pytest.raises(ValueError, match=r"is \(6, 4, 56\) for samples of \(6, 56\)"):
        BundleDesign()(repeated("A"), Context(index=torch.zeros(6).long(), data=short))


def test_charge_distance_is_minus_the_distance_to_its_target() -> None:
    reward = ChargeDistance(target=3.0)
    on = Context(index=torch.zeros(3).long())
    scores = reward(Samples(tokens=encode(["KRKA", "DEAA", "KHAA"])), on)
    assert scores.value.tolist() == [0.0, -5.0, -2.0]
    masked = Context(index=torch.zeros(1).long(), data={"mask": torch.tensor([[True, False]])})
    assert reward(Samples(tokens=encode(["KK"])), masked).value.tolist() == [-2.0]
