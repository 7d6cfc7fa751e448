"""Text-to-SQL judged by execution: an answer's rows against the gold's, on two databases.

docs/verifiers/sql.md states the rules. What runs in a worker (worker.py, sqlite_engine.py,
duckdb_engine.py) never holds a gold, its rows or the comparison; the parent compares.
"""
