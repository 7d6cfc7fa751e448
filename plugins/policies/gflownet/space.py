"""The space of labelled graphs: which actions are legal, and what they make.

A node has a kind with a valence (how much bond order it can carry), an edge an order. A graph is
built by adding a node bound to an old one, by closing a ring between two old nodes, and by the
exit. Nodes are numbered in the order in which they came.

Shapes: N states, A nodes at most, P = A (A - 1) / 2 pairs i < j, E kinds, V actions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

EXIT, FIRST, GROW, CLOSE = 0, 1, 2, 3  # what an action does


@dataclass(frozen=True, kw_only=True, eq=False)
class Graphs:
    """N labelled graphs.

    Attributes:
        nodes: kind + 1 of each node, 0 where there is none, [N, A], long.
        bonds: order of each pair's edge, 0 where there is none, [N, P], long.
    """

    nodes: Tensor
    bonds: Tensor

    @property
    def num_nodes(self) -> Tensor:
        """[N], long."""
        return (self.nodes > 0).sum(dim=1)

    @property
    def num_rings(self) -> Tensor:
        """Independent rings: edges less nodes plus one, [N]; 0 of the empty graph."""
        return ((self.bonds > 0).sum(dim=1) - self.num_nodes + 1).clamp_min(0)

    def take(self, rows: Tensor) -> "Graphs":
        """Graphs ``rows`` [K]."""
        return Graphs(nodes=self.nodes[rows], bonds=self.bonds[rows])


class GraphSpace:
    """Connected graphs with at most ``max_nodes`` nodes and ``max_rings`` independent rings.

    No ring is smaller than ``min_ring``, and no closing edge is above order 2: both hold of every
    part of a graph of which they hold, so that every graph of the space can be taken apart within
    it, in any order.
    """

    def __init__(
        self, *, valences: Sequence[int], max_nodes: int, max_rings: int, min_ring: int
    ) -> None:
        self.valences, self.max_nodes = tuple(valences), max_nodes
        self.max_rings, self.min_ring = max_rings, min_ring
        self.num_kinds = len(self.valences)
        self.orders = min(3, max(self.valences))
        self.ring_orders = min(2, self.orders)
        self.num_pairs = max_nodes * (max_nodes - 1) // 2
        self.first = 1
        self.grow = self.first + self.num_kinds
        self.close = self.grow + max_nodes * self.num_kinds * self.orders
        self.num_actions = self.close + self.num_pairs * self.ring_orders
        self.num_steps = max_nodes + max_rings + 1

    # --- tables ---------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> Tensor:
        """The two nodes of each pair, [2, P]."""
        return torch.triu_indices(self.max_nodes, self.max_nodes, offset=1)

    @cached_property
    def pair_of(self) -> Tensor:
        """The pair of two nodes in either order, [A, A]; P on the diagonal."""
        table = torch.full((self.max_nodes, self.max_nodes), self.num_pairs)
        low, high = self.pairs
        table[low, high] = table[high, low] = torch.arange(self.num_pairs)
        return table

    @cached_property
    def actions(self) -> dict[str, Tensor]:
        """What each action does, [V] each: does, anchor, kind, order, pair (0 where none)."""
        ids = torch.arange(self.num_actions)
        does = torch.full_like(ids, CLOSE)
        does[: self.close], does[: self.grow], does[0] = GROW, FIRST, EXIT
        grown, closed = (ids - self.grow).clamp_min(0), (ids - self.close).clamp_min(0)
        width = self.num_kinds * self.orders
        kind = torch.where(does == FIRST, ids - self.first, grown % width // self.orders)
        order = torch.where(does == CLOSE, closed % self.ring_orders, grown % self.orders) + 1
        return {
            "does": does,
            "anchor": torch.where(does == GROW, grown // width, 0),
            "kind": torch.where(does == CLOSE, 0, kind),
            "order": order,
            "pair": torch.where(does == CLOSE, closed // self.ring_orders, 0),
        }

    def grow_action(self, anchor: Tensor, kind: Tensor, order: Tensor) -> Tensor:
        """The action that binds a new node of ``kind`` to ``anchor`` by ``order``."""
        return self.grow + (anchor * self.num_kinds + kind) * self.orders + order - 1

    def close_action(self, pair: Tensor, order: Tensor) -> Tensor:
        """The action that closes a ring at ``pair`` by ``order``."""
        return self.close + pair * self.ring_orders + order - 1

    # --- states ---------------------------------------------------------------------------------

    def empty(self, count: int, device: torch.device | str = "cpu") -> Graphs:
        """``count`` graphs without a node."""
        nodes = torch.zeros(count, self.max_nodes, dtype=torch.long, device=device)
        return Graphs(nodes=nodes, bonds=nodes.new_zeros(count, self.num_pairs))

    def matrix(self, graphs: Graphs) -> Tensor:
        """Edge orders as a symmetric matrix, [N, A, A]."""
        padded = torch.nn.functional.pad(graphs.bonds, (0, 1))
        return padded[:, self.pair_of.to(padded.device)]

    def free_valence(self, graphs: Graphs) -> Tensor:
        """Bond order that each node can still take, [N, A]; 0 where there is no node."""
        valence = torch.tensor((0, *self.valences), device=graphs.nodes.device)
        return valence[graphs.nodes] - self.matrix(graphs).sum(dim=-1)

    def fits(self, graphs: Graphs) -> Tensor:
        """Which graphs are whole, with this space's kinds, valences and number of rings, [N] bool.

        Sizes of rings are not looked at.
        """
        known = (graphs.nodes >= 0) & (graphs.nodes <= self.num_kinds)
        nodes = torch.where(known, graphs.nodes, 0)
        free = self.free_valence(Graphs(nodes=nodes, bonds=graphs.bonds))
        there = graphs.nodes > 0
        apart = there.unsqueeze(1) & there.unsqueeze(2) & ~self._within(graphs, self.max_nodes - 1)
        counts = there.any(dim=1) & (graphs.num_rings <= self.max_rings)
        return known.all(dim=1) & (free >= 0).all(dim=1) & ~apart.flatten(1).any(dim=1) & counts

    def legal(self, graphs: Graphs) -> Tensor:
        """Which actions may be taken, [N, V] bool; one at least in every state."""
        device = graphs.nodes.device
        free, there, count = self.free_valence(graphs), graphs.nodes > 0, graphs.num_nodes
        empty = (count == 0).unsqueeze(1)
        order = torch.arange(1, self.orders + 1, device=device)
        valence = torch.tensor(self.valences, device=device)
        bindable = valence.unsqueeze(1) >= order  # [E, O]
        growing = (free.unsqueeze(-1) >= order) & there.unsqueeze(-1)  # [N, A, O]
        growing = growing & (count < self.max_nodes).view(-1, 1, 1)
        grow = growing.unsqueeze(2) & bindable  # [N, A, E, O]
        first = empty.expand(-1, self.num_kinds)
        return torch.cat([~empty, first, grow.flatten(1), self._closable(graphs, free)], dim=1)

    def _closable(self, graphs: Graphs, free: Tensor) -> Tensor:
        """Which pairs may be bound by which order, [N, P * ring_orders] bool."""
        low, high = self.pairs.to(free.device)
        near = self._within(graphs, self.min_ring - 2)
        both = (graphs.nodes[:, low] > 0) & (graphs.nodes[:, high] > 0)
        allowed = both & ~near[:, low, high] & (graphs.num_rings < self.max_rings).unsqueeze(1)
        order = torch.arange(1, self.ring_orders + 1, device=free.device)
        room = torch.minimum(free[:, low], free[:, high]).unsqueeze(-1) >= order
        return (allowed.unsqueeze(-1) & room).flatten(1)

    def _within(self, graphs: Graphs, distance: int) -> Tensor:
        """Whether two nodes are at most ``distance`` edges apart, [N, A, A] bool."""
        step = (self.matrix(graphs) > 0).float() + torch.eye(
            self.max_nodes, device=graphs.nodes.device
        )
        reached = step
        for _ in range(distance - 1):
            reached = (reached @ step).clamp_max(1.0)
        return reached > 0

    def apply(self, graphs: Graphs, action: Tensor) -> Graphs:
        """The graphs after one legal action each, [N]."""
        table = {name: values.to(action.device)[action] for name, values in self.actions.items()}
        does, rows = table["does"], torch.arange(len(action), device=action.device)
        new = graphs.num_nodes.clamp_max(self.max_nodes - 1)
        nodes, bonds = graphs.nodes.clone(), torch.nn.functional.pad(graphs.bonds, (0, 1))
        adds = (does == FIRST) | (does == GROW)
        nodes[rows, new] = torch.where(adds, table["kind"] + 1, nodes[rows, new])
        grown = self.pair_of.to(action.device)[table["anchor"], new]
        pair = torch.where(does == GROW, grown, table["pair"])
        # The column P is a place to write what no action means; it is cut off again.
        pair = torch.where((does == GROW) | (does == CLOSE), pair, self.num_pairs)
        bonds[rows, pair] = table["order"]
        return Graphs(nodes=nodes, bonds=bonds[:, : self.num_pairs])

    # --- taking apart ---------------------------------------------------------------------------

    def deletable(self, graphs: Graphs) -> tuple[Tensor, Tensor]:
        """What the last action may have added: nodes [N, A] and edges [N, P], bool.

        A node at the end of one edge (or the only one), and an edge of a ring, of an order that a
        closing action has.
        """
        degree = (self.matrix(graphs) > 0).sum(dim=-1)
        there, count = graphs.nodes > 0, graphs.num_nodes.unsqueeze(1)
        leaf = there & ((degree == 1) | (count == 1))
        return leaf, self._in_ring(graphs) & (graphs.bonds <= self.ring_orders)

    def _in_ring(self, graphs: Graphs) -> Tensor:
        """Which edges lie in a ring, [N, P] bool: without them their ends stay connected."""
        found = torch.zeros_like(graphs.bonds, dtype=torch.bool)
        rows = torch.nonzero(graphs.num_rings > 0).squeeze(1)
        if len(rows) == 0:
            return found
        part = graphs.take(rows)
        most = min(self.max_nodes - 1 + self.max_rings, self.num_pairs)
        value, edges = part.bonds.clamp_max(1).topk(most, dim=1)  # [K, M], edges first
        low, high = self.pairs.to(edges.device)[:, edges]
        adjacent = (self.matrix(part) > 0).float()
        start = torch.nn.functional.one_hot(low, self.max_nodes).float()
        end = torch.nn.functional.one_hot(high, self.max_nodes).float()
        # From one end by any edge but this one, never back through that end.
        reached = (start @ adjacent - end).clamp_min(0.0)
        for _ in range(self.max_nodes - 2):
            reached = (reached + (reached @ adjacent) * (1 - start)).clamp_max(1.0)
        ringed = ((reached * end).sum(dim=-1) > 0) & (value > 0)
        inside = torch.zeros_like(part.bonds, dtype=torch.bool).scatter(1, edges, ringed)
        return found.index_copy(0, rows, inside)

    def remove(self, graphs: Graphs, node: Tensor, pair: Tensor) -> Graphs:
        """Graphs without ``node`` [N] and its edges (A: none) and without edge ``pair`` (P: none).

        Numbers of the other nodes stay, so that the graph may have gaps.
        """
        rows = torch.arange(len(node), device=node.device)
        nodes = torch.nn.functional.pad(graphs.nodes, (0, 1))
        nodes[rows, node] = 0
        bonds = torch.nn.functional.pad(graphs.bonds, (0, 1))
        bonds[rows, pair] = 0
        bonds = bonds[:, : self.num_pairs]
        low, high = self.pairs.to(node.device)
        touches = (low == node.unsqueeze(1)) | (high == node.unsqueeze(1))
        return Graphs(nodes=nodes[:, : self.max_nodes], bonds=bonds.masked_fill(touches, 0))
