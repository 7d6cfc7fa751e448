"""Maths: problems made here with their working, and the data sets that people know."""
