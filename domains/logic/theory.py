"""Theories of kinds of thing, and what follows from them, decided without a solver.

A rule says that what is one kind is (or is not) another; a thing has literals that hold of it. The
rules are clauses of two literals and say nothing about pairs of things, so each thing can be looked
at alone: a theory has a model unless the literals of one thing contradict each other. What is
anonymous (any thing at all) has no literals and must have a model too, as no domain is empty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

LABELS = ("True", "False", "Uncertain")


@dataclass(frozen=True, order=True)
class Literal:
    """Being of a kind, or not."""

    kind: str
    holds: bool = True

    def __neg__(self) -> "Literal":
        return Literal(self.kind, not self.holds)


@dataclass(frozen=True)
class Rule:
    """Whatever is ``when`` is ``then``: for all x, when(x) implies then(x)."""

    when: str
    then: Literal


@dataclass(frozen=True)
class Fact:
    """A named thing is, or is not, of a kind."""

    name: str
    literal: Literal


@dataclass(frozen=True)
class Some:
    """There is an x of the kind ``when`` of which ``then`` holds."""

    when: str
    then: Literal


Statement = Rule | Fact | Some


def opposite(statement: Statement) -> Statement:
    """The statement that holds exactly where this one does not."""
    if isinstance(statement, Fact):
        return replace(statement, literal=-statement.literal)
    other = Some if isinstance(statement, Rule) else Rule
    return other(statement.when, -statement.then)


def label(premises: Sequence[Statement], conclusion: Statement) -> str:
    """Whether the conclusion follows: "True", "False" or "Uncertain".

    Raises:
        ValueError: the premises contradict each other.
    """
    possible = consistent([*premises, conclusion])
    avoidable = consistent([*premises, opposite(conclusion)])
    if possible and avoidable:
        return "Uncertain"
    if not possible and not avoidable:
        raise ValueError("the premises contradict each other")
    return "True" if possible else "False"


def consistent(statements: Sequence[Statement]) -> bool:
    """Whether some model makes all of them true."""
    rules = [one for one in statements if isinstance(one, Rule)]
    things: dict[str, set[Literal]] = {}
    for number, one in enumerate(statements):
        if isinstance(one, Fact):
            things.setdefault(one.name, set()).add(one.literal)
        elif isinstance(one, Some):
            things[f"some {number}"] = {Literal(one.when), one.then}
    follows = implications(rules)
    if any(_both(closure([one], follows)) and _both(closure([-one], follows)) for one in follows):
        return False
    return not any(_both(closure(sorted(literals), follows)) for literals in things.values())


def implications(rules: Iterable[Rule]) -> dict[Literal, list[Literal]]:
    """What each literal brings with it in one step, contrapositives included."""
    found: dict[Literal, list[Literal]] = {}
    for rule in rules:
        when = Literal(rule.when)
        found.setdefault(when, []).append(rule.then)
        found.setdefault(-rule.then, []).append(-when)
    return found


def closure(
    literals: Sequence[Literal], follows: dict[Literal, list[Literal]]
) -> dict[Literal, int]:
    """All that the literals bring with them, breadth first, each with the step it comes at."""
    steps = dict.fromkeys(literals, 0)
    queue = list(literals)
    for one in queue:  # grows while it is read
        for following in follows.get(one, ()):
            if following not in steps:
                steps[following] = steps[one] + 1
                queue.append(following)
    return steps


def _both(literals: Iterable[Literal]) -> bool:
    known = set(literals)
    return any(-one in known for one in known)
