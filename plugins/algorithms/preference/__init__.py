"""Losses that learn from pairs: one sample preferred, one not."""
