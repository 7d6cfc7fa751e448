"""Turns between helices: C-alphas on an arc, and peptide planes hung on C-alphas.

In a trans peptide the four atoms CA, C, N and the next CA lie in a plane and the two C-alphas are
3.81 angstrom apart, so a trace of C-alphas at that spacing leaves one freedom a peptide: the
rotation of its plane about the line between them. It is chosen so that the angles N-CA-C come as
near to 111 degrees as they can.

Shapes: n residues of a turn. Lengths in angstrom, angles in radians unless a name says degrees.
"""

import math

import torch
from torch import Tensor

from suite.domains.protein.backbone import CA, C, N, O

# Bond lengths and angles of a trans peptide (Engh & Huber, Acta Cryst. A47:392, 1991).
CA_C, C_N, N_CA, C_O = 1.525, 1.329, 1.458, 1.231
ANGLE_CA_C_N, ANGLE_C_N_CA, ANGLE_CA_C_O = map(math.radians, (117.2, 121.7, 120.5))
TETRAHEDRAL = math.radians(111.0)


def _planar_peptide() -> dict[str, tuple[float, float]]:
    """C, O and N in the plane: along the line from CA to the next CA, and to its side.

    Walk CA -> C -> N -> CA in the plane: left by pi - angle(CA, C, N), right by pi - angle(C, N,
    CA); then turn the frame so that the next CA lies on the first axis.
    """
    second = math.pi - ANGLE_CA_C_N
    third = second - (math.pi - ANGLE_C_N_CA)
    carbon = complex(CA_C, 0)
    nitrogen = carbon + C_N * complex(math.cos(second), math.sin(second))
    end = nitrogen + N_CA * complex(math.cos(third), math.sin(third))
    # O lies on the other side of CA-C than N does.
    oxygen_turn = -(math.pi - ANGLE_CA_C_O)
    oxygen = carbon + C_O * complex(math.cos(oxygen_turn), math.sin(oxygen_turn))
    frame = end.conjugate() / abs(end)
    places = {"C": carbon * frame, "O": oxygen * frame, "N": nitrogen * frame, "CA": end * frame}
    return {name: (place.real, place.imag) for name, place in places.items()}


PLANE = _planar_peptide()
ARC_STEP = PLANE["CA"][0]  # 3.81 angstrom between C-alphas


def arc(first: Tensor, last: Tensor, outward: Tensor, residues: int) -> Tensor:
    """C-alphas between two anchors on a circular arc of equal steps, [residues, 3].

    A chain of m = ``residues`` + 1 sides of length a has the chord a sin(m d / 2) / sin(d / 2),
    with d the angle by which each side turns from the one before; d is found by bisection.

    Args:
        first: the C-alpha before the turn, [3].
        last: the C-alpha after the turn, [3].
        outward: the side to which it bulges, [3].
        residues: C-alphas between the two.

    Raises:
        ValueError: the anchors are too far apart, or so near that the arc would bend by more than
            90 degrees a step.
    """
    sides = residues + 1
    chord = float((last - first).norm())
    longest, shortest = _chord(1e-6, sides), _chord(math.pi / 2, sides)
    if not shortest < chord < longest:
        raise ValueError(
            f"a turn of {residues} residues spans {max(shortest, 0.0):.1f} to {longest:.1f} "
            f"angstrom, its ends are {chord:.1f} apart"
        )
    low, high = 1e-6, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _chord(middle, sides) > chord else (low, middle)
    turn = (low + high) / 2
    along = (last - first) / chord
    across: Tensor = outward - (outward @ along) * along
    across = torch.nn.functional.normalize(across, dim=0)
    steps = torch.arange(sides, dtype=first.dtype)
    heading = turn * ((sides - 1) / 2 - steps)  # from steepest outward to steepest inward
    moves = ARC_STEP * (heading.cos()[:, None] * along + heading.sin()[:, None] * across)
    return first + moves.cumsum(0)[:-1]


def _chord(turn: float, sides: int) -> float:
    return ARC_STEP * math.sin(sides * turn / 2) / math.sin(turn / 2)


def orient_peptides(window: Tensor, *, num_angles: int = 24, sweeps: int = 3) -> Tensor:
    """Rotations of the peptide planes, [n - 1], that bring N-CA-C nearest to 111 degrees.

    Coordinate descent: each plane in turn takes the best of ``num_angles`` rotations.

    Args:
        window: [n, 4, 3]; C-alphas everywhere, N of the first residue, and C of the last one.
        num_angles: rotations that are tried of each plane.
        sweeps: how often each plane is turned.
    """
    peptides = len(window) - 1
    grid = torch.arange(num_angles, dtype=window.dtype) * (2 * math.pi / num_angles)
    bases = [_plane_basis(window, which) for which in range(peptides)]
    # Unit vectors from CA to C (first end) and to N (second end) for every rotation, [P, A, 3].
    toward_c = torch.stack([_direction(basis, grid, "C") for basis in bases])
    toward_n = torch.stack([_direction(basis, grid, "N") for basis in bases])
    fixed_n = torch.nn.functional.normalize(window[0, N] - window[0, CA], dim=-1)
    fixed_c = torch.nn.functional.normalize(window[-1, C] - window[-1, CA], dim=-1)
    chosen = torch.zeros(peptides, dtype=torch.long)
    for _ in range(sweeps):
        for which in range(peptides):
            n_before = fixed_n if which == 0 else toward_n[which - 1, chosen[which - 1]]
            last = which == peptides - 1
            c_after = fixed_c if last else toward_c[which + 1, chosen[which + 1]]
            cost = _angle_cost(toward_c[which] @ n_before) + _angle_cost(toward_n[which] @ c_after)
            chosen[which] = cost.argmin()
    return grid[chosen]


def place_peptides(window: Tensor, rotations: Tensor) -> None:
    """Write C and O of each residue and N of the next into ``window`` [n, 4, 3], in place."""
    for which, rotation in enumerate(rotations):
        along, side, up = _plane_basis(window, which)
        across = rotation.cos() * side + rotation.sin() * up
        start = window[which, CA].clone()
        window[which, C] = start + PLANE["C"][0] * along + PLANE["C"][1] * across
        window[which, O] = start + PLANE["O"][0] * along + PLANE["O"][1] * across
        window[which + 1, N] = start + PLANE["N"][0] * along + PLANE["N"][1] * across


def _plane_basis(window: Tensor, which: int) -> tuple[Tensor, Tensor, Tensor]:
    """The line between two C-alphas and two directions across it, each a unit vector [3]."""
    along = torch.nn.functional.normalize(window[which + 1, CA] - window[which, CA], dim=-1)
    helper = torch.eye(3, dtype=window.dtype)[int(along.abs().argmin())]
    side = torch.nn.functional.normalize(torch.linalg.cross(along, helper), dim=-1)
    return along, side, torch.linalg.cross(along, side)


def _direction(basis: tuple[Tensor, Tensor, Tensor], grid: Tensor, atom: str) -> Tensor:
    """Unit vectors [A, 3] from the near CA to ``atom`` for each rotation of the plane."""
    along, side, up = basis
    across = grid.cos()[:, None] * side + grid.sin()[:, None] * up
    forward, aside = PLANE[atom]
    if atom == "N":  # seen from the second CA
        forward -= ARC_STEP
    return torch.nn.functional.normalize(forward * along + aside * across, dim=-1)


def _angle_cost(cosine: Tensor) -> Tensor:
    return (cosine.clamp(-1.0, 1.0).arccos() - TETRAHEDRAL).square()
