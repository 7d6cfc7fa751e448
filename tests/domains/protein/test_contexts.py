"""Backbones as contexts."""

import pytest
import torch

from suite.domains.protein.backbone import burial, contact_map
from suite.domains.protein.bundle import bundle_family
from suite.domains.protein.contexts import BackboneContexts, backbone_data, bundle_contexts


@pytest.fixture(scope="module")
def contexts() -> BackboneContexts:
    return bundle_contexts(
        num_train=4, num_held_out=2, num_demonstrations=10, num_held_out_demonstrations=5, seed=1
    )


def test_backbones_of_unequal_length_are_padded_to_the_longest() -> None:
    (short,), (long,) = (bundle_family(1, 0, seed=0, length=length)[0] for length in (48, 56))
    data = backbone_data([short, long])
    assert data["mask"].sum(dim=-1).tolist() == [48, 56]
    assert data["backbone"].shape == (2, 56, 4, 3)
    assert torch.equal(data["contacts"][0, :48, :48], contact_map(short))
    assert torch.equal(data["burial"][1], burial(long))
    for key in ("backbone", "contacts", "burial", "secondary"):
        assert data[key][0, 48:].sum() == 0
    assert data["secondary"][1].tolist() == ["LH".index(letter) for letter in long.secondary]
    with pytest.raises(ValueError, match="at least one backbone"):
        backbone_data([])


def test_train_and_held_out_backbones_are_disjoint(contexts: BackboneContexts) -> None:
    train, held_out = contexts.fingerprints()
    assert (len(train), len(held_out)) == (4, 2)
    assert not train & held_out


def test_demonstrations_answer_their_backbones_in_turn(contexts: BackboneContexts) -> None:
    context, samples = contexts.demonstrations(torch.tensor([0, 5, 9]))
    assert context.native == ("bundle-1-0", "bundle-1-1", "bundle-1-1")
    assert samples.tokens is not None
    assert samples.tokens.shape == (3, 56)
    again = contexts.demonstrations(torch.tensor([9]))[1].tokens
    assert again is not None
    assert torch.equal(again[0], samples.tokens[2])


def test_held_out_demonstrations_answer_held_out_backbones(contexts: BackboneContexts) -> None:
    context, samples = contexts.held_out_demonstrations(torch.arange(5))
    assert set(context.native or ()) == {"bundle-1-4", "bundle-1-5"}
    train = contexts.demonstrations(torch.arange(10))[1].tokens
    assert samples.tokens is not None
    assert train is not None
    assert not any(torch.equal(a, b) for a in samples.tokens for b in train)


def test_held_out_contexts_come_after_the_training_ones(contexts: BackboneContexts) -> None:
    assert contexts.held_out(torch.tensor([0])).native == ("bundle-1-4",)
    nothing_held_out = BackboneContexts(bundle_family(2, 0, seed=1)[0])
    assert nothing_held_out.held_out(torch.tensor([1])).native == ("bundle-1-1",)
