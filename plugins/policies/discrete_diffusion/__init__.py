"""Masked discrete diffusion: strings whose positions are unmasked in T steps, or one at a time.

A sample is a string of L letters (a protein, a stretch of DNA); a decision is the set of positions
that one step reveals, with their letters. ``policy.py`` is the place to start.
"""
