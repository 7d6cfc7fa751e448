"""Samplers in the box: policy and reward to trajectories, without training."""
