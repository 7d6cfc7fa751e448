"""Algorithms in the box, one folder a family of maths."""
