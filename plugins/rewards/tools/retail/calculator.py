"""Arithmetic on decimal numbers by a grammar, exactly: + - * / and brackets."""

import re
from fractions import Fraction

from suite.plugins.rewards.tools.world import ToolError

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|([-+*/()]))")
MAX_CHARACTERS = 300
MAX_BRACKETS = 32


def calculate(expression: str) -> str:
    """The value with two decimals, half to even.

    Raises:
        ToolError: it is not arithmetic, divides by zero, or is too long or too deep.
    """
    if len(expression) > MAX_CHARACTERS:
        raise ToolError(f"an expression has at most {MAX_CHARACTERS} characters")
    if expression.count("(") > MAX_BRACKETS:
        raise ToolError(f"an expression has at most {MAX_BRACKETS} brackets")
    tokens = _tokens(expression)
    value = _sum(tokens)
    if tokens:
        raise ToolError(f"unexpected '{tokens[0]}' in the expression")
    return f"{_cents(value)}"


def _cents(value: Fraction) -> str:
    whole = round(value * 100)
    sign = "-" if whole < 0 else ""
    return f"{sign}{abs(whole) // 100}.{abs(whole) % 100:02d}"


def _tokens(text: str) -> list[str]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ToolError("an expression has numbers, + - * / and brackets only")
        tokens.append(match[1] or match[2])
        position = match.end()
    return tokens


def _sum(tokens: list[str]) -> Fraction:
    value = _product(tokens)
    while tokens and tokens[0] in "+-":
        sign = 1 if tokens.pop(0) == "+" else -1
        value += sign * _product(tokens)
    return value


def _product(tokens: list[str]) -> Fraction:
    value = _factor(tokens)
    while tokens and tokens[0] in "*/":
        operator, right = tokens.pop(0), _factor(tokens)
        if operator == "/" and right == 0:
            raise ToolError("division by zero")
        value = value * right if operator == "*" else value / right
    return value


def _factor(tokens: list[str]) -> Fraction:
    if not tokens:
        raise ToolError("the expression ends too soon")
    token = tokens.pop(0)
    if token in "+-":
        return _factor(tokens) if token == "+" else -_factor(tokens)
    if token != "(":
        if token in ")*/":
            raise ToolError(f"unexpected '{token}' in the expression")
        return Fraction(token)
    value = _sum(tokens)
    if not tokens or tokens.pop(0) != ")":
        raise ToolError("a bracket is not closed")
    return value
