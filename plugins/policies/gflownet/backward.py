"""The backward law of graph building: which of all histories led to a finished graph.

A history is the list of actions that built a graph. Taken apart by one deletion at a time, each
legal one as likely as any other, a graph x gives history h with chance q(h | x), and

    log q(h | x) = log |Aut(x)| - sum over deletions of log(number of legal ones),

because |Aut(x)| sequences of deletions are one history with nodes renumbered. By steps, with the
orbit F of the action that built state s' from s and the orbit D of the deletion that undoes it, the
term of a step is log p_B(D) - log |F|: alike actions share what flows back along them. The two
agree because |D| / |F| = |Aut(s')| / |Aut(s)|. Without this, symmetric graphs would be drawn too
rarely (Ma et al., arXiv:2406.05426; Kim et al., arXiv:2506.02685).

Shapes: B graphs, A nodes, P pairs, T actions.
"""

import torch
from torch import Tensor

from suite.plugins.policies.gflownet.space import CLOSE, EXIT, FIRST, GROW, Graphs, GraphSpace
from suite.plugins.policies.gflownet.symmetry import orbit_sizes


def states(space: GraphSpace, actions: Tensor) -> Graphs:
    """The graphs before each action and after the last, rows of B (T + 1), step by step."""
    graphs = space.empty(len(actions), actions.device)
    every = [graphs]
    for action in actions.unbind(dim=1):
        graphs = space.apply(graphs, action)
        every.append(graphs)
    nodes = torch.stack([g.nodes for g in every], dim=1).flatten(0, 1)
    return Graphs(nodes=nodes, bonds=torch.stack([g.bonds for g in every], dim=1).flatten(0, 1))


def sample_histories(space: GraphSpace, graphs: Graphs, chances: Tensor) -> tuple[Tensor, Tensor]:
    """Take graphs apart, and tell what would build them.

    Args:
        space: where they live.
        graphs: finished ones, B.
        chances: uniform on (0, 1), [B, num_steps]: which deletion comes next.

    Returns:
        actions [B, num_steps], the exit and padding with it at the end, and minus the sum of the
        logs of how many deletions were legal, [B], float64.

    Raises:
        ValueError: a graph is empty, or outside of the space.
    """
    undone: list[dict[str, Tensor]] = []
    labels = torch.zeros_like(graphs.nodes)
    rows = torch.arange(len(chances), device=chances.device)
    log_chance = torch.zeros(len(chances), dtype=torch.float64, device=chances.device)
    while bool((graphs.num_nodes > 0).any()):
        options = torch.cat(space.deletable(graphs), dim=1)
        count = options.sum(dim=1)
        alive = graphs.num_nodes > 0
        if bool((alive & (count == 0)).any()) or len(undone) == space.num_steps - 1:
            raise ValueError("a graph cannot be taken apart: it is not one that can be built here")
        wanted = (chances[:, len(undone)].double() * count).long().clamp_max(count - 1)
        chosen = (options.cumsum(dim=1) > wanted.unsqueeze(1)).int().argmax(dim=1)
        log_chance = log_chance - torch.where(alive, count, 1).double().log()
        step = _undoing(space, graphs, chosen, alive)
        labels[rows, step["node"]] = torch.where(
            (step["does"] == GROW) | (step["does"] == FIRST),
            graphs.num_nodes - 1,
            labels[rows, step["node"]],
        )
        undone.append(step)
        node = torch.where(chosen < space.max_nodes, step["node"], space.max_nodes)
        graphs = space.remove(
            graphs, torch.where(alive, node, space.max_nodes), step["removed_pair"]
        )
    if not undone or bool((undone[0]["does"] == EXIT).any()):
        raise ValueError("an empty graph has no history")
    return _forwards(space, undone, labels), log_chance


def _undoing(space: GraphSpace, graphs: Graphs, chosen: Tensor, alive: Tensor) -> dict[str, Tensor]:
    """What the deletion ``chosen`` [B] (nodes, then pairs) undoes, in the graph's own numbers."""
    rows = torch.arange(len(chosen), device=chosen.device)
    is_node = chosen < space.max_nodes
    pair = (chosen - space.max_nodes).clamp_min(0)
    low, high = space.pairs.to(chosen.device)[:, pair]
    node = torch.where(is_node, chosen, low)
    bound = space.matrix(graphs)[rows, node]  # [B, A]
    other = torch.where(is_node, bound.argmax(dim=1), high)
    single = graphs.num_nodes == 1
    does = torch.where(is_node, torch.where(single, FIRST, GROW), CLOSE)
    return {
        "does": torch.where(alive, does, EXIT),
        "node": node,
        "other": other,
        "kind": graphs.nodes[rows, node] - 1,
        "order": torch.where(is_node, bound.max(dim=1).values, graphs.bonds[rows, pair]),
        "removed_pair": torch.where(alive & ~is_node, pair, space.num_pairs),
    }


def _forwards(space: GraphSpace, undone: list[dict[str, Tensor]], labels: Tensor) -> Tensor:
    """Actions [B, num_steps] that build what was taken apart, nodes numbered as they come."""
    step = {name: torch.stack([s[name] for s in undone], dim=1) for name in undone[0]}  # [B, L]
    does = step["does"]
    node, other = (labels.gather(1, step[name]) for name in ("node", "other"))
    pair = space.pair_of.to(labels.device)[node, other].clamp_max(space.num_pairs - 1)
    action = torch.where(
        does == GROW,
        space.grow_action(other, step["kind"], step["order"]),
        space.close_action(pair, step["order"]),
    )
    action = torch.where(does == FIRST, space.first + step["kind"], action)
    length = (does != EXIT).sum(dim=1, keepdim=True)
    place = length - 1 - torch.arange(does.shape[1], device=does.device)
    place = torch.where(does == EXIT, space.num_steps, place)  # a column that is cut off again
    actions = torch.full((len(does), space.num_steps + 1), EXIT, device=does.device)
    return actions.scatter(1, place, action)[:, : space.num_steps]


def log_backward_steps(
    space: GraphSpace, every: Graphs, actions: Tensor, log_deletion: Tensor | None = None
) -> Tensor:
    """log of the chance of undoing each action, [B, T], nats; 0 for the exit.

    Args:
        space: where the graphs live.
        every: what ``states`` returns for the actions.
        actions: [B, T].
        log_deletion: the law of deletions of every state, [B (T + 1), A + P], nats; None: every
            legal one is as likely.
    """
    size, num_steps = actions.shape
    if log_deletion is None:
        options = torch.cat(space.deletable(every), dim=1)
        log_deletion = -options.sum(dim=1, keepdim=True).clamp_min(1).float().log()
        log_deletion = log_deletion.expand(-1, options.shape[1])
    nodes, pairs = orbit_sizes(space, every)
    forward_orbits, backward_orbits, law = (
        values.view(size, num_steps + 1, -1)
        for values in (torch.cat([nodes, pairs], 1), torch.cat([nodes, pairs], 1), log_deletion)
    )
    table = {name: values.to(actions.device)[actions] for name, values in space.actions.items()}
    does = table["does"]
    newest = (every.num_nodes.view(size, -1)[:, 1:] - 1).clamp_min(0)
    closed = space.max_nodes + table["pair"]
    used = torch.where(does == CLOSE, closed, table["anchor"]).unsqueeze(-1)
    undone = torch.where(does == CLOSE, closed, newest).unsqueeze(-1)
    forward = forward_orbits[:, :-1].gather(2, used).squeeze(-1)
    backward = backward_orbits[:, 1:].gather(2, undone).squeeze(-1)
    chance = law[:, 1:].gather(2, undone).squeeze(-1)
    terms = chance + backward.to(chance.dtype).log()
    terms = terms - torch.where(does == FIRST, 1, forward).to(chance.dtype).log()
    return torch.where(does == EXIT, torch.zeros_like(terms), terms)
