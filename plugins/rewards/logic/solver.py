"""Satisfiability by z3, in a worker that can be killed.

One sort without elements of its own, never empty; names and functions uninterpreted; different
numbers different. A question is asked three times: with quantifiers under a small budget, which
proves most; in domains of one to four elements, where quantifiers are conjunctions and z3 always
ends, because its search for infinite models misses small ones; and with quantifiers again.

Budgets are z3's own count of steps (``rlimit``), so what is left open does not depend on the clock;
each job has a context of its own, so it does not depend on earlier jobs.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import z3

from suite.plugins.rewards.logic.tree import (
    QUANTIFIERS,
    Node,
    from_json,
    numbers,
    signature,
)

STEPS = 1_000_000
QUICK_SHARE, FINITE_SHARE = 100, 10  # of the steps: what the first try, and each size, may use
SIZES = (1, 2, 3, 4)
MOST_NODES = 8_000  # of formulas written out for one finite domain
_setup = {"steps": STEPS}


def prepare(setup: Mapping[str, Any]) -> None:
    """Take the worker's settings: ``steps``, the budget of one question."""
    _setup["steps"] = int(setup["steps"])


def satisfy(job: list[list[Any]]) -> list[str]:
    """For each question, a list of formulas as JSON: "sat", "unsat", or "unknown".

    "sat": some model makes all of them true at once.
    """
    return [_satisfy([from_json(formula) for formula in question]) for question in job]


def _satisfy(formulas: list[Node]) -> str:
    context = z3.Context()
    steps = _setup["steps"]
    outcome = _check(_Builder(context), formulas, max(1, steps // QUICK_SHARE))
    if outcome != "unknown":
        return outcome
    if any(_has_model(context, formulas, size, max(1, steps // FINITE_SHARE)) for size in SIZES):
        return "sat"
    return _check(_Builder(context), formulas, steps)


def _has_model(context: z3.Context, formulas: list[Node], size: int, steps: int) -> bool:
    """Whether z3 finds a model of exactly ``size`` elements; False too where that is too large."""
    try:
        return _check(_FiniteBuilder(context, size), formulas, steps) == "sat"
    except _TooLargeError:
        return False


def _check(builder: "_Builder", formulas: list[Node], steps: int) -> str:
    solver = z3.Solver(ctx=builder.context)
    solver.set("rlimit", steps)
    solver.add(*[builder.build(formula, {}) for formula in formulas])
    solver.add(*builder.axioms(formulas))
    return str(solver.check())


class _TooLargeError(Exception):
    """A formula written out for a finite domain has more than MOST_NODES nodes."""


class _Builder:
    """Formulas in z3's terms; a symbol's role is part of its name there."""

    def __init__(self, context: z3.Context) -> None:
        self.context = context
        self.sort = z3.DeclareSort("thing", context)
        self._truth = z3.BoolSort(context)

    def axioms(self, formulas: Sequence[Node]) -> list[Any]:
        """What holds in every model: different numbers are different."""
        values = [self.build(Node("number", name), {}) for name in numbers(formulas)]
        return [z3.Distinct(*values)] if len(values) > 1 else []

    def build(self, node: Node, bound: Mapping[str, Any]) -> Any:
        """A term or a formula; ``bound``: the variables in scope."""
        if node.kind == "variable":
            return bound[node.name]
        if node.kind in {"number", "function", "atom"}:
            arguments = [self.build(part, bound) for part in node.parts]
            return self.applied(node.kind, node.name, arguments)
        if node.kind in QUANTIFIERS:
            return self.quantified(node, bound)
        parts = [self.build(part, bound) for part in node.parts]
        return OPERATIONS[node.kind](*parts)

    def applied(self, kind: str, name: str, arguments: Sequence[Any]) -> Any:
        """A symbol with its arguments."""
        sort = self._truth if kind == "atom" else self.sort
        if not arguments:
            return z3.Const(f"{kind} {name}", sort)
        return z3.Function(f"{kind} {name}", *[self.sort] * len(arguments), sort)(*arguments)

    def quantified(self, node: Node, bound: Mapping[str, Any]) -> Any:
        """A quantifier with its body."""
        variable = z3.Const(f"{node.name}_{len(bound)}", self.sort)
        body = self.build(node.parts[0], {**bound, node.name: variable})
        return (z3.ForAll if node.kind == "forall" else z3.Exists)([variable], body)


class _FiniteBuilder(_Builder):
    """The same over a domain of ``size`` elements: a quantifier is written out for each."""

    def __init__(self, context: z3.Context, size: int) -> None:
        super().__init__(context)
        self._elements = [z3.Const(f"element {n}", self.sort) for n in range(size)]
        self._num_nodes = 0

    def axioms(self, formulas: Sequence[Node]) -> list[Any]:
        """And names and functions have their values among the elements, which are different."""
        found = super().axioms(formulas)
        if len(self._elements) > 1:
            found.append(z3.Distinct(*self._elements))
        found += [self._inside(self.applied("number", name, [])) for name in numbers(formulas)]
        for name, symbol in signature(formulas).items():
            if symbol.role == "function":
                for arguments in product(self._elements, repeat=symbol.arity):
                    self._count()
                    found.append(self._inside(self.applied("function", name, arguments)))
        return found

    def _inside(self, term: Any) -> Any:
        return z3.Or(*[term == element for element in self._elements])

    def build(self, node: Node, bound: Mapping[str, Any]) -> Any:
        self._count()
        return super().build(node, bound)

    def _count(self) -> None:
        self._num_nodes += 1
        if self._num_nodes > MOST_NODES:
            raise _TooLargeError

    def quantified(self, node: Node, bound: Mapping[str, Any]) -> Any:
        cases = [self.build(node.parts[0], {**bound, node.name: e}) for e in self._elements]
        return z3.And(*cases) if node.kind == "forall" else z3.Or(*cases)


def _iff(*parts: Any) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole == part
    return whole


def _xor(*parts: Any) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = z3.Xor(whole, part)
    return whole


OPERATIONS: dict[str, Callable[..., Any]] = {
    "equal": lambda left, right: left == right,
    "not": z3.Not,
    "and": z3.And,
    "or": z3.Or,
    "xor": _xor,
    "iff": _iff,
    "implies": z3.Implies,
}
