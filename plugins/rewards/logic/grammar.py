"""A grammar for first-order formulas, read by recursive descent. Nothing is evaluated.

    formula  := formula BINARY formula | unary
    unary    := NOT unary | QUANTIFIER variable ("," variable)* scope | "(" formula ")" | atom
    scope    := unary | ("." | ":") formula
    atom     := word ["(" terms ")"] | term ("=" | "≠") term
    term     := variable | number | word ["(" terms ")"]          terms := term ("," term)*

Binary operators, tightest first: and, or, xor, implies, iff; "implies" is right-associative, for
the others it makes no difference. Negation and quantifiers bind tighter than all of them:
∀x P(x) → Q(a) is (∀x P(x)) → Q(a), and ∀x. P(x) → Q(x) reaches to the end. A word in the place of
a term is the variable that a quantifier above it binds, else a name; but an unbound u ... z, with
one digit or none, is a forgotten quantifier and is refused. One full stop may end it all.
"""

import re

from suite.plugins.rewards.logic.tokens import Token, tokens
from suite.plugins.rewards.logic.tree import QUANTIFIERS, FormulaError, Node, negation

MAX_DEPTH = 32
MAX_ARITY = 8
STRENGTH = {"iff": 1, "implies": 2, "xor": 3, "or": 4, "and": 5}
VARIABLE = re.compile(r"[u-z][0-9]?")


def parse(text: str, *, repair_scope: bool = False) -> Node:
    """The closed formula that ``text`` is.

    Args:
        text: one formula.
        repair_scope: where a variable is used beyond its quantifier's scope, read every quantifier
            as reaching to the end; for data whose authors meant that.

    Raises:
        FormulaError: it is none; the message has the position.
    """
    try:
        return _Reader(text, wide=False).whole()
    except FormulaError as error:
        if not repair_scope or error.status != "free variable":
            raise
        return _Reader(text, wide=True).whole()


class _Reader:
    def __init__(self, text: str, *, wide: bool) -> None:
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0
        self._wide = wide
        self._bound: list[str] = []

    def whole(self) -> Node:
        formula = self._formula(0)
        if self._token.kind == "." and self._tokens[self._index + 1].kind == "end":
            self._index += 1
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end")
        return formula

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _take(self, kind: str) -> Token | None:
        token = self._token
        if token.kind != kind:
            return None
        self._index += 1
        return token

    def _expect(self, kind: str, what: str) -> Token:
        token = self._take(kind)
        if token is None:
            raise self._unexpected(what)
        return token

    def _unexpected(self, wanted: str) -> FormulaError:
        token = self._token
        found = f"{token.text[:40]!r} at character {token.position}" if token.text else "the end"
        status = "parentheses" if wanted == "')'" or token.kind == ")" else "syntax"
        return FormulaError(status, f"expected {wanted}, found {found}")

    def _formula(self, weakest: int) -> Node:
        """Operators that bind tighter than ``weakest``, and what they join."""
        left = self._unary()
        while STRENGTH.get(self._token.kind, 0) > weakest:
            kind = self._token.kind
            if kind == "implies":
                self._index += 1
                self._enter()
                left = Node(kind, parts=(left, self._formula(STRENGTH[kind] - 1)))
                self._depth -= 1
                continue
            parts = [left]
            while self._take(kind):
                parts.append(self._formula(STRENGTH[kind]))
            left = Node(kind, parts=tuple(parts))
        return left

    def _unary(self) -> Node:
        if self._token.kind in QUANTIFIERS:
            return self._quantified()
        if self._token.kind not in {"not", "("}:
            return self._atom()
        self._enter()
        if self._take("not"):
            formula = negation(self._unary())
        else:
            self._expect("(", "'('")
            formula = self._formula(0)
            self._expect(")", "')'")
        self._depth -= 1
        return formula

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            position = self._token.position
            raise FormulaError(
                "too large", f"nested deeper than {MAX_DEPTH} at character {position}"
            )

    def _quantified(self) -> Node:
        kind = self._token.kind
        self._index += 1
        names = [self._expect("word", "a variable").text]
        while self._take(","):
            names.append(self._expect("word", "a variable").text)
        for _ in names:
            self._enter()
        self._bound += names
        pointed = self._take(".") or self._take(":")
        formula = self._formula(0) if pointed or self._wide else self._unary()
        del self._bound[-len(names) :]
        self._depth -= len(names)
        for name in reversed(names):
            formula = Node(kind, name, (formula,))
        return formula

    def _atom(self) -> Node:
        start = self._token
        if start.kind not in {"word", "number"}:
            raise self._unexpected("a formula")
        left = self._application()
        for kind in ("equal", "unequal"):
            if self._take(kind):
                equal = Node("equal", parts=(self._as_term(left, start), self._term()))
                return equal if kind == "equal" else negation(equal)
        proposition = left.kind == "function" and not left.parts
        forgotten = proposition and VARIABLE.fullmatch(left.name)
        if left.kind == "number" or left.name in self._bound or forgotten:
            raise FormulaError(
                "syntax",
                f"{start.text[:40]!r} at character {start.position} is a term, not a formula",
            )
        return Node("atom", left.name, left.parts)

    def _term(self) -> Node:
        start = self._token
        return self._as_term(self._application(), start)

    def _application(self) -> Node:
        """A number, or a word with its arguments; what the word is, its place decides."""
        number = self._take("number")
        if number:
            return Node("number", _canonical(number.text))
        name = self._expect("word", "a name").text
        if not self._take("("):
            return Node("function", name)
        self._enter()
        parts = [self._term()]
        while self._take(","):
            parts.append(self._term())
        self._expect(")", "')'")
        self._depth -= 1
        if len(parts) > MAX_ARITY:
            raise FormulaError("too large", f"'{name[:40]}' has more than {MAX_ARITY} arguments")
        return Node("function", name, tuple(parts))

    def _as_term(self, node: Node, start: Token) -> Node:
        if node.kind == "number":
            return node
        if node.name in self._bound:
            if node.parts:
                raise FormulaError("syntax", f"the variable '{node.name}' has arguments")
            return Node("variable", node.name)
        if not node.parts and VARIABLE.fullmatch(node.name):
            raise FormulaError(
                "free variable",
                f"no quantifier binds '{node.name}' at character {start.position}; one reaches "
                "only over the next formula or parenthesis",
            )
        return node


def _canonical(number: str) -> str:
    """One text for each value: "05.10" is "5.1"."""
    whole, _, rest = number.partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
