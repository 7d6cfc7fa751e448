"""ReinFlow on a flow policy against DPPO on a diffusion policy, cloned from one clumsy expert."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 1e-3}, {"train.learning_rate": 3e-3})

CLAIM = Claim(
    name="reinflow-dppo",
    paper=22,
    statement=(
        "After as many episodes, PPO on a cloned flow policy with learned noise reaches a higher "
        "return than PPO on the denoising steps of a cloned diffusion policy."
    ),
    task="robotics/pendulum",
    method=Arm(label="ReinFlow", algo="reinflow", grid=RATES),
    baseline=Arm(label="DPPO", algo="dppo", grid=RATES, overrides={"policy.head": "diffusion"}),
    metric="held_out",
    direction="higher",
    # A tenth of the spread (some 240) of the returns of a cloned policy's episodes.
    minimum_effect=24.0,
    seeds=(1, 2, 3),
    tuning_seed=0,
    minutes=5.0,
    settings={
        "environment.video": "off",
        "train.num_steps": 20,
        "train.group_size": 32,
        "train.eval_every": 0,
        "train.eval_samples": 64,
    },
    departures=(
        "a pendulum and 20 updates of 32 episodes; the paper's tasks are walkers and manipulators",
        "arms are compared at equal episodes, and the paper counts wall time too",
        "both policies take four steps and two actions a chunk; the paper's diffusion takes more",
        "both clone the same 60 episodes for as many updates, by the loss of their own family",
        "the flow's noise stays on at evaluation",
        "every denoising step is tuned, and no frozen network makes the earlier ones",
    ),
)
