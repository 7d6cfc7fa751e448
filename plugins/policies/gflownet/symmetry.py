"""How many nodes and pairs of a labelled graph are alike: the sizes of their orbits.

Two nodes are alike if a renumbering of the graph that leaves it the same moves one to the other.
Orbits are read off the stable colours of pairs (Weisfeiler and Leman's refinement in two
dimensions, folklore form): a renumbering keeps colours, so that orbits lie within classes, and the
classes are the orbits themselves for all graphs of valence 4 that the tests could enumerate.

Shapes: N graphs, A nodes, P pairs.
"""

import torch
from torch import Tensor

from suite.plugins.policies.gflownet.space import Graphs, GraphSpace

ROUNDS = 6  # each doubles the distance that a colour has seen
ROWS_A_CHUNK = 512  # [rows, A, A, A] of 8 bytes
FACTORS = (-7046029254386353131, -4417276706812531889, -8663945395140668459)  # odd, random bits


def _mixed(values: Tensor, factor: int) -> Tensor:
    """A hash of whole numbers: products wrap around, high bits are folded into low ones."""
    values = values * factor
    values = values ^ ((values >> 29) & 0x7FFFFFFFF)
    values = values * FACTORS[2]
    return values ^ ((values >> 32) & 0xFFFFFFFF)


def colours(space: GraphSpace, graphs: Graphs) -> Tensor:
    """A stable colour of each ordered pair of nodes, of nodes on the diagonal, [N, A, A]."""
    parts = [
        _refined(space, Graphs(nodes=nodes, bonds=bonds))
        for nodes, bonds in zip(
            graphs.nodes.split(ROWS_A_CHUNK), graphs.bonds.split(ROWS_A_CHUNK), strict=True
        )
    ]
    return torch.cat(parts)


def _refined(space: GraphSpace, graphs: Graphs) -> Tensor:
    kinds = torch.diag_embed(graphs.nodes + 16)
    colour = _mixed(space.matrix(graphs) + kinds + 1, FACTORS[0])
    for _ in range(ROUNDS):
        left, right = colour.unsqueeze(2), colour.transpose(1, 2).unsqueeze(1)  # [N, i, j, k]
        walks = _mixed(_mixed(left, FACTORS[0]) + right * FACTORS[1], FACTORS[1]).sum(dim=-1)
        colour = _mixed(colour * 3 + walks, FACTORS[0])
    return colour


def orbit_sizes(space: GraphSpace, graphs: Graphs) -> tuple[Tensor, Tensor]:
    """How many nodes, and how many unordered pairs, are like each one: [N, A] and [N, P].

    Nodes that are not there are like each other; who asks for them is to mask them.
    """
    colour = colours(space, graphs)
    node = colour.diagonal(dim1=1, dim2=2)
    low, high = space.pairs.to(node.device)
    pair = colour[:, low, high] + colour[:, high, low]
    return _multiplicity(node), _multiplicity(pair)


def _multiplicity(values: Tensor) -> Tensor:
    """How often each entry of a row stands in it, [N, K]."""
    values = values.contiguous()
    ordered = values.sort(dim=1).values
    first = torch.searchsorted(ordered, values)
    last = torch.searchsorted(ordered, values, right=True)
    return last - first


def log_automorphisms(space: GraphSpace, graphs: Graphs) -> Tensor:
    """The log of the number of renumberings that leave each graph the same, [N], nats.

    The orbit of the first node, times that of the second while the first stays where it is, and so
    on: orbits are read off colours in which the nodes that stay have one of their own.
    """
    pair = colours(space, graphs)
    node = pair.diagonal(dim1=1, dim2=2)
    total = torch.zeros(len(node), dtype=torch.float64, device=node.device)
    for chosen in range(space.max_nodes):
        there = graphs.nodes[:, chosen] > 0
        size = _multiplicity(node)[:, chosen]
        total = total + torch.where(there, size, 1).double().log()
        marked = node.clone()
        marked[:, chosen] = _mixed(node[:, chosen] + chosen + 1, FACTORS[1])
        node = marked
        for _ in range(2):  # pair colours already know every distance
            seen = _mixed(pair + node.unsqueeze(1) * FACTORS[1], FACTORS[0]).sum(dim=-1)
            node = _mixed(node * 3 + seen, FACTORS[1])
    return total
