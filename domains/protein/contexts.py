"""Backbones as contexts: what a policy is conditioned on and what the rewards read.

``Context.data`` of the protein domain, every tensor leading with B and padded to a common L:

    backbone     [B, L, 4, 3]  N, CA, C, O in angstrom; 0 under padding
    mask         [B, L]        True where a residue stands
    contacts     [B, L, L]     1 where two C-betas touch (backbone.contact_map), else 0; float
    burial       [B, L]        0 exposed to 1 buried (backbone.burial); 0 under padding
    secondary    [B, L]        0 loop, 1 helix, 2 strand; long; 0 under padding

``Context.native`` holds the names of the backbones.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.records import Context, Samples
from suite.domains.protein.backbone import SECONDARY, Backbone, burial, contact_map
from suite.domains.protein.bundle import bundle_family
from suite.domains.protein.natives import NativeModel, sample_natives


def backbone_data(backbones: Sequence[Backbone]) -> dict[str, Tensor]:
    """The tensors above for B backbones, padded to the longest.

    Raises:
        ValueError: no backbone.
    """
    if not backbones:
        raise ValueError("backbone_data needs at least one backbone")
    length = max(map(len, backbones))
    rows = [_padded_row(backbone, length) for backbone in backbones]
    return {key: torch.stack([row[key] for row in rows]) for key in rows[0]}


def _padded_row(backbone: Backbone, length: int) -> dict[str, Tensor]:
    own = {
        "backbone": backbone.coordinates,
        "mask": torch.ones(len(backbone), dtype=torch.bool),
        "burial": burial(backbone),
        "secondary": torch.tensor([SECONDARY.index(letter) for letter in backbone.secondary]),
    }
    row = {}
    for key, value in own.items():
        row[key] = value.new_zeros(length, *value.shape[1:])
        row[key][: len(backbone)] = value
    row["contacts"] = torch.zeros(length, length)
    row["contacts"][: len(backbone), : len(backbone)] = contact_map(backbone)
    return row


def pick_rows(data: Mapping[str, Tensor], names: tuple[str, ...], index: Tensor) -> Context:
    """The contexts ``index`` [B] out of tensors of all backbones."""
    return Context(
        index=index,
        data={key: value[index] for key, value in data.items()},
        native=tuple(names[int(row)] for row in index),
    )


class BackboneContexts(Contexts):
    """Given backbones to train on and to hold out, with demonstrations sampled from NativeModel.

    Demonstration number i answers training backbone i mod num_train; the held-out ones, which no
    base is trained on, answer the held-out backbones in turn.
    """

    def __init__(
        self,
        train: Sequence[Backbone],
        held_out: Sequence[Backbone] = (),
        *,
        num_demonstrations: int = 0,
        num_held_out_demonstrations: int = 0,
        seed: int = 0,
        native_model: NativeModel | None = None,
    ) -> None:
        self.num_train, self.num_held_out = len(train), len(held_out)
        self.num_demonstrations = num_demonstrations
        self.names = tuple(backbone.name for backbone in (*train, *held_out))
        self.data = backbone_data([*train, *held_out])
        self.native_model = native_model or NativeModel()
        self._train_rows = torch.arange(num_demonstrations) % max(self.num_train, 1)
        self._held_out_rows = torch.arange(num_held_out_demonstrations)
        if num_held_out_demonstrations and held_out:
            self._held_out_rows = self.num_train + self._held_out_rows % self.num_held_out
        self._train_natives = self._natives(self._train_rows, seed, 0)
        self._held_out_natives = self._natives(self._held_out_rows, seed, 1)

    def _natives(self, rows: Tensor, seed: int, stream: int) -> Tensor:
        """One native sequence a row, [len(rows), L]."""
        generator = torch.Generator().manual_seed(2 * seed + stream)
        data = {key: value[rows] for key, value in self.data.items()}
        return sample_natives(data, 1, generator, model=self.native_model)[:, 0]

    def train(self, index: Tensor) -> Context:
        return pick_rows(self.data, self.names, index)

    def held_out(self, index: Tensor) -> Context:
        if self.num_held_out == 0:
            return self.train(index)
        return pick_rows(self.data, self.names, index + self.num_train)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        context = pick_rows(self.data, self.names, self._train_rows[index])
        return context, Samples(tokens=self._train_natives[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        context = pick_rows(self.data, self.names, self._held_out_rows[index])
        return context, Samples(tokens=self._held_out_natives[index])


def bundle_contexts(
    *,
    num_train: int = 32,
    num_held_out: int = 8,
    length: int = 56,
    num_demonstrations: int = 4096,
    num_held_out_demonstrations: int = 512,
    seed: int = 0,
) -> BackboneContexts:
    """The embedded default: designed helical bundles, nothing to download."""
    train, held_out = bundle_family(num_train, num_held_out, seed=seed, length=length)
    return BackboneContexts(
        train,
        held_out,
        num_demonstrations=num_demonstrations,
        num_held_out_demonstrations=num_held_out_demonstrations,
        seed=seed,
    )
