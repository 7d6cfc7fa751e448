"""Functions over a list of whole numbers, made from four parts: pure functions, no state.

    "sum of squares of even numbers until 0"      scope, filter, map and fold

A family is a choice of the four parts; a problem is a family with its constants. What a program
returns is computed here from the parts, so that no text is run to make a test.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

Number = Callable[[int, int], int]
Test = Callable[[int, int], bool]


@dataclass(frozen=True)
class Keep:
    """Which numbers count: in words, as a condition, as a function of (x, k)."""

    words: str
    condition: str
    holds: Test


@dataclass(frozen=True)
class Change:
    """What becomes of each: in words, as an expression, as a function of (x, k)."""

    words: str
    expression: str
    of: Number


@dataclass(frozen=True)
class Fold:
    """What is made of them: in words, the first value, the statement that takes one more."""

    words: str
    first: str
    statement: str


KEEPS = {
    "all": Keep("numbers", "", lambda x, k: True),
    "even": Keep("even numbers", "x%2==0", lambda x, k: x % 2 == 0),
    "odd": Keep("odd numbers", "x%2==1", lambda x, k: x % 2 == 1),
    "above": Keep("numbers above {k}", "x>{k}", lambda x, k: x > k),
    "below": Keep("numbers below {k}", "x<{k}", lambda x, k: x < k),
    "not": Keep("numbers but {k}", "x!={k}", lambda x, k: x != k),
}
CHANGES = {
    "same": Change("", "x", lambda x, j: x),
    "double": Change("doubles of ", "x*2", lambda x, j: x * 2),
    "square": Change("squares of ", "x*x", lambda x, j: x * x),
    "plus": Change("{j} plus ", "x+{j}", lambda x, j: x + j),
    "negative": Change("negatives of ", "-x", lambda x, j: -x),
}
FOLDS = {
    "sum": Fold("sum of", "0", "t+={e}"),
    "count": Fold("count of", "0", "t+=1"),
    "product": Fold("product of", "1", "t*={e}"),
    "list": Fold("list of", "[]", "t.append({e})"),
    "last": Fold("last of", "0", "t={e}"),
}
SCOPES = {"all": "", "until": " until 0", "second": " at even places"}
FAMILIES = tuple(product(SCOPES, KEEPS, CHANGES, FOLDS))
PARTS = ("scope", "keep", "change", "fold", "k", "j")
LARGEST = 5  # constants are 1 to this, unless a setting says otherwise


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One problem: a family and its constants k (of the filter) and j (of the map)."""

    scope: str
    keep: str
    change: str
    fold: str
    k: int
    j: int

    @property
    def family(self) -> str:
        """The four parts, without the constants."""
        return f"{self.scope}/{self.keep}/{self.change}/{self.fold}"


def draw_spec(draw: random.Random, largest: int = LARGEST) -> Spec:
    """A problem, each family as likely as any other, its constants 1 to ``largest``."""
    scope, keep, change, fold = draw.choice(FAMILIES)
    constants = range(1, largest + 1)
    k, j = draw.choice(constants), draw.choice(constants)
    return Spec(scope=scope, keep=keep, change=change, fold=fold, k=k, j=j)


def misread(spec: Spec, draw: random.Random, largest: int = LARGEST) -> Spec:
    """The problem with one part taken for another that makes another program."""
    while True:
        part = draw.choice(PARTS)
        other = replace(spec, **{part: getattr(draw_spec(draw, largest), part)})
        if source(other) != source(spec):
            return other


def described(spec: Spec) -> str:
    """The problem in words."""
    keep = KEEPS[spec.keep].words.format(k=spec.k)
    change = CHANGES[spec.change].words.format(j=spec.j)
    return f"{FOLDS[spec.fold].words} {change}{keep}{SCOPES[spec.scope]}"


def source(spec: Spec) -> str:
    """A right program: a loop, a branch where there is a filter, one more to stop early."""
    keep, fold = KEEPS[spec.keep], FOLDS[spec.fold]
    expression = CHANGES[spec.change].expression.format(j=spec.j)
    over = "xs[::2]" if spec.scope == "second" else "xs"
    lines = ["def f(xs):", f" t={fold.first}", f" for x in {over}:"]
    if spec.scope == "until":
        lines += ["  if x==0:", "   break"]
    indent = "  "
    if keep.condition:
        lines.append(f"  if {keep.condition.format(k=spec.k)}:")
        indent = "   "
    lines += [indent + fold.statement.format(e=expression), " return t"]
    return "\n".join(lines)


def result(spec: Spec, numbers: Sequence[int]) -> int | list[int]:
    """What the program returns, computed from its parts."""
    inside = list(numbers[::2] if spec.scope == "second" else numbers)
    if spec.scope == "until" and 0 in inside:
        inside = inside[: inside.index(0)]
    kept = [x for x in inside if KEEPS[spec.keep].holds(x, spec.k)]
    values = [CHANGES[spec.change].of(x, spec.j) for x in kept]
    if spec.fold == "list":
        return values
    if spec.fold == "count":
        return len(values)
    if spec.fold == "last":
        return values[-1] if values else 0
    total = 1
    for value in values:
        total *= value
    return sum(values) if spec.fold == "sum" else total


def inputs(draw: random.Random, count: int) -> list[list[int]]:
    """Lists to try a program on: an empty one, and others of up to seven numbers."""
    made: list[list[int]] = [[]]
    while len(made) < count:
        made.append([draw.randint(-4, 9) for _ in range(draw.randint(3, 7))])
    return made
