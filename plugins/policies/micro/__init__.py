"""Five micro policies, one a family: small enough to enumerate, run by every estimator in tests."""
