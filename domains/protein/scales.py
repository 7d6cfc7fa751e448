"""Published amino-acid scales, each a dict from letter to number with its unit and source.

Only constants live here. ``alphabet.scale`` turns one into a vector in the order of the tokens.
"""

# Side-chain charge at pH 7, in elementary charges. Histidine is left at 0: most are neutral at
# pH 7, and a reader should be able to check a score by hand.
CHARGE = dict.fromkeys("ACDEFGHIKLMNPQRSTVWY", 0.0) | {"K": 1.0, "R": 1.0, "D": -1.0, "E": -1.0}

# Octanol-water transfer of the side chain, pi, log10 units, glycine = 0.
# Fauchere & Pliska, Eur. J. Med. Chem. 18:369 (1983); AAindex FAUJ830101, all 20 compared with the
# copy in amckenna41/aaindex on GitHub.
HYDROPHOBICITY = {
    "A": 0.31, "R": -1.01, "N": -0.60, "D": -0.77, "C": 1.54, "Q": -0.22, "E": -0.64,
    "G": 0.00, "H": 0.13, "I": 1.80, "L": 1.70, "K": -0.99, "M": 1.23, "F": 1.79,
    "P": 0.72, "S": -0.04, "T": 0.26, "W": 2.25, "Y": 0.96, "V": 1.22,
}  # fmt: skip

# Cost of the residue in the middle of an alpha helix, kcal/mol, alanine = 0.
# Pace & Scholtz, Biophys. J. 75:422 (1998), table 1.
HELIX_COST = {
    "A": 0.00, "L": 0.21, "R": 0.21, "M": 0.24, "K": 0.26, "Q": 0.39, "E": 0.40,
    "I": 0.41, "W": 0.49, "S": 0.50, "Y": 0.53, "F": 0.54, "H": 0.61, "V": 0.61,
    "N": 0.65, "T": 0.66, "C": 0.68, "D": 0.69, "G": 1.00, "P": 3.16,
}  # fmt: skip

# Share of each residue in UniProtKB/Swiss-Prot, percent (release statistics, rounded to 0.01).
SWISS_PROT_PERCENT = {
    "A": 8.25, "R": 5.53, "N": 4.06, "D": 5.46, "C": 1.38, "Q": 3.93, "E": 6.72,
    "G": 7.07, "H": 2.27, "I": 5.91, "L": 9.65, "K": 5.80, "M": 2.41, "F": 3.86,
    "P": 4.74, "S": 6.65, "T": 5.36, "W": 1.10, "Y": 2.92, "V": 6.86,
}  # fmt: skip

# Largest accessible surface of a residue X in Gly-X-Gly, square angstrom.
# Tien et al., PLoS ONE 8:e80635 (2013), table 1, theoretical column.
MAX_ACCESSIBLE_AREA = {
    "A": 129.0, "R": 274.0, "N": 195.0, "D": 193.0, "C": 167.0, "Q": 225.0, "E": 223.0,
    "G": 104.0, "H": 224.0, "I": 197.0, "L": 201.0, "K": 236.0, "M": 224.0, "F": 240.0,
    "P": 159.0, "S": 155.0, "T": 172.0, "W": 285.0, "Y": 263.0, "V": 174.0,
}  # fmt: skip
