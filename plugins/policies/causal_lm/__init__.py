"""Causal language models of transformers, from a folder or made here with a tokenizer in memory."""
