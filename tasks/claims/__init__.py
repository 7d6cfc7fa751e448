"""Claims: published methods and the comparisons that they are measured by, one value a file.

A claim is committed before its first result, and is not changed to suit one.
"""
