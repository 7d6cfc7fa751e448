"""Backbone coordinates to a graph: nearest neighbours and what a pair of residues looks like.

The pair features are those of Dauparas et al., "Robust deep learning-based protein sequence design
using ProteinMPNN", Science 378:49 (2022): radial basis functions of the 25 distances between N, CA,
C, O and a virtual CB of two residues, and their offset in the chain. All of them are unchanged by
rotations and translations.

Shapes: U backbones, L residues, K neighbours; coordinates and distances in angstrom.
"""

from collections import OrderedDict

import torch
from torch import Tensor

NUM_RBF = 8
FARTHEST = 22.0  # angstrom: the last radial basis function's centre
LARGEST_OFFSET = 32  # offsets in the chain beyond this look alike
NUM_DISTANCES = 25
PAIR_FEATURES = NUM_DISTANCES * NUM_RBF + 2 * LARGEST_OFFSET + 1
KEPT_GRAPHS = 64  # backbones whose graphs stay in memory: about 1 MB each at 56 residues
OUT_OF_REACH = 1e6  # angstrom: where padding is put in the search for neighbours


def virtual_cb(backbone: Tensor) -> Tensor:
    """Where CB would be, from N, CA, C in ideal tetrahedral geometry; [..., 4, 3] -> [..., 3].

    The three coefficients are those of ProteinMPNN (Dauparas et al. 2022, supplement).
    """
    n, ca, c = backbone[..., 0, :], backbone[..., 1, :], backbone[..., 2, :]
    to_ca, to_c = ca - n, c - ca
    normal = torch.linalg.cross(to_ca, to_c)
    place: Tensor = ca - 0.58273431 * normal + 0.56802827 * to_ca - 0.54067466 * to_c
    return place


def nearest_neighbours(ca: Tensor, present: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` residues whose CA is nearest, itself first.

    Args:
        ca: [U, L, 3].
        present: False at padding, [U, L].
        count: K; of a chain shorter than that, all L are found.

    Returns:
        index [U, L, K] long, and real [U, L, K] bool: False where either end is padding.
    """
    distance = (ca.unsqueeze(2) - ca.unsqueeze(1)).square().sum(dim=-1).sqrt()
    both = present.unsqueeze(2) & present.unsqueeze(1)
    nearest = distance.masked_fill(~both, OUT_OF_REACH).topk(
        min(count, ca.shape[1]), dim=-1, largest=False
    )
    return nearest.indices, both.gather(2, nearest.indices)


def pair_features(backbone: Tensor, index: Tensor) -> Tensor:
    """Features of each residue and neighbour, [U, L, K, PAIR_FEATURES].

    Args:
        backbone: N, CA, C, O, [U, L, 4, 3]; padding must be finite.
        index: neighbours, [U, L, K].
    """
    atoms = torch.cat([backbone, virtual_cb(backbone).unsqueeze(-2)], dim=-2)  # [U, L, 5, 3]
    batch = torch.arange(len(atoms), device=atoms.device).view(-1, 1, 1)
    theirs = atoms[batch, index]  # [U, L, K, 5, 3]
    apart = atoms[:, :, None, :, None, :] - theirs[:, :, :, None, :, :]
    distance = apart.square().sum(dim=-1).sqrt().flatten(-2)  # [U, L, K, 25]
    radial = radial_basis(distance).flatten(-2)
    here = torch.arange(index.shape[1], device=index.device).view(1, -1, 1)
    offset = (index - here).clamp(-LARGEST_OFFSET, LARGEST_OFFSET) + LARGEST_OFFSET
    chain = torch.nn.functional.one_hot(offset, 2 * LARGEST_OFFSET + 1).to(radial.dtype)
    return torch.cat([radial, chain], dim=-1)


def radial_basis(distance: Tensor) -> Tensor:
    """Gaussians of a distance at NUM_RBF centres from 2 angstrom to FARTHEST; [...] -> [..., R]."""
    centres = torch.linspace(2.0, FARTHEST, NUM_RBF, device=distance.device, dtype=distance.dtype)
    spread = (FARTHEST - 2.0) / NUM_RBF
    return torch.exp(-(((distance.unsqueeze(-1) - centres) / spread) ** 2))


_graphs: OrderedDict[tuple[bytes, int, torch.dtype, str], tuple[Tensor, Tensor, Tensor]] = (
    OrderedDict()
)


def backbone_graphs(backbone: Tensor, present: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Neighbours, which of them are real, and pair features of U backbones.

    They depend on coordinates alone and cost more than the network that reads them (four fifths of
    a forward of 64 rows), so the last KEPT_GRAPHS backbones' are kept.

    Returns:
        index [U, L, K] long, real [U, L, K] bool, features [U, L, K, PAIR_FEATURES].
    """
    rows = [_graph(b, p, count) for b, p in zip(backbone, present, strict=True)]
    index, real, features = (torch.stack(column) for column in zip(*rows, strict=True))
    return index, real, features


def _graph(backbone: Tensor, present: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    shape = present.cpu().numpy().tobytes()
    key = (backbone.cpu().numpy().tobytes() + shape, count, backbone.dtype, str(backbone.device))
    if key not in _graphs:
        with torch.no_grad():
            index, real = nearest_neighbours(backbone[None, :, 1], present[None], count)
            _graphs[key] = (index[0], real[0], pair_features(backbone[None], index)[0])
        while len(_graphs) > KEPT_GRAPHS:
            _graphs.popitem(last=False)
    _graphs.move_to_end(key)
    return _graphs[key]
