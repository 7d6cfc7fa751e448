"""What a designer looks at besides contacts."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from suite.domains.protein.alphabet import LETTERS, encode, one_hot
from suite.domains.protein.terms import (
    burial_mismatch,
    charge_excess,
    composition_divergence,
    hydrophobic_share,
    net_charge,
    run_share,
)

UNIFORM = torch.full((20,), 0.05, dtype=torch.float64)


def corners(*sequences: str) -> tuple[Tensor, Tensor]:
    tokens = encode(sequences)
    return one_hot(tokens, torch.float64), torch.ones_like(tokens, dtype=torch.bool)


def test_hydrophobicity_runs_from_arginine_to_tryptophan() -> None:
    share = hydrophobic_share()
    assert (share.min(), share.max()) == (0.0, 1.0)
    assert (LETTERS[int(share.argmin())], LETTERS[int(share.argmax())]) == ("R", "W")
    # Leucine has pi = 1.70 between -1.01 and 2.25.
    assert share[LETTERS.index("L")].item() == pytest.approx(2.71 / 3.26)


def test_the_perfect_pattern_has_no_mismatch_and_its_opposite_has_one() -> None:
    probs, mask = corners("WR", "RW")
    inside = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    assert burial_mismatch(probs, inside, mask).tolist() == [0.0, 1.0]


def test_charges_add_up_and_only_their_excess_counts() -> None:
    probs, mask = corners("KRKHA", "DEADE", "AAKEA")
    assert net_charge(probs, mask).tolist() == [3.0, -4.0, 0.0]
    assert charge_excess(probs, mask, low=-1.0, high=2.0).tolist() == [1.0, 3.0, 0.0]


def test_divergence_of_one_letter_is_known_in_closed_form() -> None:
    """Shares (n + c/20)/(n + c) and (c/20)/(n + c) against 1/20, with c = 1 pseudo-residue."""
    probs, mask = corners("LLLL")
    own, other = (4 + 0.05) / 5, 0.05 / 5
    expected = own * math.log(own / 0.05) + 19 * other * math.log(other / 0.05)
    assert composition_divergence(probs, mask, UNIFORM).item() == pytest.approx(expected)


def test_the_reference_composition_has_no_divergence() -> None:
    probs, mask = corners(LETTERS)
    assert composition_divergence(probs, mask, UNIFORM).item() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("sequence", "windows"),
    [("LLLLA", 1), ("LLLLL", 2), ("LLLAL", 0), ("AAAAAAAA", 5), ("LLLEEEEL", 1)],
)
def test_runs_are_counted_by_windows_of_four(sequence: str, windows: int) -> None:
    probs, mask = corners(sequence)
    assert run_share(probs, mask, length=4).item() == pytest.approx(windows / len(sequence))


def test_a_sequence_shorter_than_a_run_has_none() -> None:
    probs, mask = corners("LL")
    assert run_share(probs, mask, length=4).tolist() == [0.0]
    with pytest.raises(ValueError, match="at least 2 residues, got 1"):
        run_share(probs, mask, length=1)


TERMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "burial": lambda p, m: burial_mismatch(p, torch.linspace(0, 1, 6).double().expand(2, 6), m),
    "charge": lambda p, m: charge_excess(p, m, low=5.0, high=6.0),
    "net charge": net_charge,
    "composition": lambda p, m: composition_divergence(p, m, UNIFORM),
    "runs": lambda p, m: run_share(p, m, length=3),
}


@pytest.mark.parametrize("name", TERMS)
def test_gradients_agree_with_finite_differences(name: str) -> None:
    probs = torch.rand(2, 6, 20, dtype=torch.float64).softmax(dim=-1).requires_grad_()
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    assert torch.autograd.gradcheck(lambda p: TERMS[name](p, mask), probs)


@pytest.mark.parametrize("name", TERMS)
def test_what_stands_under_padding_is_never_read(name: str) -> None:
    mask = torch.tensor([[True] * 4 + [False] * 2] * 2)
    probs, _ = corners("LLEKLL", "LLEKWW")
    first, second = TERMS[name](probs, mask).tolist()
    assert first == second


def test_absent_letters_have_finite_gradients() -> None:
    probs, mask = corners("LLLLLLLL")
    probs.requires_grad_()
    composition_divergence(probs, mask, UNIFORM).sum().backward()
    assert probs.grad is not None
    assert probs.grad.isfinite().all()
    assert probs.grad.abs().max() < 1.0
