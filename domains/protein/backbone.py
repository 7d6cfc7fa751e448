"""A protein backbone as coordinates, and what a designer reads off it: burial and contacts.

There are no side chains here. Where one is needed, its first atom stands for it: the virtual
C-beta, whose place follows from N, CA and C, also for glycine.

Shapes: L residues, 4 atoms N, CA, C, O. Lengths in angstrom, angles in degrees.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

SECONDARY = "LHE"  # loop, helix, strand: the letters of Backbone.secondary and their ids
N, CA, C, O = range(4)  # noqa: E741 - the names of the atoms

CONTACT_DISTANCE = 8.0  # between C-betas
MIN_SEPARATION = 3  # along the chain; nearer residues touch in any helix, whatever the fold

# Side-chain neighbours: counts below and above which a residue is exposed and buried. These are
# the borders of the surface and core layers in Rosetta's LayerSelector.
EXPOSED_NEIGHBOURS, BURIED_NEIGHBOURS = 2.0, 5.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Backbone:
    """The main-chain atoms of L residues.

    Attributes:
        name: for people, and for the context of a design.
        coordinates: N, CA, C and O of each residue, [L, 4, 3], angstrom.
        chain: which unbroken stretch a residue belongs to, [L], long, counted from 0.
        secondary: one letter of SECONDARY a residue.
        sequence: the residues in the file that it came from; None where it was built.
    """

    name: str
    coordinates: Tensor
    chain: Tensor
    secondary: str
    sequence: str | None = None

    def __post_init__(self) -> None:
        length = len(self.secondary)
        if self.coordinates.shape != (length, 4, 3) or self.chain.shape != (length,):
            raise ValueError(
                f"a backbone of {length} residues has coordinates [{length}, 4, 3] and chain "
                f"[{length}], got {tuple(self.coordinates.shape)} and {tuple(self.chain.shape)}"
            )

    def __len__(self) -> int:
        return len(self.secondary)

    @property
    def alpha_carbons(self) -> Tensor:
        """CA positions, [L, 3]."""
        return self.coordinates[:, CA]


def virtual_beta(coordinates: Tensor) -> Tensor:
    """C-beta positions [..., 3] from main-chain atoms [..., 4, 3].

    The three numbers place CB at 1.53 angstrom from CA in the ideal tetrahedron of an L residue;
    they are those in common use (for example Dauparas et al., Science 378:49, 2022).
    """
    bond_n = coordinates[..., CA, :] - coordinates[..., N, :]
    bond_c = coordinates[..., C, :] - coordinates[..., CA, :]
    normal: Tensor = torch.linalg.cross(bond_n, bond_c)
    offset = -0.58273431 * normal + 0.56802827 * bond_n - 0.54067466 * bond_c
    return coordinates[..., CA, :] + offset


def distances(points: Tensor) -> Tensor:
    """All pairwise distances [L, L] of points [L, 3]."""
    apart: Tensor = (points[:, None] - points[None, :]).norm(dim=-1)
    return apart


def side_chain_neighbours(backbone: Backbone) -> Tensor:
    """How many C-betas lie within reach and in front of each residue's side chain, [L].

    Rosetta's definition: sum_j 1 / (1 + exp(d_ij - 9)) * max(0, (cos(a_ij) + 0.5) / 1.5)^2, with d
    the distance of CB j from CB i and a the angle between CA i -> CB i and CB i -> CB j. Unlike a
    plain neighbour count it tells the inner face of a helix from its outer one.
    """
    beta = virtual_beta(backbone.coordinates)
    pointing = torch.nn.functional.normalize(beta - backbone.alpha_carbons, dim=-1)
    between = beta[None, :] - beta[:, None]
    distance: Tensor = between.norm(dim=-1)
    cosine = (pointing[:, None] * between).sum(dim=-1) / distance.clamp_min(1e-6)
    near = torch.sigmoid(9.0 - distance)
    in_front = ((cosine + 0.5) / 1.5).clamp_min(0.0).square()
    return (near * in_front).fill_diagonal_(0.0).sum(dim=-1)


def burial(backbone: Backbone) -> Tensor:
    """0 where a side chain points into the solvent, 1 where it is covered, [L], no unit."""
    neighbours = side_chain_neighbours(backbone)
    share = (neighbours - EXPOSED_NEIGHBOURS) / (BURIED_NEIGHBOURS - EXPOSED_NEIGHBOURS)
    return share.clamp(0.0, 1.0)


def contact_map(
    backbone: Backbone,
    *,
    distance: float = CONTACT_DISTANCE,
    min_separation: int = MIN_SEPARATION,
) -> Tensor:
    """1 where two C-betas are nearer than ``distance`` and not neighbours in the chain, [L, L]."""
    position = torch.arange(len(backbone))
    gap = (position[:, None] - position[None, :]).abs()
    other_chain = backbone.chain[:, None] != backbone.chain[None, :]
    near = distances(virtual_beta(backbone.coordinates)) < distance
    return (near & ((gap >= min_separation) | other_chain)).float()


def dihedral(first: Tensor, second: Tensor, third: Tensor, fourth: Tensor) -> Tensor:
    """Torsion angles in degrees of four points each [..., 3], IUPAC sign, in (-180, 180]."""
    along = torch.nn.functional.normalize(third - second, dim=-1)
    back, ahead = first - second, fourth - third
    back = back - (back * along).sum(-1, keepdim=True) * along
    ahead = ahead - (ahead * along).sum(-1, keepdim=True) * along
    sine = (torch.linalg.cross(along, back) * ahead).sum(-1)
    return torch.rad2deg(torch.atan2(sine, (back * ahead).sum(-1)))


def phi_psi(coordinates: Tensor, chain: Tensor) -> tuple[Tensor, Tensor]:
    """Main-chain torsions, each [L], degrees; NaN where a neighbour is missing."""
    missing = torch.full((len(chain),), float("nan"), dtype=coordinates.dtype)
    phi, psi = missing.clone(), missing.clone()
    joined = chain[1:] == chain[:-1]
    n, ca, c = coordinates[:, N], coordinates[:, CA], coordinates[:, C]
    phi[1:] = dihedral(c[:-1], n[1:], ca[1:], c[1:])
    psi[:-1] = dihedral(n[:-1], ca[:-1], c[:-1], n[1:])
    phi[1:][~joined] = float("nan")
    psi[:-1][~joined] = float("nan")
    return phi, psi


def assign_secondary(coordinates: Tensor, chain: Tensor) -> str:
    """Helix and strand from main-chain torsions alone.

    H: at least four residues in a row with phi in [-100, -30] and psi in [-80, 0]; E: at least
    three with phi in [-180, -50] and psi above 80 or below -150. Coarser than DSSP, which reads
    hydrogen bonds; it serves to tell a helix from the rest.
    """
    phi, psi = phi_psi(coordinates, chain)
    helical = (phi > -100) & (phi < -30) & (psi > -80) & (psi < 0)
    extended = (phi > -180) & (phi < -50) & ((psi > 80) | (psi < -150))
    letters = ["L"] * len(chain)
    for kind, inside, shortest in (("H", helical, 4), ("E", extended, 3)):
        for start, stop in _runs(inside.tolist(), shortest):
            letters[start:stop] = kind * (stop - start)
    return "".join(letters)


def _runs(inside: list[bool], shortest: int) -> list[tuple[int, int]]:
    """Half-open intervals of at least ``shortest`` True in a row."""
    found, start = [], None
    for position, value in enumerate([*inside, False]):
        if value and start is None:
            start = position
        elif not value and start is not None:
            if position - start >= shortest:
                found.append((start, position))
            start = None
    return found
