"""The Miyazawa-Jernigan table and contact energies."""

import hashlib
import itertools

import pytest
import torch

from suite.domains.protein.alphabet import INDEX, LETTERS, encode, one_hot
from suite.domains.protein.contact_potential import (
    arrangement_weights,
    contact_energies,
    contact_energy,
    pair_energy,
)

TABLE = contact_energies(torch.float64)


def energy(first: str, second: str) -> float:
    return float(TABLE[INDEX[first], INDEX[second]])


def upper_triangle() -> list[float]:
    pairs = itertools.combinations_with_replacement(LETTERS, 2)
    return [energy(first, second) for first, second in pairs]


def random_probs(rows: int, length: int) -> torch.Tensor:
    return torch.rand(rows, length, 20, dtype=torch.float64).softmax(dim=-1)


def test_the_table_is_symmetric_and_has_the_published_210_numbers() -> None:
    numbers = upper_triangle()
    assert torch.equal(TABLE, TABLE.T)
    assert len(numbers) == 210
    assert sum(numbers) == pytest.approx(-666.89)
    assert (min(numbers), max(numbers)) == (energy("L", "L"), energy("K", "K"))
    text = " ".join(f"{number:.2f}" for number in numbers)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "28b5a861322b4671"


@pytest.mark.parametrize(
    ("pair", "published"),
    [
        ("LL", -7.37), ("FF", -7.26), ("FL", -7.28), ("IL", -7.04), ("CC", -5.44), ("KK", -0.12),
        ("EK", -1.80), ("DK", -1.68), ("ER", -2.27), ("DR", -2.29), ("EE", -0.91), ("DD", -1.21),
        ("NN", -1.68), ("QQ", -1.54), ("CN", -2.59), ("CQ", -2.85), ("GG", -2.24), ("AA", -2.72),
        ("PP", -1.75), ("HH", -3.05), ("WY", -4.66), ("TV", -3.46), ("KR", -0.59), ("MW", -5.55),
    ],
)  # fmt: skip
def test_published_values_stand_at_their_letters(pair: str, published: float) -> None:
    assert energy(pair[0], pair[1]) == energy(pair[1], pair[0]) == published


def test_the_energy_of_letters_is_the_sum_over_contacts() -> None:
    probs = one_hot(encode(["LKEW", "CCCC"]), torch.float64)
    contacts = torch.tensor([[0, 3], [1, 2]])
    expected = [energy("L", "W") + energy("K", "E"), 2 * energy("C", "C")]
    assert contact_energy(probs, contacts).tolist() == pytest.approx(expected)


def test_a_relaxed_energy_is_the_mean_over_independent_letters() -> None:
    """Bilinear in the two positions of a contact: enumerate all letters of both."""
    probs = random_probs(1, 2)
    both = sum(
        float(probs[0, 0, INDEX[a]] * probs[0, 1, INDEX[b]]) * energy(a, b)
        for a, b in itertools.product(LETTERS, LETTERS)
    )
    assert contact_energy(probs, torch.tensor([[0, 1]])).item() == pytest.approx(both)


def test_gradients_agree_with_finite_differences() -> None:
    probs = random_probs(2, 5).requires_grad_()
    contacts = torch.tensor([[0, 3], [1, 4], [0, 4]])
    assert torch.autograd.gradcheck(lambda p: contact_energy(p, contacts), probs)


def test_a_dense_map_and_a_list_of_contacts_agree() -> None:
    probs = random_probs(3, 6)
    contacts = torch.tensor([[0, 3], [1, 5], [2, 5]])
    dense = torch.zeros(6, 6, dtype=torch.float64)
    dense[contacts[:, 0], contacts[:, 1]] = 1.0
    dense = dense + dense.T
    torch.testing.assert_close(pair_energy(probs, dense, TABLE), contact_energy(probs, contacts))


def test_an_arrangement_is_charged_the_mean_over_all_shuffles() -> None:
    """With min_separation 1 every pair is possible, so the mean over all 5! orders is exact."""
    contacts = torch.zeros(1, 5, 5, dtype=torch.float64)
    for i, j in [(0, 2), (0, 4), (1, 3)]:
        contacts[0, i, j] = contacts[0, j, i] = 1.0
    mask = torch.ones(1, 5, dtype=torch.bool)
    weights = arrangement_weights(contacts, mask, min_separation=1)
    sequence = "LKEWA"
    orders = encode(["".join(order) for order in itertools.permutations(sequence)])
    all_energies = pair_energy(one_hot(orders, torch.float64), contacts, TABLE)
    own = one_hot(encode([sequence]), torch.float64)
    relative = pair_energy(own, weights, TABLE).item()
    assert relative == pytest.approx(float(all_energies[0] - all_energies.mean()))


def test_a_chain_of_one_letter_gains_nothing_from_any_fold() -> None:
    contacts = (torch.rand(20, 9, 9) < 0.3).double().triu(3)
    contacts = contacts + contacts.transpose(1, 2)
    mask = torch.arange(9) < torch.tensor([[9], [7]]).repeat(10, 1)
    contacts = contacts * mask[:, :, None] * mask[:, None, :]
    weights = arrangement_weights(contacts, mask, min_separation=3)
    chains = one_hot(torch.arange(20)[:, None].expand(20, 9), torch.float64)
    assert pair_energy(chains, weights, TABLE).abs().max() < 1e-12


def test_contacts_that_are_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"pairs of positions \[P, 2\], got \(3,\)"):
        contact_energy(random_probs(1, 4), torch.tensor([0, 1, 2]))
