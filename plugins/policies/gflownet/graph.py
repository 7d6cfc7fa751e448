"""A policy that builds graphs: add a node, close a ring, or exit.

Every graph on the way is a whole object, so that the exit is legal from the first node on and
whatever is finished is valid by its valences. The network is equivariant, so that alike actions are
equally likely and the law of a finished graph does not depend on how its nodes are numbered.

Finished graphs as tokens [B, A + P]: kind + 1 of each node, then the order of each pair's edge.

Shapes: B samples, N rows, T decisions, S steps, A nodes, P pairs, V actions.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.distributions import Categorical, RelaxedTokens, StepDistribution
from suite.core.errors import SuiteError
from suite.core.policy import Policy, State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.gflownet.backward import log_backward_steps, sample_histories, states
from suite.plugins.policies.gflownet.network import ActionHeads, DeletionHeads, GraphTrunk
from suite.plugins.policies.gflownet.space import EXIT, Graphs, GraphSpace
from suite.plugins.policies.gflownet.symmetry import log_automorphisms


class GraphPolicy(Policy):
    """P_F(action | graph) over legal actions.

    Args:
        valences: bond order that a node of each kind can carry, one a kind.
        max_nodes, max_rings, min_ring: what graphs there are, see ``GraphSpace``.
        backward: "uniform" over legal deletions, or "learned" with the policy.
        width, layers: of the network.
        seed: of the initial weights.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "value", "balance"}
    )

    def __init__(
        self,
        *,
        valences: Sequence[int],
        max_nodes: int,
        max_rings: int,
        min_ring: int,
        backward: str,
        width: int,
        layers: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.space = GraphSpace(
            valences=valences, max_nodes=max_nodes, max_rings=max_rings, min_ring=min_ring
        )
        self.num_steps = self.space.num_steps
        self.learns_backward = backward == "learned"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.trunk = GraphTrunk(self.space, width, layers)
            self.heads = ActionHeads(self.space, width)
            self.deletions = DeletionHeads(self.space, width) if self.learns_backward else None
        self.width = width

    def _law(self, graphs: Graphs) -> Categorical:
        logits = self.heads(graphs, *self.trunk(graphs))
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return Categorical(logits.masked_fill(~self.space.legal(graphs), -torch.inf))

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"max_nodes": self.space.max_nodes}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        graphs = self.space.empty(len(context), streams.device)
        active = torch.ones(len(context), dtype=torch.bool, device=graphs.nodes.device)
        return {"nodes": graphs.nodes, "bonds": graphs.bonds, "active": active}

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(Graphs(nodes=state["nodes"], bonds=state["bonds"]))

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        active = state["active"]
        built = self.space.apply(Graphs(nodes=state["nodes"], bonds=state["bonds"]), decision)
        return {
            "nodes": where_active(active, built.nodes, state["nodes"]),
            "bonds": where_active(active, built.bonds, state["bonds"]),
            "active": active & (decision != EXIT),
        }

    def finish(self, state: State) -> Samples:
        return Samples(tokens=torch.cat([state["nodes"], state["bonds"]], dim=1))

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"actions": decision.masked_fill(~state["active"], EXIT)}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        actions = trajectory.decisions["actions"]
        steps = torch.arange(trajectory.num_steps) if steps is None else steps.cpu()
        size, last = len(actions), int(steps.max()) + 1
        place = torch.arange(size).unsqueeze(1) * (last + 1) + steps
        every = states(self.space, actions[:, :last])
        law = self._law(every.take(place.flatten().to(actions.device)))
        return Categorical(law.log_p.view(size, len(steps), -1)), actions[:, steps]

    # --- likelihood -----------------------------------------------------------------------------

    def graphs_of(self, samples: Samples) -> Graphs:
        """Finished graphs from their tokens [B, A + P].

        Raises:
            SuiteError: a row is no graph of this space.
        """
        assert samples.tokens is not None
        width = self.space.max_nodes + self.space.num_pairs
        if samples.tokens.shape[1] != width:
            raise SuiteError(
                f"samples have {samples.tokens.shape[1]} tokens, and a graph of "
                f"{self.space.max_nodes} nodes has {width}: the nodes and their pairs.\n"
                "Give the codec and policy.max_nodes the same number."
            )
        nodes, bonds = samples.tokens.split([self.space.max_nodes, self.space.num_pairs], dim=1)
        graphs = Graphs(nodes=nodes, bonds=bonds)
        self._refuse(graphs, ~self.space.fits(graphs))
        return graphs

    def _refuse(self, graphs: Graphs, wrong: Tensor) -> None:
        """An error that shows the first of the rows ``wrong`` [N], if there is one."""
        if not bool(wrong.any()):
            return
        row, space = int(wrong.int().argmax()), self.space
        raise SuiteError(
            f"a sample is not a graph that this policy can build: nodes "
            f"{graphs.nodes[row].tolist()}, bonds {graphs.bonds[row].tolist()}.\n"
            f"One is in one piece, its nodes are of kinds 1 to {space.num_kinds} with valences "
            f"{space.valences}, and it has at most {space.max_rings} rings, none of fewer than "
            f"{space.min_ring} nodes and each with a bond of order 1 or 2 that closes it.\n"
            "Correct the demonstrations, or policy.valences, max_nodes, max_rings and min_ring."
        )

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """log q(h | x) - log P_F(h) of histories h drawn from the uniform q, mean of draws, [B].

        Its mean is the bound -log P(x) + KL(q || the policy's own law of histories).
        """
        graphs = self.graphs_of(samples)
        chances = streams.uniform(draws, self.num_steps).flatten(0, 1)
        repeated = torch.arange(len(samples), device=graphs.nodes.device).repeat_interleave(draws)
        actions, log_q = sample_histories(self.space, graphs.take(repeated), chances)
        width = int((actions != EXIT).sum(dim=1).max()) + 1
        actions = actions[:, :width]
        every = states(self.space, actions[:, :-1])
        log_p = self._law(every).log_prob(actions.flatten()).view(actions.shape)
        exits = (actions == EXIT).cumsum(dim=1)
        log_forward = log_p.masked_fill(exits > 1, 0.0).sum(dim=1)  # the first exit is a decision
        # Weights that went wrong give nan; -inf is an action that the masks forbid: a small ring.
        self._refuse(graphs, torch.isneginf(log_forward).view(-1, draws).any(dim=1))
        symmetry = log_automorphisms(self.space, graphs).to(log_forward.dtype)
        bound = log_q.to(log_forward.dtype) - log_forward
        return bound.view(-1, draws).mean(dim=1) + symmetry

    # --- balance and value ----------------------------------------------------------------------

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """log of the chance of undoing each action, [B, T], nats; with gradient if learned."""
        actions = trajectory.decisions["actions"]
        every = states(self.space, actions)
        if self.deletions is None:
            return log_backward_steps(self.space, every, actions)
        legal = torch.cat(self.space.deletable(every), dim=1)
        logits = self.deletions(every, self.trunk(every)[0])
        # An empty graph has nothing to delete: its row is never read, and must not be nan.
        legal = legal | (every.num_nodes == 0).unsqueeze(1)
        law = logits.masked_fill(~legal, -torch.inf).log_softmax(dim=1)
        return log_backward_steps(self.space, every, actions, law)

    @property
    def num_features(self) -> int:
        return self.width + self.space.max_nodes + self.space.max_rings + 2

    @torch.no_grad()
    def features(self, trajectory: Trajectory) -> Tensor:
        every = states(self.space, trajectory.decisions["actions"])
        _, whole = self.trunk(every)
        size = torch.nn.functional.one_hot(every.num_nodes, self.space.max_nodes + 1)
        rings = torch.nn.functional.one_hot(every.num_rings, self.space.max_rings + 1)
        return torch.cat([whole, size, rings], dim=1).view(len(trajectory), -1, self.num_features)
