"""The micro domain: strings of four letters, points of the plane, a cart with a pole.

A sample is a string over {A, B, C, D} (a token is a letter), a point (two numbers) or an episode.
Rewards have no unit. Its spaces can be enumerated, so that every estimator can be held to the
optimum that is known; it serves tests and first steps, not science.
"""
