"""Tasks of the tools domain."""
