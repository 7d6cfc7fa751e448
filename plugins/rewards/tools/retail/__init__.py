"""The tools of an online shop, written from tau-bench's retail policy and data.

Yao et al., "tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains",
arXiv:2406.12045. Its databases, policy and tasks are data; the tools here are ours.
"""
