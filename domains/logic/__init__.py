"""Deduction: a sample is a text that says whether a conclusion follows from short premises.

Problems are made by seeded functions, in words and in first-order formulas; the reward is the share
of right labels, from 0 to 1, judged by ``logic/formula``.
"""
