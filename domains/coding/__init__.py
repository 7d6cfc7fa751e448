"""Coding: small Python functions written to a description, judged by hidden inputs."""
