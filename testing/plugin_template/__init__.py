"""The domain my-domain: words of eight letters.

A sample is a word over A, B, C, D; a token is one letter. Rewards count letters; they have no unit.
"""
