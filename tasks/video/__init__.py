"""Tasks of the video domain."""
