"""Long chains, from a base that has seen compact molecules."""

from outside_molecules.codec import MAX_ATOMS, VALENCES
from suite.core.task import Task, Use

TASK = Task(
    name="outside-molecules/chains",
    summary="Molecules drawn out into long chains.",
    contexts=Use("outside-molecules/compact"),
    # No held-out reward: this one counts atoms, so that climbing it cannot mislead.
    reward=Use("outside-molecules/chain", length=MAX_ATOMS),
    policy=Use(
        "gflownet/micro", valences=VALENCES, max_nodes=MAX_ATOMS, max_rings=1, min_ring=3, width=8
    ),
    codec=Use("outside-molecules/graphs"),
    default_algo="relative-tb",
    base={"num_steps": 20, "num_contexts": 16, "group_size": 1, "learning_rate": 1e-2},
    settings={
        "train.num_steps": 20,
        "train.num_contexts": 1,
        "train.group_size": 16,
        "train.learning_rate": 1e-2,
        "train.eval_samples": 32,
    },
    algo_settings={"trajectory_balance": {"algo.beta": 0.05}},
    # Butane and isobutane differ in the branch alone; cyclobutane's ring cuts the way short.
    known_rewards=(("CCCCCC", 1.0), ("CCCC", 4 / 6), ("CC(C)C", 0.5), ("C1CCC1", 0.5)),
)
