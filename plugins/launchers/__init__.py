"""Launchers in the box: how the processes of one run are started."""
