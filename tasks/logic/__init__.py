"""Tasks of the logic domain."""
