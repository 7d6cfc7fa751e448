"""Feynman-Kac steering: particles that are weighted and resampled on the way."""
