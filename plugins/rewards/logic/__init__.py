"""First-order logic: labels of conclusions, translations into formulas, finite models.

A grammar reads formulas, never ``eval``; z3 decides satisfiability in workers that can be killed,
under a budget that does not depend on the clock. What it leaves open is never paid.
"""
