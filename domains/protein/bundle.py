"""Designed helical bundles, built from a handful of numbers.

Helix axes wind around the bundle axis as in Crick's coiled coil (Acta Cryst. 6:689, 1953): the axis
of helix k is a superhelix of radius R and constant tilt, and each atom keeps its place relative to
the local frame of that axis (radial, tangential, along). Neighbouring helices run in opposite
directions and are joined by short turns: C-alphas on a circular arc of equal steps.

Two departures from a crystal structure. Bending the axis changes bond lengths by up to 0.02
angstrom. In turns, bonds and peptide planes are ideal, but the angle N-CA-C is only as near to 111
degrees as rotating the planes can bring it (114 to 135 for nine residues in ten, 73 to 149 at the
extremes), and turns are no loops from a library. What the domain reads off a backbone (C-alpha and
C-beta distances, burial, contacts) depends little on either.

Shapes: L residues, 4 atoms. Lengths in angstrom, angles in degrees unless a name says radians.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.domains.protein.backbone import CA, Backbone, distances, virtual_beta
from suite.domains.protein.turn import arc, orient_peptides, place_peptides

RISE, TURN = 1.5, 100.0  # a residue of an alpha helix: angstrom along its axis, degrees around it

# N, CA, C, O of a helix residue: distance from the axis, angle and rise relative to CA. Built from
# standard bond lengths and angles with phi -63 and psi -42, which give exactly 1.5 angstrom and 100
# degrees a residue (and angle N-CA-C 109.4); the tests rebuild bonds and torsions from them.
ATOM_RADIUS = (1.5262, 2.2882, 1.6907, 2.0020)
ATOM_ANGLE = (-26.449, 0.0, 27.949, 23.485)
ATOM_RISE = (-0.9023, 0.0, 1.0326, 2.2149)

# Atoms of residues that are not neighbours stay further apart than this, angstrom. C-alphas of real
# proteins hardly come nearer than 3.8, C-betas than 3.5.
CLASH = {"CA": 3.8, "CB": 3.5}


@dataclass(frozen=True, kw_only=True)
class BundleSpec:
    """One bundle of antiparallel helices.

    Attributes:
        helix_lengths, loop_lengths: residues, helices 2 to 6 and one loop between each two.
        spacing: distance of neighbouring helix axes, angstrom.
        tilt: angle between helix axes and the bundle axis, degrees; negative is left-handed.
        phases: rotation of each helix about its own axis, degrees.
        shifts: how far each helix starts above the end of the one before, angstrom along the
            bundle axis; the first is not read.
        left_turning: from where the first helix ends, whether the next lies to the left (seen from
            outside the bundle) rather than to the right.
    """

    helix_lengths: tuple[int, ...]
    loop_lengths: tuple[int, ...]
    spacing: float = 9.5
    tilt: float = -12.0
    phases: tuple[float, ...]
    shifts: tuple[float, ...]
    left_turning: bool = False

    def __post_init__(self) -> None:
        helices = len(self.helix_lengths)
        if not 2 <= helices <= 6 or len(self.loop_lengths) != helices - 1:
            raise ValueError(
                "a bundle has 2 to 6 helices and one loop fewer, got "
                f"{helices} and {len(self.loop_lengths)}"
            )
        if len(self.phases) != helices or len(self.shifts) != helices:
            raise ValueError(f"phases and shifts are one a helix, {helices} of each")
        if min(self.helix_lengths) < 4 or min(self.loop_lengths) < 2:
            raise ValueError("a helix has at least 4 residues and a loop at least 2")

    @property
    def num_helices(self) -> int:
        return len(self.helix_lengths)

    @property
    def length(self) -> int:
        """Residues in all."""
        return sum(self.helix_lengths) + sum(self.loop_lengths)

    @property
    def radius(self) -> float:
        """Distance of the helix axes from the bundle axis, angstrom."""
        return self.spacing / (2 * math.sin(math.pi / self.num_helices))


def helix_atoms(spec: BundleSpec, which: int, start_height: float) -> Tensor:
    """N, CA, C, O of helix ``which``, [n, 4, 3], angstrom, its first CA at ``start_height``.

    Even helices climb the bundle axis (z), odd ones descend. With s the way along the helix axis,
    that axis is (R cos a, R sin a, z) with z = s cos(tilt) and a = a0 + z tan(tilt) / R. An atom
    sits at radius r and angle w in the plane of the radial vector and the normal. That frame itself
    turns by s sin(tilt) cos(tilt) / R, which is taken off w: the helix keeps 100 degrees a residue.
    """
    tilt, up = math.radians(spec.tilt), 1.0 if which % 2 == 0 else -1.0
    residues = torch.arange(spec.helix_lengths[which], dtype=torch.float64)
    rise = torch.tensor(ATOM_RISE, dtype=torch.float64)
    along = residues[:, None] * RISE + rise  # s, in the direction of the chain
    height = start_height + up * along * math.cos(tilt)
    turning = 1.0 if spec.left_turning else -1.0
    first = turning * 2 * math.pi * which / spec.num_helices
    angle = first + height * math.tan(tilt) / spec.radius
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    radial = torch.stack([cosine, sine, zero], dim=-1)
    around = torch.stack([-sine, cosine, zero], dim=-1)
    axis = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    tangent = up * (math.sin(tilt) * around + math.cos(tilt) * axis)
    normal: Tensor = torch.linalg.cross(tangent, radial)
    frame_turn = along * math.sin(tilt) * math.cos(tilt) / spec.radius
    own = torch.tensor(ATOM_ANGLE, dtype=torch.float64).deg2rad()
    phase = math.radians(spec.phases[which])
    turn = phase + residues[:, None] * math.radians(TURN) + own - frame_turn
    distance = torch.tensor(ATOM_RADIUS, dtype=torch.float64)
    offset = distance[:, None] * (turn.cos()[..., None] * radial + turn.sin()[..., None] * normal)
    centre = spec.radius * radial + height[..., None] * axis
    return centre + offset


def build_bundle(spec: BundleSpec, name: str = "bundle") -> Backbone:
    """The backbone that ``spec`` describes, centred on its C-alphas.

    Raises:
        ValueError: a loop is too short for the distance that it has to bridge, or residues clash;
            the message says which.
    """
    helices = _stack_helices(spec)
    pieces, secondary = [helices[0]], "H" * spec.helix_lengths[0]
    for before, after, residues in zip(helices, helices[1:], spec.loop_lengths, strict=False):
        pieces += [_loop(before, after, residues), after]
        secondary += "L" * residues + "H" * len(after)
    coordinates = torch.cat(pieces)
    _join(coordinates, secondary)
    coordinates = coordinates - coordinates[:, CA].mean(dim=0)
    _refuse_clashes(coordinates, name)
    return Backbone(
        name=name,
        coordinates=coordinates.float(),
        chain=torch.zeros(spec.length, dtype=torch.long),
        secondary=secondary,
    )


def _stack_helices(spec: BundleSpec) -> list[Tensor]:
    """Each helix starts where the one before ended, up to its shift."""
    helices: list[Tensor] = []
    for which in range(spec.num_helices):
        height = 0.0 if which == 0 else float(helices[-1][-1, CA, 2]) + spec.shifts[which]
        helices.append(helix_atoms(spec, which, height))
    return helices


def _loop(before: Tensor, after: Tensor, residues: int) -> Tensor:
    """C-alphas of a loop on an arc that bulges out of the bundle, [n, 4, 3], other atoms NaN."""
    first, last = before[-1, CA], after[0, CA]
    # Where helix one ends and helix two begins, both axes point out of the bundle.
    outward = (before[-1, CA] - before[-5, CA]) + (after[0, CA] - after[4, CA])
    loop = torch.full((residues, 4, 3), float("nan"), dtype=torch.float64)
    loop[:, CA] = arc(first, last, outward, residues)
    return loop


def _join(coordinates: Tensor, secondary: str) -> None:
    """Fill in the peptides of each loop, in place: they hang on C-alphas alone."""
    position = 0
    while (start := secondary.find("L", position)) != -1:
        position = secondary.find("H", start)
        window = coordinates[start - 1 : position + 1]  # with one helix residue at each side
        place_peptides(window, orient_peptides(window))


def _refuse_clashes(coordinates: Tensor, name: str) -> None:
    apart = torch.arange(len(coordinates))
    close = (apart[:, None] - apart[None, :]).abs() < 3
    for atom, points in (("CA", coordinates[:, CA]), ("CB", virtual_beta(coordinates))):
        between = distances(points).masked_fill(close, float("inf"))
        if float(between.min()) < CLASH[atom]:
            first, second = divmod(int(between.argmin()), len(coordinates))
            raise ValueError(
                f"{atom} of residues {first + 1} and {second + 1} of {name} are only "
                f"{float(between.min()):.1f} angstrom apart (clash below {CLASH[atom]})"
            )


# --- a family of bundles -------------------------------------------------------------------------


def random_spec(generator: torch.Generator, length: int) -> BundleSpec:
    """A bundle of three or four helices with ``length`` residues in all.

    Four helices need at least 52 residues; loops have 3 to 5, and what is left is shared among the
    helices, which differ by at most 4 residues.

    Raises:
        ValueError: fewer than 40 residues, of which no three helices of ten and two loops fit.
    """
    if length < 40:
        raise ValueError(f"a bundle needs at least 40 residues, got {length}")
    helices = 3 + (_whole(generator, 2) if length >= 52 else 0)
    loops = tuple(3 + _whole(generator, 3) for _ in range(helices - 1))
    free = length - sum(loops)
    lengths = [free // helices + (k < free % helices) for k in range(helices)]
    for _ in range(2):
        giver, taker = _whole(generator, helices), _whole(generator, helices)
        if lengths[giver] > 9 and lengths[taker] - lengths[giver] < 3:
            lengths[giver] -= 1
            lengths[taker] += 1
    return BundleSpec(
        helix_lengths=tuple(lengths),
        loop_lengths=loops,
        spacing=_between(generator, 8.6, 10.6),
        tilt=_between(generator, -18.0, -4.0),
        phases=tuple(_between(generator, 0.0, 360.0) for _ in range(helices)),
        shifts=tuple(_between(generator, -1.5, 1.5) for _ in range(helices)),
        left_turning=bool(_whole(generator, 2)),
    )


def bundle_family(
    num_train: int, num_held_out: int, *, seed: int, length: int = 56
) -> tuple[list[Backbone], list[Backbone]]:
    """Bundles to train on and bundles to test on, all different, all of ``length`` residues.

    Specifications that clash or whose loops do not close are drawn again (about two in three).
    Held-out bundles come after the training bundles on one random stream.

    Raises:
        ValueError: the length is below 40, or hardly any draw of this length makes a bundle.
    """
    generator = torch.Generator().manual_seed(seed)
    built: list[Backbone] = []
    wanted = num_train + num_held_out
    for _ in range(50 * wanted):
        if len(built) == wanted:
            break
        spec = random_spec(generator, length)
        try:
            built.append(build_bundle(spec, f"bundle-{seed}-{len(built)}"))
        except ValueError:
            continue
    if len(built) < wanted:
        raise ValueError(
            f"only {len(built)} of {wanted} bundles of {length} residues came out of {50 * wanted} "
            "draws; 48 to 60 residues are safe"
        )
    return built[:num_train], built[num_train:]


def _whole(generator: torch.Generator, below: int) -> int:
    return int(torch.randint(below, (), generator=generator))


def _between(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))
