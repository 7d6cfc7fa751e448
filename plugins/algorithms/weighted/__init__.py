"""Weighted likelihood: SFT, RAFT, reward-weighted regression."""
