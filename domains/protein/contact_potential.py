"""The Miyazawa-Jernigan residue contact energies, and the energy of a set of contacts.

The 210 numbers are e_ij, in units of kT, of Miyazawa & Jernigan, J. Mol. Biol. 256:623 (1996),
table 3, upper half with its diagonal (AAindex entry MIYS960101). They were compared, number by
number, with public copies on GitHub:

- Dracogenius17/seq, file aaindex3, entry MIYS960101: all 210 equal;
- vvoelz/HPSandbox, file scripts/HelperTools.py, typed from the paper's table: all 210 equal;
- QFold-Thesis/quantum-protein-folding, file src/resources/mj_matrix.txt: all 210 equal;
- dad/evoli, file branches/reg/src/folder/protein-contact-energies.cc: the same numbers in the same
  order, but its rows 13 to 16 are labelled Gln, Asn, Glu, Asp, the order of the 1985 paper, where
  the table of 1996 has Asn, Gln, Asp, Glu. The first three copies agree on the latter; so do we.

What a newcomer gets wrong: e_ij includes the transfer from water, so that a chain of leucine has
the lowest energy on any fold. A reward must subtract what the same residues would have in another
arrangement (``arrangement_energy``), or it pays for composition.

Shapes: B sequences, L positions, V = 20 letters, P contacts. Energies are in kT.
"""

import torch
from torch import Tensor

from suite.domains.protein.alphabet import INDEX, NUM_LETTERS

ORDER = "ARNDCQEGHILKMFPSTWYV"
LOWER_TRIANGLE = """
-2.72
-1.83 -1.55
-1.84 -1.64 -1.68
-1.70 -2.29 -1.68 -1.21
-3.57 -2.57 -2.59 -2.41 -5.44
-1.89 -1.80 -1.71 -1.46 -2.85 -1.54
-1.51 -2.27 -1.51 -1.02 -2.27 -1.42 -0.91
-2.31 -1.72 -1.74 -1.59 -3.16 -1.66 -1.22 -2.24
-2.41 -2.16 -2.08 -2.32 -3.60 -1.98 -2.15 -2.15 -3.05
-4.58 -3.63 -3.24 -3.17 -5.50 -3.67 -3.27 -3.78 -4.14 -6.54
-4.91 -4.03 -3.74 -3.40 -5.83 -4.04 -3.59 -4.16 -4.54 -7.04 -7.37
-1.31 -0.59 -1.21 -1.68 -1.95 -1.29 -1.80 -1.15 -1.35 -3.01 -3.37 -0.12
-3.94 -3.12 -2.95 -2.57 -4.99 -3.30 -2.89 -3.39 -3.98 -6.02 -6.41 -2.48 -5.46
-4.81 -3.98 -3.75 -3.48 -5.80 -4.10 -3.56 -4.13 -4.77 -6.84 -7.28 -3.36 -6.56 -7.26
-2.03 -1.70 -1.53 -1.33 -3.07 -1.73 -1.26 -1.87 -2.25 -3.76 -4.20 -0.97 -3.45 -4.25 -1.75
-2.01 -1.62 -1.58 -1.63 -2.86 -1.49 -1.48 -1.82 -2.11 -3.52 -3.92 -1.05 -3.03 -4.02 -1.57 -1.67
-2.32 -1.90 -1.88 -1.80 -3.11 -1.90 -1.74 -2.08 -2.42 -4.03 -4.34 -1.31 -3.51 -4.28 -1.90 -1.96
 -2.12
-3.82 -3.41 -3.07 -2.84 -4.95 -3.11 -2.99 -3.42 -3.98 -5.78 -6.14 -2.69 -5.55 -6.16 -3.73 -2.99
 -3.22 -5.06
-3.36 -3.16 -2.76 -2.76 -4.16 -2.97 -2.79 -3.01 -3.52 -5.25 -5.67 -2.60 -4.91 -5.66 -3.19 -2.78
 -3.01 -4.66 -4.17
-4.04 -3.07 -2.83 -2.48 -4.96 -3.07 -2.67 -3.38 -3.58 -6.05 -6.48 -2.49 -5.32 -6.29 -3.32 -3.05
 -3.46 -5.18 -4.62 -5.52
"""


def contact_energies(dtype: torch.dtype = torch.float32) -> Tensor:
    """The symmetric table [V, V] in kT, in the order of ``alphabet.LETTERS``."""
    numbers = iter(LOWER_TRIANGLE.split())
    table = torch.zeros(NUM_LETTERS, NUM_LETTERS, dtype=dtype)
    for row, first in enumerate(ORDER):
        for second in ORDER[: row + 1]:
            energy = float(next(numbers))
            table[INDEX[first], INDEX[second]] = energy
            table[INDEX[second], INDEX[first]] = energy
    return table


def contact_energy(probs: Tensor, contacts: Tensor, table: Tensor | None = None) -> Tensor:
    """Energy of a list of contacts, the bilinear form sum_(i,j) p_i' e p_j.

    Args:
        probs: a point of the simplex a position, [B, L, V]; one_hot(tokens) at the corners.
        contacts: pairs of positions in contact, each pair once, [P, 2], long.
        table: energies [V, V]; the published ones by default.

    Returns:
        kT, [B]. Gradients reach ``probs``.

    Raises:
        ValueError: ``contacts`` is not [P, 2].
    """
    if contacts.ndim != 2 or contacts.shape[1] != 2:
        raise ValueError(f"contacts are pairs of positions [P, 2], got {tuple(contacts.shape)}")
    energies = contact_energies(probs.dtype) if table is None else table.to(probs)
    first, second = probs[:, contacts[:, 0]], probs[:, contacts[:, 1]]
    return ((first @ energies.to(probs.device)) * second).sum(dim=(1, 2))


def pair_energy(probs: Tensor, weights: Tensor, table: Tensor) -> Tensor:
    """Half of sum_ij w_ij p_i' e p_j: the energy of a weighted contact map, [B], kT.

    Args:
        probs: [B, L, V].
        weights: symmetric, zero diagonal, [B, L, L] (or [L, L]); a contact map counts each contact
            once because of the half.
        table: [V, V] in kT.
    """
    return 0.5 * ((weights @ probs) * (probs @ table)).sum(dim=(1, 2))


def arrangement_weights(contacts: Tensor, mask: Tensor, *, min_separation: int) -> Tensor:
    """Pair weights whose energy is that of the contacts minus that of a random arrangement.

    The residues of a sequence, shuffled, would meet in the same number of contacts, each pair of
    positions at least ``min_separation`` apart equally often; so each such pair is charged
    (number of contacts) / (number of pairs). The weights of a sequence add up to zero, which makes
    the energy of any chain of a single letter zero.

    Args:
        contacts: [B, L, L], symmetric, no contact nearer than ``min_separation``.
        mask: True where a residue stands, [B, L].
        min_separation: the smallest abs(i - j) of a contact.

    Returns:
        Symmetric weights [B, L, L].
    """
    length = mask.shape[-1]
    position = torch.arange(length, device=mask.device)
    apart = (position[:, None] - position[None, :]).abs() >= min_separation
    pairs = (mask[:, :, None] & mask[:, None, :] & apart).to(contacts.dtype)
    num_pairs = pairs.sum(dim=(1, 2)).clamp_min(1.0)
    share = contacts.sum(dim=(1, 2)) / num_pairs
    return contacts - share[:, None, None] * pairs
