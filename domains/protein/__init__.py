"""Proteins: sequences for a given backbone, and variants of a measured protein.

A sample is a sequence of amino acids; a token is one of the 20 letters, in the order
ACDEFGHIKLMNPQRSTVWY. Designs for a backbone are scored in kT per residue (``BundleDesign``), the
held-out reward is a predicted stability in kcal/mol per residue (``StabilityReward``),
``ChargeDistance`` is in elementary charges, and the fitness of GB1 variants is relative to the wild
type (1.0), as measured.
"""
