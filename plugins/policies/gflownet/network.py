"""An equivariant network on labelled graphs: alike nodes get alike answers.

Shapes: N graphs, A nodes, P pairs, O edge orders, H hidden units.
"""

import torch
from torch import Tensor, nn

from suite.plugins.policies.gflownet.space import Graphs, GraphSpace

FARTHEST = 8  # edges; nodes further apart, or not there, are told from nearer ones alone


class GraphTrunk(nn.Module):
    """Messages along edges, one matrix an order, and the mean of all nodes."""

    def __init__(self, space: GraphSpace, width: int, layers: int) -> None:
        super().__init__()
        self.space = space
        self.kind = nn.Embedding(space.num_kinds + 1, width)
        self.free = nn.Embedding(max(space.valences) + 1, width)
        self.size = nn.Embedding(space.max_nodes + 1, width)
        self.rings = nn.Embedding(space.max_rings + 1, width)
        self.messages = nn.ModuleList(nn.Linear((space.orders + 2) * width, width)
                                      for _ in range(layers))  # fmt: skip
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))

    def forward(self, graphs: Graphs) -> tuple[Tensor, Tensor]:
        """Hidden states of nodes [N, A, H] and of graphs [N, H]."""
        space, there = self.space, (graphs.nodes > 0).unsqueeze(-1)
        matrix = space.matrix(graphs)
        whole = self.size(graphs.num_nodes) + self.rings(graphs.num_rings)
        free = space.free_valence(graphs)
        hidden = (self.kind(graphs.nodes) + self.free(free) + whole.unsqueeze(1)) * there
        order = torch.arange(1, space.orders + 1, device=matrix.device).view(-1, 1, 1)
        bound = (matrix.unsqueeze(1) == order).to(hidden.dtype)  # [N, O, A, A]
        count = there.sum(dim=1).clamp_min(1)
        for message, norm in zip(self.messages, self.norms, strict=True):
            heard = (bound @ hidden.unsqueeze(1)).transpose(1, 2).flatten(2)
            mean = (hidden.sum(dim=1) / count).unsqueeze(1).expand_as(hidden)
            told = message(torch.cat([hidden, heard, mean], dim=-1))
            hidden = (hidden + torch.nn.functional.gelu(norm(told))) * there
        return hidden, hidden.sum(dim=1) / count + whole


class ActionHeads(nn.Module):
    """Logits of the exit, of first nodes, of growing at a node and of closing a pair."""

    def __init__(self, space: GraphSpace, width: int) -> None:
        super().__init__()
        self.space = space
        self.leave = nn.Linear(width, 1)
        self.first = nn.Parameter(torch.zeros(space.num_kinds))
        self.grow = nn.Linear(2 * width, space.num_kinds * space.orders)
        self.close = PairHead(space, width, space.ring_orders)

    def forward(self, graphs: Graphs, nodes: Tensor, whole: Tensor) -> Tensor:
        """Logits of all actions, legal or not, [N, V]."""
        count = len(nodes)
        both = torch.cat([nodes, whole.unsqueeze(1).expand_as(nodes)], dim=-1)
        parts = (
            self.leave(whole),
            self.first.expand(count, -1),
            self.grow(both).flatten(1),
            self.close(graphs, nodes).flatten(1),
        )
        return torch.cat(parts, dim=1)


class PairHead(nn.Module):
    """A symmetric score of two nodes that knows how far apart they are, one a channel."""

    def __init__(self, space: GraphSpace, width: int, channels: int) -> None:
        super().__init__()
        self.space, self.channels = space, channels
        self.project = nn.Linear(width, channels * width, bias=False)
        self.apart = nn.Embedding(FARTHEST + 1, channels)

    def forward(self, graphs: Graphs, nodes: Tensor) -> Tensor:
        """Scores of pairs, [N, P, channels]."""
        low, high = self.space.pairs.to(nodes.device)
        hidden = self.project(nodes).unflatten(-1, (self.channels, -1)).transpose(1, 2)
        scores = hidden @ hidden.transpose(-1, -2) / nodes.shape[-1]  # [N, channels, A, A]
        far = self._distance(graphs)[:, low, high]
        total: Tensor = scores[:, :, low, high].transpose(1, 2) + self.apart(far)
        return total

    def _distance(self, graphs: Graphs) -> Tensor:
        """Edges between two nodes, at most FARTHEST, [N, A, A], long."""
        step = (self.space.matrix(graphs) > 0).float()
        reached = torch.eye(step.shape[1], device=step.device).expand_as(step)
        far = torch.zeros_like(step)
        for _ in range(FARTHEST):
            far = far + (reached == 0)
            reached = (reached + reached @ step).clamp_max(1.0)
        return far.long()


class DeletionHeads(nn.Module):
    """Logits of what the last action may have been: each node, each pair."""

    def __init__(self, space: GraphSpace, width: int) -> None:
        super().__init__()
        self.node = nn.Linear(width, 1)
        self.pair = PairHead(space, width, 1)

    def forward(self, graphs: Graphs, nodes: Tensor) -> Tensor:
        """Logits of all deletions, legal or not, [N, A + P]."""
        return torch.cat([self.node(nodes).squeeze(-1), self.pair(graphs, nodes).squeeze(-1)], 1)
