"""Tasks of the robotics domain."""
