"""Drug-like molecules as SMILES strings, written symbol by symbol.

The base learns the grammar from molecules made by rule, so that some of what it writes is no
molecule: that is priced at 0 by the reward and counted as validity. Rewards are those of
molecule/druglike.
"""

from suite.core.task import Task, Use

LENGTH = 32
NUM_SYMBOLS = 43  # as in the codec's alphabet

TASK = Task(
    name="molecule/strings",
    summary="Drug-like molecules as SMILES strings of at most 32 symbols.",
    contexts=Use("molecule/strings", length=LENGTH),
    reward=Use("molecule/desirability", parts=("qed", "logp", "alerts")),
    held_out_reward=Use("molecule/desirability", parts=("accessibility", "other_rules")),
    policy=Use("gflownet/string", letters=NUM_SYMBOLS, length=LENGTH, shortest=1, layers=1),
    codec=Use("molecule/smiles", length=LENGTH),
    metrics=(Use("molecule/string_statistics", length=LENGTH),),
    default_algo="relative-tb",
    # Phenol as in molecule/druglike; a ring that is not closed is no molecule.
    known_rewards=(("c1ccccc1O", 0.8014), ("c1ccccc", 0.0), ("NN=NOO", 0.2268)),
    base={
        "num_steps": 500,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 100,
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.learning_rate": 1e-3,
        "train.eval_every": 25,
        "train.eval_samples": 256,
    },
    algo_settings={"trajectory_balance": {"algo.beta": 0.05}},
)
