"""The golds of one item, judged: their rows on the database and on a perturbed copy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from suite.plugins.rewards.sql.comparison import Expected, difference
from suite.plugins.rewards.sql.databases import Database, copy_of
from suite.plugins.rewards.sql.golds import GoldError, RunJobs, expect
from suite.plugins.rewards.sql.items import SqlItem

# How much a copy says of a gold, from little to much.
NO_COPY, UNDETERMINED, SAME, EMPTY, DIFFERS = "none", "undetermined", "same", "empty", "differs"
TELLING = (EMPTY, DIFFERS)
WORTH = (NO_COPY, UNDETERMINED, SAME, EMPTY, DIFFERS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Gold:
    """A gold that may be judged by.

    Attributes:
        sql; source: its rows on the database; copy: on the copy, None where not determined.
        copy_note: "differs" (the copy tells a constant from a query), "empty" (no rows there),
            "same" (it says nothing new), "undetermined", "none" (there is no copy).
    """

    sql: str
    source: Expected
    copy: Expected | None = None
    copy_note: str = NO_COPY


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """An item's golds.

    Attributes:
        golds: those that hold; copy: the database's copy that they were run on, or None.
        dropped: the others, (status, gold, reason).
    """

    golds: tuple[Gold, ...]
    copy: Database | None
    dropped: tuple[tuple[str, str, str], ...]


def prepare_item(
    item: SqlItem,
    run: RunJobs,
    *,
    seeds: Sequence[int],
    refuse_empty: bool,
    refuse_same: bool = False,
) -> Prepared:
    """Run an item's golds on its database, and on the copy among ``seeds`` that says most."""
    best = _best(item, run, seeds=seeds, refuse_empty=refuse_empty)
    if not refuse_same:
        return best
    blind = [gold for gold in best.golds if gold.copy_note not in TELLING]
    dropped = [("gold_same", gold.sql, "no copy tells it from a constant") for gold in blind]
    kept = tuple(gold for gold in best.golds if gold.copy_note in TELLING)
    return replace(best, golds=kept, dropped=(*best.dropped, *dropped))


def _best(item: SqlItem, run: RunJobs, *, seeds: Sequence[int], refuse_empty: bool) -> Prepared:
    kept: list[tuple[str, Expected]] = []
    dropped: list[tuple[str, str, str]] = []
    for sql, outcome in zip(item.golds, expect(item.golds, item.database, run), strict=True):
        if isinstance(outcome, GoldError):
            dropped.append((outcome.status, sql, str(outcome)))
        elif refuse_empty and not outcome.rows:
            dropped.append(("gold_empty", sql, "it returns no rows, as any false WHERE does"))
        else:
            kept.append((sql, outcome))
    best = Prepared(
        golds=tuple(Gold(sql=sql, source=source) for sql, source in kept),
        copy=None,
        dropped=tuple(dropped),
    )
    for seed in seeds if kept else ():
        copy, _ = copy_of(item.database, seed=seed)
        if copy is None:
            break
        golds = _with_copy(kept, copy, run)
        if _worth(golds) > _worth(best.golds):
            best = Prepared(golds=golds, copy=copy, dropped=tuple(dropped))
        if all(gold.copy_note == DIFFERS for gold in best.golds):
            break
    return best


def _with_copy(
    kept: Sequence[tuple[str, Expected]], copy: Database, run: RunJobs
) -> tuple[Gold, ...]:
    outcomes = expect([sql for sql, _ in kept], copy, run)
    golds = []
    for (sql, source), outcome in zip(kept, outcomes, strict=True):
        if isinstance(outcome, GoldError):
            golds.append(Gold(sql=sql, source=source, copy_note=UNDETERMINED))
        else:
            note = _note(source, outcome)
            golds.append(Gold(sql=sql, source=source, copy=outcome, copy_note=note))
    return tuple(golds)


def _note(source: Expected, copy: Expected) -> str:
    if difference(source, copy.num_columns, copy.rows) is None:
        return SAME
    return DIFFERS if copy.rows else EMPTY


def _worth(golds: Sequence[Gold]) -> tuple[int, int]:
    """The least that the copy says of a gold, then the sum."""
    worths = [WORTH.index(gold.copy_note) for gold in golds]
    return min(worths, default=-1), sum(worths)
