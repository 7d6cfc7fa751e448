"""Score-function estimators on any trajectory: REINFORCE, RLOO, GRPO, PPO."""
