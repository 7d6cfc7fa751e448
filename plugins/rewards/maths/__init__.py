"""Maths answers: extracted by stated rules, parsed by a grammar, compared exactly.

A gold is read into the same tree as an answer, and the gold's kind decides what may equal it. No
text is ever evaluated. Where exact arithmetic cannot decide, numbers at seeded points may say
"different", and only a symbolic proof in a killable worker may say "equal".
"""
