"""Problems of deduction: premises, a conclusion, whether it follows, in words and in formulas.

    all bo are du. no du is ki. Ann is bo. all ze are ki. Ann is ki?       False, after two rules

A problem is a chain of rules from a kind to a last literal, something that is of the first kind, a
decoy (a rule that begins elsewhere and ends in the opposite of the last literal), and a conclusion
about the last literal. Label, depth, form of the conclusion and both signs are drawn independently,
and the chain of an "Uncertain" problem has as many rules, of which one is turned round or begins
elsewhere: so what can be seen without following the chain hardly tells the label.

Everything is a pure function of a seed and a number. Kinds are syllables that mean nothing, so the
world cannot be asked instead of the premises. Held-out problems have names and syllables of their
own, or, for policies that read whole words, are told from training problems by a hash.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from suite.domains.logic.theory import (
    LABELS,
    Fact,
    Literal,
    Rule,
    Some,
    Statement,
    closure,
    implications,
    label,
)


def cut(text: str, length: int) -> list[str]:
    """The words of ``length`` letters that a text without spaces is made of."""
    return [text[start : start + length] for start in range(0, len(text), length)]


# One text each, cut into words of three and of two letters.
NAMES = cut(
    "AbeAdaAmyAnnBenBobCalDanDebEliEvaFayGilGusHalIanIdaJanJimJoe"
    "KayKenKimLeeLeoLiaMaxMegMiaNedNiaPamPatRayRobRonSamSueTimZoe",
    3,
)
ENGLISH = frozenset(cut("bedadofagohahehiholalomamemumynopapiresotitowe", 2))
KINDS = [
    first + second
    for first, second in product("bdfgklmnprstvz", "aeiou")
    if first + second not in ENGLISH
]
HELD_OUT_EVERY = 5  # of the names and of the kinds, one in so many
FORMS = ("name", "all", "some")
MOST_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem and its answer.

    Attributes:
        premises, conclusion: statements; label: whether it follows, one of theory.LABELS.
        depth: how many rules lead from the first kind to the last literal.
        start: what is known of the thing in question; goal: the literal that is asked about.
    """

    premises: tuple[Statement, ...]
    conclusion: Statement
    label: str
    depth: int
    start: str
    goal: Literal


@dataclass(frozen=True, kw_only=True)
class Words:
    """The names and kinds that problems may use."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]


def words(*, held_out: bool) -> Words:
    """The training words, or the others: no name and no kind is in both."""
    return Words(
        names=tuple(_part(NAMES, held_out=held_out)), kinds=tuple(_part(KINDS, held_out=held_out))
    )


def every_word() -> Words:
    """The words of both parts."""
    return Words(names=tuple(NAMES), kinds=tuple(KINDS))


def is_held_out(problem: Problem) -> bool:
    """The part of a problem where both parts use all words: one in HELD_OUT_EVERY by hash."""
    return int(fingerprint(problem), 16) % HELD_OUT_EVERY == 0


def _part(items: Sequence[str], *, held_out: bool) -> list[str]:
    return [one for n, one in enumerate(items) if (n % HELD_OUT_EVERY == 0) == held_out]


def make_problem(
    seed: int, number: int, *, words: Words, depths: Sequence[int], distractors: int = 1
) -> Problem:
    """Problem ``number`` of ``seed``: labels in turn, so that any three in a row are balanced.

    Args:
        seed: of the whole sequence of problems.
        number: of this one; what is drawn depends on these two and the settings below.
        words: names and kinds to use.
        depths: lengths of the chain, drawn evenly; each at least 1.
        distractors: how many rules lead nowhere; the first of them is the decoy.

    Raises:
        ValueError: there are too few kinds for the longest chain.
    """
    needed = num_kinds(max(depths), distractors)
    if len(words.kinds) < needed:
        raise ValueError(
            f"a chain of {max(depths)} rules and {distractors} more need {needed} kinds, got "
            f"{len(words.kinds)}"
        )
    draw = random.Random(f"logic {seed} {number}")
    wanted = LABELS[number % len(LABELS)]
    depth = draw.choice(list(depths))
    for _ in range(MOST_TRIES):
        made = _draw_problem(draw, words, wanted, depth, distractors)
        if made is not None:
            return made
    raise AssertionError(f"no problem of depth {depth} that is {wanted} was drawn")


def num_kinds(depth: int, distractors: int) -> int:
    """How many kinds a problem draws: its chain, one a distractor, and two for what may come."""
    return depth + 1 + distractors + 2


def _draw_problem(
    draw: random.Random, words: Words, wanted: str, depth: int, distractors: int
) -> Problem | None:
    """One attempt; None where a distractor or an unlucky break gave it another label."""
    kinds = draw.sample(words.kinds, num_kinds(depth, distractors))
    chain, spare = kinds[: depth + 1], kinds[depth + 1 :]
    last_holds = draw.random() < 0.5
    asked_holds = draw.random() < 0.5
    if wanted != "Uncertain":
        asked_holds = last_holds == (wanted == "True")
    rules = _chain(chain, last_holds)
    if wanted == "Uncertain":
        rules = _broken(draw, rules, spare.pop())
    name = draw.choice(words.names)
    form = draw.choice(FORMS)
    exists = Fact(name, Literal(chain[0]))
    thing = Some(chain[0], Literal(spare.pop())) if _anonymous(draw, form) else exists
    decoy = [Rule(spare.pop(), Literal(chain[-1], not last_holds))] if distractors else []
    extra = [_distractor(draw, chain, spare) for _ in range(distractors - 1)]
    premises: list[Statement] = [*rules, thing, *decoy, *extra]
    draw.shuffle(premises)
    goal = Literal(chain[-1], asked_holds)
    conclusion = _conclusion(form, name, chain[0], goal)
    if label(premises, conclusion) != wanted:
        return None
    return Problem(
        premises=tuple(premises),
        conclusion=conclusion,
        label=wanted,
        depth=depth,
        start=chain[0],
        goal=goal,
    )


def _anonymous(draw: random.Random, form: str) -> bool:
    return form != "name" and draw.random() < 0.5


def _chain(kinds: Sequence[str], last_holds: bool) -> list[Rule]:
    """Rules from the first kind to the last; only the last may deny."""
    rules = [Rule(one, Literal(two)) for one, two in pairwise(kinds)]
    rules[-1] = Rule(kinds[-2], Literal(kinds[-1], last_holds))
    return rules


def _broken(draw: random.Random, rules: Sequence[Rule], elsewhere: str) -> list[Rule]:
    """One rule turned round, or beginning elsewhere; "no a is b" cannot be turned, it is both."""
    place = draw.randrange(len(rules))
    rule = rules[place]
    if rule.then.holds and draw.random() < 0.5:
        other = Rule(rule.then.kind, Literal(rule.when))
    else:
        other = Rule(elsewhere, rule.then)
    return [*rules[:place], other, *rules[place + 1 :]]


def _distractor(draw: random.Random, chain: Sequence[str], spare: list[str]) -> Rule:
    """A rule between a kind of the chain and one of its own, in either direction."""
    own, other = spare.pop(), draw.choice(chain)
    holds = draw.random() < 0.5
    if draw.random() < 0.5:
        return Rule(own, Literal(other, holds))
    return Rule(other, Literal(own, holds))


def _conclusion(form: str, name: str, start: str, goal: Literal) -> Statement:
    if form == "name":
        return Fact(name, goal)
    return Rule(start, goal) if form == "all" else Some(start, goal)


def said(statement: Statement) -> str:
    """A statement in words, without a mark at its end."""
    if isinstance(statement, Fact):
        return f"{statement.name} is {_is(statement.literal)}"
    if isinstance(statement, Some):
        return f"some {statement.when} is {_is(statement.then)}"
    if statement.then.holds:
        return f"all {statement.when} are {statement.then.kind}"
    return f"no {statement.when} is {statement.then.kind}"


def _is(literal: Literal) -> str:
    return literal.kind if literal.holds else f"not {literal.kind}"


def formula(statement: Statement) -> str:
    """A statement as a first-order formula in ASCII; kinds are predicates, names constants."""
    if isinstance(statement, Fact):
        return _applied(statement.literal, statement.name.lower())
    when = _applied(Literal(statement.when), "x")
    then = _applied(statement.then, "x")
    if isinstance(statement, Some):
        return f"exists x ({when} and {then})"
    return f"forall x ({when} -> {then})"


def _applied(literal: Literal, term: str) -> str:
    return f"{'' if literal.holds else 'not '}{literal.kind.capitalize()}({term})"


def prompt(problem: Problem) -> str:
    """Premises as sentences, the conclusion as a question."""
    return " ".join(
        [*(f"{said(one)}." for one in problem.premises), f"{said(problem.conclusion)}?"]
    )


def solution(problem: Problem) -> str:
    """What the first kind brings with it, up to the literal in question, and the label.

    It is a worked answer for demonstrations: "ba: do, not ki. Answer: False".
    """
    rules = [one for one in problem.premises if isinstance(one, Rule)]
    follows = implications(rules)
    steps = list(closure([Literal(problem.start)], follows))
    for target in (problem.goal, -problem.goal):
        if target in steps:
            steps = _path(Literal(problem.start), target, follows)
    reached = ", ".join(map(_is, steps[1:])) or "nothing"
    return f"{problem.start}: {reached}. Answer: {problem.label}"


def _path(start: Literal, target: Literal, follows: dict[Literal, list[Literal]]) -> list[Literal]:
    """The shortest way from one literal to another."""
    steps = closure([start], follows)
    path = [target]
    while path[-1] != start:
        path.append(
            next(
                one
                for one, step in steps.items()
                if step == steps[path[-1]] - 1 and path[-1] in follows.get(one, ())
            )
        )
    return path[::-1]


def row(problem: Problem) -> dict[str, Any]:
    """The problem for people, policies and ``logic/formula``: prompt, answer, formulas, label."""
    return {
        "prompt": prompt(problem),
        "answer": problem.label,
        "solution": solution(problem),
        "premises": [formula(one) for one in problem.premises],
        "conclusion": formula(problem.conclusion),
        "label": problem.label,
        "depth": problem.depth,
    }


def fingerprint(problem: Problem) -> str:
    """A hash that does not depend on the order of the premises."""
    said_ones = [*sorted(map(said, problem.premises)), said(problem.conclusion)]
    return hashlib.blake2b(" ".join(said_ones).encode(), digest_size=16).hexdigest()
