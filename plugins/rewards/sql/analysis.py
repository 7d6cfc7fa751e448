"""What the text of a query says about its result, by its syntax tree (sqlglot).

The gold's OUTERMOST select decides whether order counts and whether rows are cut off. To know
which rows tie, the gold is run once more with its sort keys as further columns and without its
LIMIT: ``sort_probes`` writes that query. It is only believed if its first columns are the gold's
own rows, so a rewriting that changed the query is noticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

KEY = "suite_sort_key_{}"


class ParseError(ValueError):
    """The text is not one query that sqlglot can read; the message says where."""


class UndeterminedError(ValueError):
    """The order that a query asks for cannot be worked out; the message says why."""


def parse(sql: str, dialect: str) -> exp.Query:
    """One query.

    Raises:
        ParseError: it is no query, or several statements, or does not parse.
    """
    try:
        (tree,) = (one for one in sqlglot.parse(sql, dialect=dialect) if one is not None)
    except (SqlglotError, RecursionError) as error:
        raise ParseError(str(error).partition("\n")[0]) from error
    except ValueError as error:
        raise ParseError("there is not exactly one statement") from error
    while isinstance(tree, exp.Subquery) and not tree.args.get("order"):
        tree = tree.this
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise ParseError(f"a {tree.key} statement is no query")
    if isinstance(tree, exp.Select) and not tree.expressions:
        raise ParseError("it selects nothing")
    return tree


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the outermost select asks: ``ordered``, ``limited`` and the ``offset`` it skips."""

    ordered: bool
    limited: bool
    offset: int | None


def shape(tree: exp.Query) -> Shape:
    """The outermost ORDER BY, LIMIT (or FETCH) and OFFSET; an offset that is no number is None."""
    offset = tree.args.get("offset")
    limit = tree.args.get("limit")
    if offset is None and limit is not None:
        offset = limit.args.get("offset")  # LIMIT 2, 5
    skipped: int | None = 0
    if offset is not None:
        value = offset.expression if isinstance(offset, exp.Offset) else offset
        skipped = int(value.name) if isinstance(value, exp.Literal) and value.is_int else None
    limited = limit is not None or offset is not None
    return Shape(ordered=bool(tree.args.get("order")), limited=limited, offset=skipped)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A gold without LIMIT, its sort keys as columns.

    Attributes:
        sql: the query. keys: where in a row of C + extra columns the keys are.
        extra: how many columns were added.
    """

    sql: str
    keys: tuple[int, ...]
    extra: int


def sort_probes(tree: exp.Query, num_columns: int, dialect: str) -> list[Probe]:
    """Ways to write the probe, to be tried in order.

    SQLite reads a name inside a sort expression as a column and, if there is none, as an alias of
    the select list; an added column cannot see aliases. So the second way writes them out.

    Raises:
        UndeterminedError: a sort key is not among the columns of DISTINCT or a set operation.
    """
    probes = [_probe(tree, num_columns, dialect, expand=expand) for expand in (False, True)]
    return probes[:1] if probes[0] == probes[1] else probes


def _probe(tree: exp.Query, num_columns: int, dialect: str, *, expand: bool) -> Probe:
    tree = tree.copy()
    tree.set("limit", None)
    tree.set("offset", None)
    order = tree.args.get("order")
    listed = order.expressions if order is not None else []
    terms = [term.this if isinstance(term, exp.Ordered) else term for term in listed]
    first = tree
    while isinstance(first, exp.SetOperation):
        first = first.this
    names = _output_names(first)
    keys: list[int] = []
    added: list[exp.Expression] = []
    for term in terms:
        place = _output_place(term, first, names)
        if place is None:
            place = num_columns + len(added)
            added.append(_expanded(term, first) if expand else term.copy())
        keys.append(place)
    if added and (isinstance(tree, exp.SetOperation) or tree.args.get("distinct")):
        raise UndeterminedError("it sorts by what is not among its columns")
    for number, expression in enumerate(added):
        tree = tree.select(exp.alias_(expression, KEY.format(number)), copy=False)
    return Probe(sql=tree.sql(dialect=dialect), keys=tuple(keys), extra=len(added))


def _output_names(select: exp.Query) -> list[str]:
    """Lower-case output names as far as they are known: a star ends the list."""
    names: list[str] = []
    for projection in select.expressions:
        if projection.is_star:
            break
        names.append(projection.alias_or_name.lower())
    return names


def _output_place(term: exp.Expression, first: exp.Query, names: Sequence[str]) -> int | None:
    """The output column that a sort key names by number, by alias or by the same expression."""
    while isinstance(term, exp.Paren | exp.Collate):
        term = term.this
    if isinstance(term, exp.Literal) and term.is_int:
        return int(term.name) - 1
    if isinstance(term, exp.Column) and not term.table and term.name.lower() in names:
        return names.index(term.name.lower())
    for place, projection in enumerate(first.expressions[: len(names)]):
        if projection.unalias() == term:
            return place
    return None


def _expanded(term: exp.Expression, select: exp.Query) -> exp.Expression:
    """The term with aliases of the select list written out."""
    meanings = {one.alias.lower(): one.this for one in select.expressions if one.alias}

    def written_out(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and not node.table and node.name.lower() in meanings:
            return exp.paren(meanings[node.name.lower()].copy())
        return node

    return term.copy().transform(written_out)


def names_used(tree: exp.Query) -> frozenset[str]:
    """Tables and columns of a query, in lower case: "table:author", "column:name".

    Columns stand without their tables, whose aliases would differ; names that the query makes up
    itself (common table expressions) are left out.
    """
    made_up = {one.alias_or_name.lower() for one in tree.find_all(exp.CTE)}
    tables = {f"table:{table.name.lower()}" for table in tree.find_all(exp.Table)}
    columns = {f"column:{column.name.lower()}" for column in tree.find_all(exp.Column)}
    return frozenset((tables | columns) - {f"table:{name}" for name in made_up} - {"column:*"})


def ngrams(sql: str, dialect: str, *, size: int = 2) -> frozenset[tuple[str, ...]]:
    """Runs of ``size`` tokens in lower case; the whole text where it is shorter."""
    try:
        tokens = [token.text.lower() for token in sqlglot.tokenize(sql, dialect=dialect)]
    except SqlglotError:
        return frozenset()
    if not tokens:
        return frozenset()
    size = max(1, min(size, len(tokens)))
    return frozenset(zip(*(tokens[i:] for i in range(size)), strict=False))


def jaccard(left: frozenset[object], right: frozenset[object]) -> float:
    """Shared over all; 0 where both are empty."""
    union = left | right
    return len(left & right) / len(union) if union else 0.0
