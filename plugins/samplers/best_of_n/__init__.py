"""Best-of-n: the highest reward of n draws."""
