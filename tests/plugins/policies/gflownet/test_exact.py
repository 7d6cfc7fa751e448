"""Graph policies held to exact sums over every history of small spaces, up to renumbering.

Shapes: H histories, X graphs up to renumbering, T actions.
"""

import itertools
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.rollout import rollout
from suite.core.scoring import score
from suite.plugins.policies.gflownet.backward import sample_histories, states
from suite.plugins.policies.gflownet.graph import GraphPolicy
from suite.plugins.policies.gflownet.space import EXIT, Graphs, GraphSpace
from suite.plugins.policies.gflownet.symmetry import log_automorphisms, orbit_sizes

Key = tuple[tuple[int, ...], tuple[int, ...]]


def key_of(nodes: list[int], matrix: list[list[int]], order: tuple[int, ...]) -> Key:
    """A graph with its nodes put in ``order``."""
    bonds = [matrix[i][j] for i, j in itertools.combinations(order, 2)]
    return tuple(nodes[i] for i in order), tuple(bonds)


def renumberings(space: GraphSpace, graphs: Graphs, row: int) -> list[Key]:
    """The graph under every renumbering of its nodes."""
    nodes = [n for n in graphs.nodes[row].tolist() if n]
    matrix = space.matrix(graphs)[row].tolist()
    orders = itertools.permutations(range(len(nodes)))
    return [key_of(nodes, matrix, order) for order in orders]


def canonical(space: GraphSpace, graphs: Graphs, row: int) -> Key:
    """The same for two graphs exactly where one is the other renumbered."""
    return min(renumberings(space, graphs, row))


def automorphisms(space: GraphSpace, graphs: Graphs, row: int) -> int:
    """How many renumberings leave the graph as it is."""
    every = renumberings(space, graphs, row)
    return every.count(every[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Histories:
    """Every way to build every graph: actions [H, T] and the finished graphs."""

    actions: Tensor
    graphs: Graphs

    def record(self, dtype: torch.dtype = torch.float32) -> Trajectory:
        size = len(self.actions)
        exits = (self.actions == EXIT).cumsum(dim=1)
        return Trajectory(
            context=Context(index=torch.zeros(size, dtype=torch.long)),
            sample=Samples(tokens=torch.cat([self.graphs.nodes, self.graphs.bonds], dim=1)),
            decisions={"actions": self.actions},
            mask=(exits == 0) | ((exits == 1) & (self.actions == EXIT)),
            log_prob=torch.zeros(self.actions.shape, dtype=dtype),
            group=torch.arange(size),
            seed_index=torch.arange(size),
        )


def every_history(space: GraphSpace) -> Histories:
    """All of them, by trying every legal action in every state."""
    prefixes = torch.zeros(1, 0, dtype=torch.long)
    graphs, done_actions, done = space.empty(1), [], []
    while len(prefixes):
        legal = space.legal(graphs)
        row, action = torch.nonzero(legal).unbind(dim=1)
        longer = torch.cat([prefixes[row], action.unsqueeze(1)], dim=1)
        after = space.apply(graphs.take(row), action)
        ended = action == EXIT
        pad = (0, space.num_steps - longer.shape[1])
        done_actions.append(torch.nn.functional.pad(longer[ended], pad, value=EXIT))
        done.append(after.take(torch.nonzero(ended).squeeze(1)))
        keep = torch.nonzero(~ended).squeeze(1)
        prefixes, graphs = longer[keep], after.take(keep)
    nodes, bonds = torch.cat([g.nodes for g in done]), torch.cat([g.bonds for g in done])
    return Histories(actions=torch.cat(done_actions), graphs=Graphs(nodes=nodes, bonds=bonds))


def classes(space: GraphSpace, graphs: Graphs) -> tuple[list[Key], Tensor]:
    """The graphs up to renumbering, and which of them each row is, [H]."""
    known: dict[tuple[int, ...], Key] = {}
    tokens = torch.cat([graphs.nodes, graphs.bonds], dim=1)
    keys = []
    for row, letters in enumerate(map(tuple, tokens.tolist())):
        if letters not in known:
            known[letters] = canonical(space, graphs, row)
        keys.append(known[letters])
    names = sorted(set(keys))
    place = {key: i for i, key in enumerate(names)}
    return names, torch.tensor([place[key] for key in keys])


F64 = torch.float64
SPACES = {
    "three atoms": GraphSpace(valences=(4, 3, 2), max_nodes=3, max_rings=1, min_ring=3),
    "carbon rings": GraphSpace(valences=(4,), max_nodes=4, max_rings=2, min_ring=3),
    "single bonds": GraphSpace(valences=(2, 1), max_nodes=5, max_rings=1, min_ring=4),
}
FOUND = {name: every_history(space) for name, space in SPACES.items()}


def policy_on(name: str, **settings: object) -> GraphPolicy:
    space = SPACES[name]
    given: dict[str, object] = {
        "valences": space.valences, "max_nodes": space.max_nodes, "max_rings": space.max_rings,
        "min_ring": space.min_ring, "backward": "uniform", "width": 12, "layers": 2, "seed": 0,
    }  # fmt: skip
    return GraphPolicy(**{**given, **settings}).double()  # type: ignore[arg-type]


def summed(values: Tensor, place: Tensor) -> Tensor:
    """Sums over the histories of each graph, [X]."""
    return torch.zeros(int(place.max()) + 1, dtype=F64).index_add_(0, place, values.double())


@pytest.mark.parametrize("name", SPACES)
def test_the_chances_of_all_histories_sum_to_one(name: str) -> None:
    policy = policy_on(name)
    log_p = score(policy, FOUND[name].record(F64)).log_prob.sum(dim=1)
    torch.testing.assert_close(log_p.exp().sum().detach(), torch.ones((), dtype=F64))


@pytest.mark.parametrize("backward", ["uniform", "learned"])
@pytest.mark.parametrize("name", SPACES)
def test_the_backward_law_sums_to_one_over_the_histories_of_every_graph(
    name: str, backward: str
) -> None:
    """Alike actions and alike deletions included: this fails if symmetry is left out."""
    policy, record = policy_on(name, backward=backward), FOUND[name].record(F64)
    log_q = policy.log_backward(record).detach()
    assert float(log_q.max()) <= 1e-6
    keys, place = classes(SPACES[name], FOUND[name].graphs)
    assert len(keys) > 5
    total = summed(log_q.sum(dim=1).exp(), place)
    torch.testing.assert_close(total, torch.ones_like(total), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", SPACES)
def test_orbits_and_automorphisms_are_those_of_brute_force(name: str) -> None:
    space, graphs = SPACES[name], FOUND[name].graphs
    _, place = classes(space, graphs)
    rows = torch.tensor([int((place == c).nonzero()[0]) for c in place.unique()])
    found = log_automorphisms(space, graphs.take(rows)).exp()
    wanted = torch.tensor([automorphisms(space, graphs, int(row)) for row in rows], dtype=F64)
    torch.testing.assert_close(found, wanted)


def test_colours_tell_edges_apart_where_messages_cannot() -> None:
    """A prism has nodes of one kind, and two kinds of edges that messages cannot tell apart."""
    space = GraphSpace(valences=(4,), max_nodes=6, max_rings=3, min_ring=3)
    prism = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (0, 3), (1, 4), (2, 5)]
    bonds = torch.zeros(1, space.num_pairs, dtype=torch.long)
    bonds[0, [int(space.pair_of[i, j]) for i, j in prism]] = 1
    graphs = Graphs(nodes=torch.ones(1, 6, dtype=torch.long), bonds=bonds)
    nodes, pairs = orbit_sizes(space, graphs)
    assert nodes.tolist() == [[6] * 6]
    assert pairs[0, int(space.pair_of[0, 1])] == 6  # edges of the triangles
    assert pairs[0, int(space.pair_of[0, 3])] == 3  # edges between them
    assert float(log_automorphisms(space, graphs).exp()) == pytest.approx(12)


@pytest.mark.parametrize("name", SPACES)
def test_every_state_obeys_its_valences_and_every_deletion_undoes_an_action(name: str) -> None:
    space, found = SPACES[name], FOUND[name]
    every = states(space, found.actions)
    assert int(space.free_valence(every).min()) >= 0
    leaf, ring = space.deletable(found.graphs)
    names, _ = classes(space, found.graphs)
    known = set(names)
    for row in range(0, len(found.actions), 37):
        for node in leaf[row].nonzero().flatten().tolist():
            one = found.graphs.take(torch.tensor([row]))
            pair = torch.tensor([space.num_pairs])
            less = space.remove(one, torch.tensor([node]), pair)
            if int(less.num_nodes):
                kept = [i for i, kind in enumerate(less.nodes[0].tolist()) if kind]
                matrix = space.matrix(less)[0].tolist()
                orders = itertools.permutations(kept)
                assert min(key_of(less.nodes[0].tolist(), matrix, o) for o in orders) in known
    assert bool(((ring.sum(dim=1) > 0) == (found.graphs.num_rings > 0)).all())


@pytest.mark.parametrize("name", SPACES)
def test_histories_are_drawn_by_the_law_that_scores_them(name: str) -> None:
    """Frequencies of drawn histories of one symmetric graph against q(h | x), and its value."""
    space, found, policy = SPACES[name], FOUND[name], policy_on(name)
    log_q = policy.log_backward(found.record(F64)).sum(dim=1).detach()
    _, place = classes(space, found.graphs)
    chosen = int(torch.bincount(place).argmax())  # the graph with most histories
    mine = (place == chosen).nonzero().flatten()
    size = 20_000
    graph = found.graphs.take(mine[:1].expand(size))
    chances = Streams(0, 0, "q", range(size)).uniform(space.num_steps)
    actions, log_deletions = sample_histories(space, graph, chances)
    numbers = {tuple(row): i for i, row in enumerate(found.actions[mine].tolist())}
    drawn = torch.tensor([numbers[tuple(row)] for row in actions.tolist()])
    torch.testing.assert_close(
        log_deletions + log_automorphisms(space, graph), log_q[mine][drawn].double(),
        atol=1e-5, rtol=0,
    )  # fmt: skip
    expected = size * log_q[mine].exp().double()
    counts = torch.bincount(drawn, minlength=len(mine)).double()
    degrees = len(mine)
    assert float(((counts - expected) ** 2 / expected).sum()) < degrees + 5 * (2 * degrees) ** 0.5


def test_the_law_of_a_graph_does_not_depend_on_how_it_is_numbered() -> None:
    """Two histories that are one another renumbered have one probability."""
    name = "carbon rings"
    policy, found = policy_on(name), FOUND[name]
    log_p = score(policy, found.record(F64)).log_prob.sum(dim=1).detach()
    log_q = policy.log_backward(found.record(F64)).sum(dim=1)
    every = states(SPACES[name], found.actions)
    names = classes(SPACES[name], every)[1].view(len(found.actions), -1)
    paths: dict[tuple[int, ...], set[tuple[float, float]]] = {}
    for path, p, q in zip(names.tolist(), log_p.tolist(), log_q.tolist(), strict=True):
        paths.setdefault(tuple(path), set()).add((round(p, 6), round(q, 4)))
    shared = [values for values in paths.values() if len(values) > 1]
    assert not shared


def test_the_bound_is_the_mean_over_histories() -> None:
    """E nll = sum over h of q(h | x) (log q - log P_F), and at least -log P(x)."""
    name = "three atoms"
    policy, found = policy_on(name), FOUND[name]
    record = found.record(F64)
    log_p = score(policy, record).log_prob.sum(dim=1).detach()
    log_q = policy.log_backward(record).sum(dim=1).double()
    _, place = classes(SPACES[name], found.graphs)
    bound = summed(log_q.exp() * (log_q - log_p), place)
    exact = -summed(log_p.exp(), place).log()
    assert bool((bound >= exact - 1e-6).all())
    rows = torch.tensor([int((place == c).nonzero()[0]) for c in range(len(bound))])
    sample = Samples(tokens=record.sample.tokens[rows])  # type: ignore[index]
    context = Context(index=torch.zeros(len(rows), dtype=torch.long))
    draws = torch.stack([
        policy.nll(sample, context, Streams(s, 0, "nll", range(len(rows))), draws=16).detach()
        for s in range(12)
    ])  # fmt: skip
    error = draws.std(dim=0) / len(draws) ** 0.5
    assert bool(((draws.mean(dim=0) - bound).abs() < 5 * error + 1e-6).all())


def test_samples_come_by_the_law_of_the_histories() -> None:
    name, size = "three atoms", 20_000
    policy, found = policy_on(name).float(), FOUND[name]
    log_p = score(policy, found.record()).log_prob.sum(dim=1).detach()
    context = Context(index=torch.zeros(size, dtype=torch.long))
    drawn = rollout(policy, context, Streams(0, 0, "train", range(size)))
    actions = drawn.decisions["actions"]
    pad = (0, SPACES[name].num_steps - actions.shape[1])
    actions = torch.nn.functional.pad(actions, pad, value=EXIT)
    numbers = {tuple(row): i for i, row in enumerate(found.actions.tolist())}
    places = torch.tensor([numbers[tuple(row)] for row in actions.tolist()])
    counts = torch.bincount(places, minlength=len(log_p)).double()
    expected = size * log_p.exp().double()
    thick = expected > 1.0
    statistic = float(((counts - expected) ** 2 / expected)[thick].sum())
    degrees = float(thick.sum())
    assert statistic < degrees + 5 * (2 * degrees) ** 0.5


def test_a_graph_that_cannot_be_built_has_no_history() -> None:
    space = GraphSpace(valences=(4,), max_nodes=4, max_rings=1, min_ring=3)
    nodes = torch.tensor([[1, 1, 1, 1]])
    # A four-ring with a diagonal: two rings, where one is allowed.
    bonds = torch.tensor([[1, 1, 1, 1, 0, 1]])
    with pytest.raises(ValueError, match="cannot be taken apart"):
        sample_histories(space, Graphs(nodes=nodes, bonds=bonds), torch.full((1, 6), 0.5))
    with pytest.raises(ValueError, match="an empty graph has no history"):
        sample_histories(space, space.empty(1), torch.full((1, 6), 0.5))
