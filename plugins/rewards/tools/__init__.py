"""Tool calls, judged without running them or by the database that they leave.

A sample is the text of one assistant turn, or of a whole episode for tools/state. A row gives the
tools' schemas and the calls that were wanted; no calls wanted means that not calling is right.
"""
