"""Domains in the box: rewards, contexts and metrics of each field of use."""
