"""Denoisers: corners of the simplex, sizes, symmetries of the backbone network."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.plugins.policies.discrete_diffusion.geometry import (
    nearest_neighbours,
    pair_features,
    radial_basis,
    virtual_cb,
)

NETWORKS = ["cnn", "transformer", "backbone"]


def backbone(rows: int, length: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 5.0 * torch.randn(rows, length, 4, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("network", NETWORKS)
def test_relaxed_letters_at_the_corners_are_letters_bitwise(
    make_policy: Callable[..., Any], network: str
) -> None:
    policy = make_policy(network=network, length=5, num_classes=2, time_conditioning=True)
    tokens = torch.tensor([[0, 3, 2, 1, 3], [3, 3, 3, 3, 0]])
    relaxed = torch.nn.functional.one_hot(tokens, 4).double()
    data = {"backbone": backbone(2, 5), "label": torch.tensor([1, -1])}
    context = Context(index=torch.arange(2), data=data)
    state = policy.start(context, Streams(0, 0, "x", range(2)))
    t = torch.tensor([3, 0])
    hard = policy.step({**state, "tokens": tokens}, t)
    soft = policy.step({**state, "tokens": tokens, "relaxed": relaxed}, t)
    assert torch.equal(hard.log_p, soft.log_p)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_weight_gets_a_gradient_and_every_position_reads_every_other(
    make_policy: Callable[..., Any], network: str
) -> None:
    policy = make_policy(network=network, length=5, layers=2, num_classes=1, time_conditioning=True)
    policy.denoiser.letters.requires_grad_(requires_grad=True)
    relaxed = torch.nn.functional.one_hot(torch.tensor([[0, 3, 2, 1, 3]]), 4).double()
    relaxed.requires_grad_()
    data = {"backbone": backbone(1, 5), "label": torch.tensor([0])}
    state = policy.start(Context(index=torch.arange(1), data=data), Streams(0, 0, "x", [0]))
    law = policy.step({**state, "relaxed": relaxed}, torch.tensor([2]))
    law.log_p[0, 1, 0].backward()
    assert (relaxed.grad.abs().sum(dim=-1) > 0).all()
    unused = {n for n, p in policy.named_parameters() if p.grad is None}
    assert not unused


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_come_from_the_seed_and_leave_the_global_state_alone(
    make_policy: Callable[..., Any], network: str
) -> None:
    before = torch.random.get_rng_state()
    first = make_policy(network=network).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(99)
    again, other = make_policy(network=network).state_dict(), make_policy(network=network, seed=4)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["denoiser.letters"], other.denoiser.letters)


class TestBackbone:
    def test_turning_and_moving_the_backbone_changes_nothing(
        self, make_policy: Callable[..., Any]
    ) -> None:
        policy = make_policy(network="backbone", length=7, num_neighbours=4, layers=2)
        places = backbone(1, 7)
        turn, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))
        turn = turn * torch.linalg.det(turn)  # a rotation, not a reflection
        moved = places @ turn + torch.tensor([10.0, -3.0, 2.0])
        pair = Context(index=torch.arange(2), data={"backbone": torch.cat([places, moved])})
        features = policy.condition(pair)
        for value in features.values():
            torch.testing.assert_close(value[0], value[1])
        mirrored = Context(index=torch.arange(1), data={"backbone": places * -1.0})
        nodes = policy.condition(mirrored)["condition.nodes"]
        assert not torch.allclose(nodes, features["condition.nodes"][:1], rtol=1e-3)

    def test_rows_that_share_a_backbone_share_one_encoding(
        self, make_policy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = make_policy(network="backbone", length=6, num_neighbours=3)
        trunk, sizes = policy.denoiser.trunk, []
        encode = trunk.encode

        def counted(places: torch.Tensor, present: torch.Tensor) -> Any:
            sizes.append(len(places))
            return encode(places, present)

        monkeypatch.setattr(trunk, "encode", counted)
        shared = backbone(2, 6)[[0, 1, 0, 0, 1]]
        found = policy.condition(Context(index=torch.arange(5), data={"backbone": shared}))
        assert sizes == [2]
        alone = policy.condition(Context(index=torch.arange(1), data={"backbone": shared[1:2]}))
        for key, value in alone.items():
            torch.testing.assert_close(found[key][4:], value)

    def test_only_neighbours_are_read(self, make_policy: Callable[..., Any]) -> None:
        """With one decoder layer a residue reads its two nearest and itself."""
        policy = make_policy(network="backbone", length=6, num_neighbours=3, layers=1)
        places = torch.zeros(1, 6, 4, 3, dtype=torch.float64)
        places[0, :, :, 0] = 3.8 * torch.arange(6.0, dtype=torch.float64).unsqueeze(1)
        places[0, :, :, 1:] += torch.tensor([[0.0, 1], [0, 0], [1, 0], [1, 1]])
        filters = policy.condition(Context(index=torch.arange(1), data={"backbone": places}))[
            "condition.filters"
        ]
        read = filters[0, 0].abs().sum(dim=0) > 0
        assert read[2].tolist() == [False, True, True, True, False, False]

    def test_a_virtual_cb_stands_where_alanines_does(self) -> None:
        """Ideal L-alanine in the frame of Jumper et al. (2021), supplement: CA at the origin."""
        n, ca, c = [-0.525, 1.363, 0.0], [0.0, 0.0, 0.0], [1.526, 0.0, 0.0]
        cb = virtual_cb(torch.tensor([n, ca, c, ca], dtype=torch.float64))
        alanine = torch.tensor([-0.529, -0.774, -1.205], dtype=torch.float64)
        assert (cb - alanine).norm() < 0.05  # angstrom; the mirror image is 2.4 away

    def test_neighbours_are_sorted_and_padding_is_never_real(self) -> None:
        ca = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [3, 0, 0], [0.1, 0, 0]]])
        present = torch.tensor([[True, True, True, False]])
        index, real = nearest_neighbours(ca, present, 3)
        assert index[0, 0].tolist() == [0, 1, 2]
        assert index[0, 2].tolist() == [2, 1, 0]
        assert real[0, :3].all()
        assert not real[0, 3].any()

    def test_distances_enter_as_gaussians_of_the_right_pairs(self) -> None:
        places = backbone(1, 4)
        index = torch.arange(4).expand(1, 4, 4)
        features = pair_features(places, index)
        n_to_o = (places[0, 1, 0] - places[0, 2, 3]).norm()  # N of residue 1, O of residue 2
        start = (0 * 5 + 3) * 8
        torch.testing.assert_close(features[0, 1, 2, start : start + 8], radial_basis(n_to_o))
        offset = features[0, 1, 2, 200:]
        assert offset.argmax() == 33  # one residue further along, offsets start at -32
        assert radial_basis(torch.tensor(2.0))[0] == 1.0

    def test_contexts_without_backbones_are_refused(self, make_policy: Callable[..., Any]) -> None:
        policy = make_policy(network="backbone")
        with pytest.raises(SuiteError) as missing:
            policy.start(Context(index=torch.arange(1)), Streams(0, 0, "x", [0]))
        assert str(missing.value) == (
            "network = 'backbone' reads context.data['backbone'], but the contexts hold nothing.\n"
            "Choose contexts with backbones, or network = 'cnn' or 'transformer'."
        )
        wrong = Context(index=torch.arange(1), data={"backbone": torch.zeros(1, 3, 3, 3)})
        with pytest.raises(SuiteError, match=r"has shape \(1, 3, 3, 3\), expected \(1, 3, 4, 3\)"):
            policy.start(wrong, Streams(0, 0, "x", [0]))
