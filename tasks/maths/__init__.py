"""Tasks of the maths domain."""
