"""Tasks of the molecule domain."""
