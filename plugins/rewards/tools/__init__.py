"""Tool calls judged without running them (tools/calls), or by the database they leave (tools/state).

A sample is the text of one assistant turn, or of a whole episode for tools/state. A row gives the
tools' schemas and the calls that were wanted; no calls wanted means that not calling is right.
"""
