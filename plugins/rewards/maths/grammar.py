r"""The grammar of one expression, by recursive descent.

    expression  [+-] term ([+-] term)*          term   power (operator? power)*
    power       primary [!]* [^ power]          primary  number, name, bracket, command

What a reader of TeX may not expect: ``x^10`` has the exponent 10 although TeX prints 1;
``3\frac18`` and ``3 1/8`` are mixed numbers; only f, g and h before a bracket are functions; e and
i are constants.
"""

from fractions import Fraction

from suite.plugins.rewards.maths.tokens import Token, number
from suite.plugins.rewards.maths.tree import Apply, Expr, Number, Symbol, UnreadableError, negative

DEEPEST = 40  # brackets and arguments inside each other
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "sec",
        "csc",
        "cot",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "ln",
        "log",
        "exp",
    ]
)
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
    ]
)
NAMED = {"pi": "pi", "infty": "infty"}
MARKS = frozenset({"overline", "vec", "hat", "bar"})  # kept as names: they change what is meant
TIMES = frozenset({"*", r"\cdot", r"\times", r"\ast"})
OVER = frozenset({"/", r"\div"})
APPLIED_LETTERS = frozenset("fgh")
END = Token("end", "", False)
ONE, MINUS_ONE = Number(Fraction(1)), Number(Fraction(-1))


def parse(tokens: list[Token], *, plus_minus: int = 1) -> Expr:
    """The expression that all the tokens write.

    Args:
        tokens: at least one.
        plus_minus: 1 or -1, how the sign plus-minus is read.

    Raises:
        UnreadableError: they write none.
    """
    reader = _Reader(tokens, plus_minus)
    expr = reader.expression()
    if reader.peek is not END:
        raise UnreadableError(f"{reader.peek.value!r} is not expected where it stands")
    return expr


class _Reader:
    def __init__(self, tokens: list[Token], plus_minus: int) -> None:
        self.tokens = [*tokens, END]
        self.position = 0
        self.depth = 0
        self.bars = 0  # absolute values that are open
        self.plus_minus = plus_minus

    @property
    def peek(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.peek
        if token is END:
            raise UnreadableError("it ends too early")
        self.position += 1
        return token

    def expect(self, value: str) -> None:
        token = self.take()
        if token.value != value or token.kind == "text":
            raise UnreadableError(f"{value!r} is expected where {token.value!r} stands")

    def expression(self) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnreadableError(f"brackets deeper than {DEEPEST}")
        terms = [self.signed_term()]
        while self.sign(self.peek) is not None:
            terms.append(self.signed_term())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Apply("+", tuple(terms))

    def sign(self, token: Token) -> int | None:
        signs = {"+": 1, "-": -1, r"\pm": self.plus_minus, r"\mp": -self.plus_minus}
        return signs.get(token.value) if token.kind in ("sign", "command") else None

    def signed_term(self) -> Expr:
        total = 1
        while (sign := self.sign(self.peek)) is not None:
            self.take()
            total *= sign
        term = self.term()
        return term if total == 1 else negative(term)

    def term(self) -> Expr:
        factors = [self.power()]
        while True:
            token = self.peek
            if token.kind in ("sign", "command") and token.value in TIMES:
                self.take()
                factors.append(self.signed_power())
            elif token.kind in ("sign", "command") and token.value in OVER:
                self.take()
                above = _product(factors)
                factors = [Apply("/", (above, self.signed_power()))]
            elif self.starts_factor():
                factors.append(self.power())
            else:
                return _product(factors)

    def signed_power(self) -> Expr:
        sign = self.sign(self.peek)
        if sign is None:
            return self.power()
        self.take()
        return self.power() if sign == 1 else negative(self.power())

    def starts_factor(self) -> bool:
        """Whether a factor follows without an operator. Two numbers side by side are no product."""
        token = self.peek
        if token.kind == "number":
            return self.tokens[self.position - 1].value in (")", "}")
        if token.kind in ("letter", "word"):
            return True
        if token.kind == "sign":
            return token.value in ("(", "{") or (token.value == "|" and not self.bars)
        return token.kind == "command" and _is_primary(token.value)

    def power(self) -> Expr:
        base = self.postfix(self.primary())
        if self.peek.value != "^" or self.peek.kind != "sign":
            return base
        self.take()
        if self.is_degree():
            return Apply("degree", (base,))
        return Apply("^", (base, self.exponent()))

    def postfix(self, base: Expr) -> Expr:
        if self.peek.value == "!" and self.peek.kind == "sign":
            self.take()
            return Apply("!", (base,))
        return base

    def is_degree(self) -> bool:
        """Take a degree sign, if one stands as the exponent."""
        for width, values in ((1, [r"\circ"]), (3, ["{", r"\circ", "}"])):
            ahead = [token.value for token in self.tokens[self.position : self.position + width]]
            if ahead == values:
                self.position += width
                return True
        return False

    def exponent(self) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnreadableError(f"exponents deeper than {DEEPEST}")
        expr = self.signed_power()
        self.depth -= 1
        return expr

    def primary(self) -> Expr:
        token = self.take()
        if token.kind == "number":
            return self.mixed(number(token.value))
        if token.kind == "letter":
            return self.name(token.value)
        if token.kind == "word":
            self.position -= 1
            return self.name(self.first_letter())
        if token.kind == "command":
            return self.command(token.value.removeprefix("\\"))
        if token.value in ("(", "{") and token.kind == "sign":
            return self.closed({"(": ")", "{": "}"}[token.value])
        if token.value == "|" and token.kind == "sign":
            return self.absolute()
        raise UnreadableError(f"{token.value!r} is not expected where it stands")

    def first_letter(self) -> str:
        """Take one letter of a word; an exponent after the word is of its last letter alone."""
        first, rest = self.peek.value[0], self.peek.value[1:]
        kind = "letter" if len(rest) == 1 else "word"
        self.tokens[self.position] = Token(kind, rest, False)
        return first

    def closed(self, closing: str) -> Expr:
        bars, self.bars = self.bars, 0
        inner = self.expression()
        self.bars = bars
        self.expect(closing)
        return inner

    def absolute(self) -> Expr:
        self.bars += 1
        inner = self.expression()
        self.bars -= 1
        self.expect("|")
        return Apply("abs", (inner,))

    def name(self, letter: str) -> Expr:
        """A variable with its subscript, or the value of f, g or h."""
        if self.peek.value == "_" and self.peek.kind == "sign":
            self.take()
            letter += "_" + self.subscript()
        opens = self.peek.value == "(" and self.peek.kind == "sign"
        if letter[0] in APPLIED_LETTERS and opens:
            self.take()
            return Apply(f"call {letter}", (self.closed(")"),))
        return Symbol(letter)

    def subscript(self) -> str:
        token = self.take()
        if token.value != "{":
            return token.value
        inner = ""
        while self.peek.value != "}":
            inner += self.take().value
        self.take()
        return inner

    def mixed(self, whole: Number) -> Expr:
        """``whole`` and a fraction of two integers below one after it, if there is one."""
        if whole.decimals is not None or whole.value.denominator != 1:
            return whole
        start, tokens = self.position, self.tokens
        if self.peek.value == r"\frac":
            self.tokens = list(tokens)  # taking arguments splits numbers
        fraction = self.integer_fraction()
        if fraction is None:
            self.position, self.tokens = start, tokens
            return whole
        return Number(whole.value + fraction)

    def integer_fraction(self) -> Fraction | None:
        if self.peek.value == r"\frac":
            self.take()
            above, below = self.argument(), self.argument()
        elif self.peek.kind == "number" and self.peek.spaced and self.ahead_is_over():
            above = number(self.take().value)
            self.take()
            below = number(self.take().value)
        else:
            return None
        if not (isinstance(above, Number) and isinstance(below, Number)):
            return None
        if above.decimals is not None or below.decimals is not None:
            return None
        return above.value / below.value if 0 < above.value < below.value else None

    def ahead_is_over(self) -> bool:
        over, below = self.tokens[self.position + 1], self.tokens[self.position + 2 :][:1]
        return over.value == "/" and bool(below) and below[0].kind == "number"

    def command(self, name: str) -> Expr:
        if name in NAMED:
            return Symbol(NAMED[name])
        if name in GREEK:
            return self.name(name)
        if name == "frac":
            return Apply("/", (self.argument(), self.argument()))
        if name in ("binom", "dbinom", "tbinom"):
            return Apply("binomial", (self.argument(), self.argument()))
        if name == "sqrt":
            return self.root()
        if name in MARKS:
            return Apply(name, (self.argument(),))
        if name in FUNCTIONS:
            return self.function(name)
        raise UnreadableError(f"the command \\{name} is not read")

    def root(self) -> Expr:
        if self.peek.value == "[":
            self.take()
            index = self.expression()
            self.expect("]")
            return Apply("^", (self.argument(), Apply("/", (ONE, index))))
        return Apply("sqrt", (self.argument(),))

    def argument(self) -> Expr:
        """A group, or one character, as TeX takes it; a bracket after a plain name is a group."""
        token = self.peek
        if token.kind == "number" and len(token.value) > 1 and self.in_tex():
            self.tokens[self.position] = Token("number", token.value[1:], False)
            return number(token.value[0])
        if token.kind == "word":
            return Symbol(self.first_letter())
        if token.kind == "letter":
            return Symbol(self.take().value)
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnreadableError(f"arguments deeper than {DEEPEST}")
        expr = self.primary() if token.kind != "number" else number(self.take().value)
        self.depth -= 1
        return expr

    def in_tex(self) -> bool:
        """Whether digits are taken one by one: always, but in "sqrt 13"."""
        return self.tokens[self.position - 1].value != r"\sqrt" or not self.peek.spaced

    def function(self, name: str) -> Expr:
        """A function's argument: a bracket, or the factors up to a sign or the next function."""
        if name == "log" and self.peek.value == "_":
            self.take()
            base = self.argument()
            return Apply("/", (Apply("ln", (self.operand(),)), Apply("ln", (base,))))
        power = None
        if self.peek.value == "^":
            self.take()
            power = self.exponent()
            if power == MINUS_ONE:  # the inverse function, not the reciprocal
                if f"arc{name}" not in FUNCTIONS:
                    raise UnreadableError(f"the inverse of {name} is not read")
                return Apply(f"arc{name}", (self.operand(),))
        applied: Expr = Apply(name, (self.operand(),))
        return applied if power is None else Apply("^", (applied, power))

    def operand(self) -> Expr:
        if self.peek.value == "(":
            self.take()
            return self.closed(")")
        factors = [self.power()]
        while self.starts_factor() and self.peek.value.removeprefix("\\") not in FUNCTIONS:
            factors.append(self.power())
        return _product(factors)


def _product(factors: list[Expr]) -> Expr:
    return factors[0] if len(factors) == 1 else Apply("*", tuple(factors))


def _is_primary(command: str) -> bool:
    name = command.removeprefix("\\")
    binomials = ("frac", "sqrt", "binom", "dbinom", "tbinom")
    return name in NAMED or name in GREEK or name in FUNCTIONS or name in MARKS or name in binomials
