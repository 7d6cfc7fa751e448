"""A learned oracle, read from the folder that core/oracle_files.py wrote."""
