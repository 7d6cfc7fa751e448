"""Rewards that belong to no domain."""
