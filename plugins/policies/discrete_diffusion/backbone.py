"""A message-passing network for inverse folding: letters that fit a given backbone.

As in ProteinMPNN (Dauparas et al., Science 378:49, 2022), an encoder passes messages on the graph
of nearest residues, and a decoder mixes the letters of neighbours into it. Two departures:

1. It is not autoregressive: every position reads all letters that are known so far, the mask among
   them, because the diffusion decides in which order letters appear.
2. The decoder's messages are edge filters (Schuett et al., "SchNet", arXiv:1706.08566): the hidden
   state of a neighbour times weights that depend on the edge alone, so that everything about the
   backbone is computed once a context and each of the T steps is a few matrix products.

Shapes: C contexts, U of them with different backbones, R = C G rows, L residues, K neighbours,
H hidden units a residue, E a pair, A filters a layer, D layers.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from suite.core.errors import SuiteError
from suite.core.policy import State
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.geometry import (
    PAIR_FEATURES,
    backbone_graphs,
)
from suite.plugins.policies.discrete_diffusion.network import Trunk

ATOMS = 4  # N, CA, C, O


class BackboneTrunk(Trunk):
    """Encoder once a backbone, decoder once a step."""

    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.num_neighbours, self.heads = config.num_neighbours, config.heads
        self.embed = nn.Linear(PAIR_FEATURES, config.edge_width)
        self.encoder = nn.ModuleList(
            EncoderLayer(config.width, config.edge_width) for _ in range(config.encoder_layers)
        )
        self.start = nn.Linear(config.edge_width, config.width)
        self.filters = nn.Linear(config.edge_width, config.layers * config.heads)
        self.decoder = nn.ModuleList(
            DecoderLayer(config.width, config.heads) for _ in range(config.layers)
        )

    def condition(self, data: Mapping[str, Tensor], present: Tensor) -> State:
        """Nodes [C, L, H] and filters [C, D, A, L, L] of data["backbone"] [C, L, 4, 3], angstrom.

        Raises:
            SuiteError: the contexts hold no backbones, or not of that shape.
        """
        backbone = _read_backbone(data, present).to(self.embed.weight.dtype)
        # Rows that share a backbone share its encoding: a group of samples costs one.
        flat = torch.cat([backbone.flatten(1), present.to(backbone.dtype)], dim=1)
        different, which = torch.unique(flat, dim=0, return_inverse=True)
        length = present.shape[1]
        coordinates = different[:, :-length].view(-1, length, ATOMS, 3)
        nodes, filters = self.encode(coordinates, different[:, -length:] > 0)
        return {"nodes": nodes[which], "filters": filters[which]}

    def encode(self, backbone: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Nodes [U, L, H] and filters [U, D, A, L, L] of backbones [U, L, 4, 3]."""
        index, real, features = backbone_graphs(backbone, present, self.num_neighbours)
        edges = self.embed(features)
        weight = real.unsqueeze(-1).to(edges.dtype) / index.shape[-1]
        nodes = self.start((edges * weight).sum(dim=2))
        for layer in self.encoder:
            nodes, edges = layer(nodes, edges, index, weight)
        # A sum over K neighbours of independent terms has a spread of sqrt(K), not K.
        scale = index.shape[-1] ** 0.5
        filters = (self.filters(edges) * weight * scale).permute(0, 3, 1, 2)  # [U, D A, L, K]
        where = index.unsqueeze(1).expand_as(filters)
        size = present.shape[1]
        dense = filters.new_zeros(*filters.shape[:3], size).scatter(-1, where, filters)
        return nodes, dense.unflatten(1, (len(self.decoder), self.heads))

    def forward(self, hidden: Tensor, present: Tensor, features: State) -> Tensor:
        nodes, filters = features["nodes"], features["filters"]
        group = hidden.shape[0] // nodes.shape[0]
        hidden = hidden.unflatten(0, (-1, group)) + nodes.unsqueeze(1)
        for depth, layer in enumerate(self.decoder):
            hidden = layer(hidden, filters[:, depth])
        return hidden.flatten(0, 1)


class EncoderLayer(nn.Module):
    """Messages to residues, then to pairs; perceptrons of sums, so that ends are mixed before K."""

    def __init__(self, width: int, edge_width: int) -> None:
        super().__init__()
        self.to_nodes = PairPerceptron(width, edge_width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.to_edges = PairPerceptron(width, edge_width, edge_width)
        self.norm_nodes, self.norm_edges = nn.LayerNorm(width), nn.LayerNorm(edge_width)

    def forward(
        self, nodes: Tensor, edges: Tensor, index: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Nodes [U, L, H], edges [U, L, K, E], index [U, L, K], weight [U, L, K, 1] (0 or 1/K)."""
        messages = self.to_nodes(nodes, edges, index)
        nodes = self.norm_nodes(nodes + (messages * weight).sum(dim=2))
        nodes = nodes + self.feed(nodes)
        edges = self.norm_edges(edges + self.to_edges(nodes, edges, index))
        return nodes, edges


class PairPerceptron(nn.Module):
    """W2 gelu(W_here h_i + W_there h_j + W_edge e_ij) for every neighbour j of i."""

    def __init__(self, width: int, edge_width: int, out: int) -> None:
        super().__init__()
        self.here = nn.Linear(width, edge_width)
        self.there = nn.Linear(width, edge_width, bias=False)
        self.edge = nn.Linear(edge_width, edge_width, bias=False)
        self.out = nn.Linear(edge_width, out)

    def forward(self, nodes: Tensor, edges: Tensor, index: Tensor) -> Tensor:
        """[U, L, K, out]."""
        batch = torch.arange(len(nodes), device=nodes.device).view(-1, 1, 1)
        there = self.there(nodes)[batch, index]
        joined = self.here(nodes).unsqueeze(2) + there + self.edge(edges)
        message: Tensor = self.out(torch.nn.functional.gelu(joined))
        return message


class DecoderLayer(nn.Module):
    """Filtered sums over neighbours, then a perceptron; residual and pre-normalised."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_in, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.value, self.join = nn.Linear(width, width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, hidden: Tensor, filters: Tensor) -> Tensor:
        """Hidden [C, G, L, H]; filters [C, A, L, L], 0 but for neighbours."""
        contexts, group, length, width = hidden.shape
        value = self.value(self.norm_in(hidden)).unflatten(-1, (self.heads, -1))
        value = value.permute(0, 3, 2, 1, 4).flatten(3)  # [C, A, L, G H/A]
        mixed = (filters @ value).unflatten(3, (group, -1)).permute(0, 3, 2, 1, 4)
        hidden = hidden + self.join(mixed.reshape(contexts, group, length, width))
        fed: Tensor = hidden + self.feed(self.norm_out(hidden))
        return fed


def _read_backbone(data: Mapping[str, Tensor], present: Tensor) -> Tensor:
    """data["backbone"] [C, L, 4, 3] with padding at the origin."""
    if "backbone" not in data:
        held = ", ".join(sorted(data)) or "nothing"
        raise SuiteError(
            f"network = 'backbone' reads context.data['backbone'], but the contexts hold {held}.\n"
            "Choose contexts with backbones, or network = 'cnn' or 'transformer'."
        )
    backbone = data["backbone"]
    if backbone.shape[2:] != (ATOMS, 3) or backbone.shape[:2] != present.shape:
        raise SuiteError(
            f"context.data['backbone'] has shape {tuple(backbone.shape)}, expected "
            f"{(*present.shape, ATOMS, 3)}: N, CA, C, O of each residue, in angstrom.\n"
            "Mend the contexts that make it."
        )
    return backbone.masked_fill(~present[:, :, None, None], 0.0)
