"""Rewards that run code against tests: "code/tests"."""
