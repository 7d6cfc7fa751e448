"""Tasks of the sql domain."""
