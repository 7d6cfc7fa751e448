"""Robotics: control of Gymnasium environments.

A sample is an episode: for every turn a flag, the raw observation and the actions. A reward is the
environment's own, summed over the episode (its return); continuous actions are in shares of their
space, -1 the low end and 1 the high one.
"""
