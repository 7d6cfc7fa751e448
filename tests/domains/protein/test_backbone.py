"""What is read off a backbone."""

import math

import pytest
import torch

from suite.domains.protein.backbone import (
    Backbone,
    burial,
    contact_map,
    dihedral,
    side_chain_neighbours,
    virtual_beta,
)
from suite.domains.protein.bundle import BundleSpec, build_bundle

SPEC = BundleSpec(
    helix_lengths=(14, 14),
    loop_lengths=(4,),
    phases=(180.0, 200.0),
    shifts=(0.0, 0.0),
)


def tetrahedral_residue() -> torch.Tensor:
    """CA at the origin, N and C at standard lengths and 111 degrees, O anywhere."""
    angle = math.radians(111.0)
    return torch.tensor(
        [
            [1.458, 0.0, 0.0],
            [0.0, 0.0, 0.0],
            [1.525 * math.cos(angle), 1.525 * math.sin(angle), 0.0],
            [0.0, 0.0, 9.0],
        ]
    )


def test_the_virtual_beta_sits_where_a_tetrahedral_carbon_carries_it() -> None:
    atoms = tetrahedral_residue()
    beta = virtual_beta(atoms)
    assert beta.norm().item() == pytest.approx(1.53, abs=0.01)
    for other in (atoms[0], atoms[2]):
        angle = torch.rad2deg(torch.arccos(beta @ other / beta.norm() / other.norm()))
        assert angle.item() == pytest.approx(110.0, abs=2.0)
    # An L residue: seen from the hydrogen one reads CO, R, N clockwise, a positive volume.
    assert torch.linalg.det(torch.stack([atoms[2], beta, atoms[0]])).item() > 0


def test_dihedral_has_the_sign_of_iupac() -> None:
    points = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]])
    # Looking along the middle bond, from z = 0 up to z = 1, x must turn clockwise to meet y.
    assert dihedral(*points).item() == pytest.approx(90.0)
    mirrored = points * torch.tensor([1.0, -1.0, 1.0])
    assert dihedral(*mirrored).item() == pytest.approx(-90.0)


def test_two_lone_side_chains_count_each_other_by_the_published_formula() -> None:
    """sum_j 1/(1 + exp(d - 9)) * ((cos a + 0.5)/1.5)^2, worked out for two residues."""
    residue = tetrahedral_residue()
    beta = virtual_beta(residue)
    toward = beta / beta.norm()
    facing = residue + 6.0 * toward
    coordinates = torch.stack([residue, facing])
    pair = Backbone(
        name="pair", coordinates=coordinates, chain=torch.zeros(2, dtype=torch.long), secondary="LL"
    )
    near = 1.0 / (1.0 + math.exp(6.0 - 9.0))
    ahead, behind = near * 1.0, near * 0.0  # cosines 1 and -1; below -0.5 counts for nothing
    assert side_chain_neighbours(pair).tolist() == pytest.approx([ahead, behind], abs=1e-5)
    assert burial(pair).tolist() == [0.0, 0.0]


def test_contacts_are_symmetric_and_leave_out_chain_neighbours() -> None:
    backbone = build_bundle(SPEC)
    contacts = contact_map(backbone)
    assert torch.equal(contacts, contacts.T)
    position = torch.arange(len(backbone))
    near = (position[:, None] - position[None, :]).abs() < 3
    assert contacts[near].sum() == 0
    beta = virtual_beta(backbone.coordinates)
    for i, j in [(0, 4), (2, 28), (0, 31), (10, 20)]:
        assert contacts[i, j].item() == float((beta[i] - beta[j]).norm() < 8.0)


def test_neighbours_in_another_chain_are_contacts() -> None:
    backbone = build_bundle(SPEC)
    chain = (torch.arange(len(backbone)) > 0).long()
    cut = Backbone(
        name="cut",
        coordinates=backbone.coordinates,
        chain=chain,
        secondary=backbone.secondary,
    )
    assert contact_map(cut)[0, 1] == 1.0
    assert contact_map(backbone)[0, 1] == 0.0


def test_shapes_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a backbone of 2 residues has coordinates \[2, 4, 3\]"):
        Backbone(
            name="x",
            coordinates=torch.zeros(3, 4, 3),
            chain=torch.zeros(2, dtype=torch.long),
            secondary="LL",
        )
