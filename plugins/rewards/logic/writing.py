"""Formulas as text that the grammar reads back as the same tree."""

from suite.plugins.rewards.logic.tree import QUANTIFIERS, Node

SIGNS = {
    "and": "\u2227",
    "or": "\u2228",
    "xor": "\u2295",
    "implies": "\u2192",
    "iff": "\u2194",
    "forall": "\u2200",
    "exists": "\u2203",
}
TERMS = frozenset({"variable", "number", "function", "atom"})
TIGHT = frozenset({"atom", "not", *QUANTIFIERS})


def write(node: Node) -> str:
    """The formula, with a parenthesis wherever one could help."""
    if node.kind in TERMS:
        inner = ", ".join(map(write, node.parts))
        return f"{node.name}({inner})" if inner else node.name
    if node.kind == "equal":
        return " = ".join(map(write, node.parts))
    if node.kind == "not":
        return f"\u00ac{_grouped(node.parts[0])}"
    if node.kind in QUANTIFIERS:
        return f"{SIGNS[node.kind]}{node.name} {_grouped(node.parts[0])}"
    return f" {SIGNS[node.kind]} ".join(map(_grouped, node.parts))


def _grouped(node: Node) -> str:
    """As a part of a larger formula."""
    return write(node) if node.kind in TIGHT else f"({write(node)})"
