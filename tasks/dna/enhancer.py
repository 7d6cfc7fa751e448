"""Enhancers of 50 bases that four liver factors bind.

The embedded default: the base learns from background DNA with a few sites, the training reward
reads one set of JASPAR matrices, the held-out reward matrices of other experiments.
"""

from suite.core.task import Task, Use

TASK = Task(
    name="dna/enhancer",
    summary="Enhancers of 50 bases that HNF1A, HNF4A, FOXA2 and CEBPA bind.",
    contexts=Use("dna/enhancers", length=50),
    reward=Use("dna/occupancy"),
    held_out_reward=Use("dna/occupancy", matrices="held_out", gc_weight=0.0),
    policy=Use("discrete_diffusion/tiny", network="cnn", length=50, letters=4, num_steps=16),
    codec=Use("dna/letters"),
    metrics=(Use("dna/enhancer_statistics"),),
    default_algo="drakes",
    # Scanned with Biopython on both strands; one letter throughout binds nothing and pays for GC.
    known_rewards=(
        ("A" * 50, -12.9109),
        ("C" * 50, -24.8737),
        ("GTTAATGATTAACTCAAAGTCCATTTGTAAACACAATTGCACAATGCGCA", -0.1431),
    ),
    base={
        "num_steps": 300,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 80,
        "train.num_contexts": 1,
        "train.group_size": 32,
        "train.learning_rate": 1e-3,
        "train.eval_every": 20,
        "train.eval_samples": 128,
    },
)
