"""Reward gradients through the sampler: DRAKES and reward backpropagation."""
