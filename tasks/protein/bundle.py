"""Sequences for designed helical bundles: inverse folding with a designer's reward.

The embedded default: backbones are built, the base learns from sequences of a stated model, the
training reward is a contact potential with a designer's penalties, and the held-out reward is a
stability model fitted to measured ddG, which shares nothing with it.
"""

from suite.core.task import Task, Use

TASK = Task(
    name="protein/bundle",
    summary="Sequences that fit designed helical bundles of 56 residues.",
    contexts=Use("protein/bundles"),
    reward=Use("protein/bundle_design"),
    held_out_reward=Use("protein/stability"),
    policy=Use("discrete_diffusion/tiny", network="backbone", length=56, letters=20, num_steps=16),
    codec=Use("protein/letters"),
    metrics=(Use("protein/design_statistics"),),
    default_algo="drakes",
    # One letter throughout has no contact energy: -burial - charge - composition - runs remain.
    known_rewards=(("A" * 56, -4.2318), ("K" * 56, -9.8446)),
    known_context=0,
    base={
        "num_steps": 300,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 60,
        "train.num_contexts": 16,
        "train.group_size": 2,
        "train.learning_rate": 5e-4,
        "train.eval_every": 15,
        "train.eval_samples": 128,
    },
)
