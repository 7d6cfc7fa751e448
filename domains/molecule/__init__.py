"""The molecule domain: small organic molecules as graphs of heavy atoms or as SMILES.

A sample is a molecule; a token is an atom's element or a bond's order (graphs), or a symbol of a
SMILES string. Rewards are desirabilities from 0 to 1, or log10 of an activity.
"""
