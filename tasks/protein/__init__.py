"""Tasks of the protein domain."""
