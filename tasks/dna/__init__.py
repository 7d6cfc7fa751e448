"""Tasks of the DNA domain."""
