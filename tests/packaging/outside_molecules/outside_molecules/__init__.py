"""The domain outside-molecules: at most six atoms of C, N and O, written as SMILES."""
