"""Tasks of the micro domain: one a family of policies."""
