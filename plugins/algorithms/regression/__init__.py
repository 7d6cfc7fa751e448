"""Regression of relative rewards: pairs of samples whose log-ratio should match their reward gap."""
