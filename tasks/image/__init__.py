"""Tasks of the image domain."""
