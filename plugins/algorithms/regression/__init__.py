"""Regression of relative rewards: pairs whose log-ratio should match their reward gap."""
