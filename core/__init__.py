"""The core: nine nouns, one trainer, one registry. Knows no algorithm, no domain, no model family by name."""
