"""The core: nine nouns, one trainer, one registry.

It knows no algorithm, no domain and no model family by name.
"""
