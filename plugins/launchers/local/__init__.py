"""Processes on this machine, one group over loopback."""
