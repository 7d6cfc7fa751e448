"""Bundles built from numbers."""

import dataclasses
import itertools
import math

import pytest
import torch

from suite.domains.protein.backbone import (
    CA,
    Backbone,
    C,
    N,
    O,
    assign_secondary,
    burial,
    contact_map,
    distances,
    phi_psi,
    virtual_beta,
)
from suite.domains.protein.bundle import (
    ATOM_RADIUS,
    RISE,
    BundleSpec,
    build_bundle,
    bundle_family,
    helix_atoms,
)
from suite.domains.protein.turn import ARC_STEP, arc

STRAIGHT = BundleSpec(
    helix_lengths=(16, 16),
    loop_lengths=(4,),
    tilt=0.0,
    phases=(180.0, 200.0),
    shifts=(0.0, 0.0),
)


@pytest.fixture(scope="module")
def family() -> list[Backbone]:
    train, held_out = bundle_family(8, 4, seed=3)
    return [*train, *held_out]


def angle(first: torch.Tensor, corner: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Bond angles in degrees of points [L, 3]."""
    normalize = torch.nn.functional.normalize
    cosine = (normalize(first - corner, dim=-1) * normalize(last - corner, dim=-1)).sum(-1)
    return cosine.arccos().rad2deg()


def helix_pairs(backbone: Backbone) -> torch.Tensor:
    """True where a residue and its successor are both in a helix, [L - 1]."""
    return torch.tensor([a + b == "HH" for a, b in itertools.pairwise(backbone.secondary)])


def test_a_straight_helix_rises_and_turns_as_an_alpha_helix() -> None:
    carbons = helix_atoms(STRAIGHT, 0, 0.0)[:, CA]
    centre = torch.tensor([STRAIGHT.radius, 0.0, 0.0], dtype=torch.float64)
    offset = carbons - centre
    assert torch.allclose(carbons[1:, 2] - carbons[:-1, 2], torch.tensor(RISE).double())
    assert torch.allclose(offset[:, :2].norm(dim=-1), torch.tensor(ATOM_RADIUS[1]).double())
    turn = torch.atan2(offset[:, 1], offset[:, 0]).diff().rad2deg() % 360
    assert torch.allclose(turn, torch.tensor(100.0).double())


def test_a_straight_helix_has_standard_bonds_and_torsions() -> None:
    atoms = helix_atoms(STRAIGHT, 0, 0.0)
    phi, psi = phi_psi(atoms, torch.zeros(16, dtype=torch.long))
    assert torch.allclose(phi[1:], torch.tensor(-63.0).double(), atol=0.1)
    assert torch.allclose(psi[:-1], torch.tensor(-42.0).double(), atol=0.1)
    for first, second, length in [(N, CA, 1.458), (CA, C, 1.525), (C, O, 1.231)]:
        bond = (atoms[:, first] - atoms[:, second]).norm(dim=-1)
        assert torch.allclose(bond, torch.tensor(length).double(), atol=1e-3)
    peptide = (atoms[1:, N] - atoms[:-1, C]).norm(dim=-1)
    assert torch.allclose(peptide, torch.tensor(1.329).double(), atol=1e-3)
    # The hydrogen bond from O of i to N of i + 4.
    bridge = (atoms[:-4, O] - atoms[4:, N]).norm(dim=-1)
    assert torch.allclose(bridge, torch.tensor(2.94).double(), atol=0.01)


def test_a_coiled_helix_keeps_its_axis_at_the_radius_and_tilt_asked_for() -> None:
    spec = dataclasses.replace(STRAIGHT, tilt=-15.0)
    carbons = helix_atoms(spec, 0, 0.0)[:, CA]
    # The second difference of a helix points from each C-alpha to the axis.
    second = carbons[:-2] - 2 * carbons[1:-1] + carbons[2:]
    inward = torch.nn.functional.normalize(second, dim=-1)
    axis = carbons[1:-1] + ATOM_RADIUS[1] * inward
    assert torch.allclose(axis[:, :2].norm(dim=-1), torch.tensor(spec.radius).double(), atol=0.35)
    along = torch.nn.functional.normalize(axis[-1] - axis[0], dim=-1)
    assert math.degrees(math.acos(along[2])) == pytest.approx(15.0, abs=3.0)
    # Left-handed: going up, the axis turns clockwise seen from above.
    heading = torch.atan2(axis[:, 1], axis[:, 0])
    assert heading[-1] < heading[0]


def test_neighbouring_helices_run_in_opposite_directions_at_the_spacing() -> None:
    up, down = (helix_atoms(STRAIGHT, which, 0.0)[:, CA] for which in (0, 1))
    assert up[-1, 2] > up[0, 2]
    assert down[-1, 2] < down[0, 2]
    centres = [helix[:, :2].mean(dim=0) for helix in (up, down)]
    assert (centres[0] - centres[1]).norm().item() == pytest.approx(STRAIGHT.spacing, abs=0.6)


def test_an_arc_has_equal_steps_and_ends_at_its_anchors() -> None:
    first, last = torch.zeros(3).double(), torch.tensor([9.0, 0.0, 1.0]).double()
    up = torch.tensor([0.0, 0.0, 1.0]).double()
    trace = torch.cat([first[None], arc(first, last, up, 4), last[None]])
    steps = (trace[1:] - trace[:-1]).norm(dim=-1)
    assert torch.allclose(steps, torch.tensor(ARC_STEP).double(), atol=1e-6)
    assert trace[1:-1, 2].min() > 1.0
    with pytest.raises(ValueError, match=r"a turn of 2 residues spans .* its ends are 12\.0 apart"):
        arc(first, torch.tensor([12.0, 0, 0]).double(), up, 2)


def test_every_bundle_is_an_unbroken_chain(family: list[Backbone]) -> None:
    for backbone in family:
        x = backbone.coordinates
        assert ((x[1:, CA] - x[:-1, CA]).norm(dim=-1) - ARC_STEP).abs().max() < 0.05
        assert ((x[1:, N] - x[:-1, C]).norm(dim=-1) - 1.329).abs().max() < 0.02
        assert ((x[:, CA] - x[:, N]).norm(dim=-1) - 1.458).abs().max() < 0.03
        assert ((x[:, C] - x[:, CA]).norm(dim=-1) - 1.525).abs().max() < 0.03
        tetrahedral = angle(x[:, N], x[:, CA], x[:, C])
        assert tetrahedral.min() > 70
        assert tetrahedral.max() < 150


def test_helices_of_every_bundle_have_helical_torsions(family: list[Backbone]) -> None:
    for backbone in family:
        phi, psi = phi_psi(backbone.coordinates, backbone.chain)
        inside = helix_pairs(backbone)[:-1] & helix_pairs(backbone)[1:]
        assert (phi[1:-1][inside] + 63).abs().median() < 6
        assert (psi[1:-1][inside] + 42).abs().median() < 6
        assigned = assign_secondary(backbone.coordinates, backbone.chain)
        agreement = [a == b for a, b in zip(assigned, backbone.secondary, strict=True)]
        assert sum(agreement) / len(agreement) > 0.8


def test_no_bundle_clashes_and_helices_touch(family: list[Backbone]) -> None:
    for backbone in family:
        position = torch.arange(len(backbone))
        far = (position[:, None] - position[None, :]).abs() >= 3
        assert distances(backbone.alpha_carbons)[far].min() > 3.5
        assert distances(virtual_beta(backbone.coordinates))[far].min() > 3.4
        which = torch.tensor(
            [0] + [a + b == "LH" for a, b in itertools.pairwise(backbone.secondary)]
        )
        helix = which.cumsum(0)
        contacts = contact_map(backbone) * (helix[:, None] != helix[None, :])
        for one in range(int(helix.max())):
            assert contacts[helix == one][:, helix == one + 1].sum() >= 4
        assert 0.1 < (burial(backbone) > 0.5).float().mean() < 0.5


def test_a_family_is_made_of_different_bundles_of_one_length(family: list[Backbone]) -> None:
    maps = [distances(backbone.alpha_carbons) for backbone in family]
    assert {len(backbone) for backbone in family} == {56}
    for first, second in itertools.combinations(maps, 2):
        assert (first - second).square().mean().sqrt() > 0.5
    assert {backbone.secondary.count("LH") for backbone in family} == {2, 3}


def test_a_family_depends_on_its_seed_alone() -> None:
    train, held_out = bundle_family(2, 1, seed=3)
    again, _ = bundle_family(3, 0, seed=3)
    other, _ = bundle_family(2, 0, seed=4)
    assert torch.equal(train[1].coordinates, again[1].coordinates)
    assert torch.equal(held_out[0].coordinates, again[2].coordinates)
    assert not torch.equal(train[0].coordinates, other[0].coordinates)


@pytest.mark.parametrize("length", [40, 48, 60])
def test_other_lengths_are_built_to_size(length: int) -> None:
    train, _ = bundle_family(1, 0, seed=0, length=length)
    assert len(train[0]) == length


def test_specifications_that_make_no_bundle_are_refused() -> None:
    with pytest.raises(ValueError, match="2 to 6 helices and one loop fewer, got 2 and 2"):
        dataclasses.replace(STRAIGHT, loop_lengths=(3, 3))
    with pytest.raises(ValueError, match="at least 4 residues and a loop at least 2"):
        dataclasses.replace(STRAIGHT, helix_lengths=(3, 16))
    with pytest.raises(ValueError, match=r"apart \(clash below"):
        build_bundle(dataclasses.replace(STRAIGHT, spacing=5.0))
    with pytest.raises(ValueError, match="a bundle needs at least 40 residues, got 30"):
        bundle_family(1, 0, seed=0, length=30)
