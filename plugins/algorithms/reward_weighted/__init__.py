"""Reward-weighted likelihood of model samples, with the pre-training loss beside it."""
