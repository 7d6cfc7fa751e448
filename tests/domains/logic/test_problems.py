"""Problems of deduction: right labels, no tell-tale surface, disjoint parts."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.domains.logic.contexts import ProblemContexts
from suite.domains.logic.problems import (
    KINDS,
    NAMES,
    Problem,
    Words,
    fingerprint,
    make_problem,
    prompt,
    row,
    solution,
    words,
)
from suite.domains.logic.theory import (
    LABELS,
    Fact,
    Literal,
    Rule,
    Some,
    Statement,
    consistent,
    label,
    opposite,
)
from suite.plugins.rewards.logic.verifier import LogicVerifier

DEPTHS = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def verifier() -> Iterator[LogicVerifier]:
    with LogicVerifier() as made:
        yield made


def problems(count: int, *, held_out: bool = False, seed: int = 0) -> list[Problem]:
    chosen = words(held_out=held_out)
    return [make_problem(seed, number, words=chosen, depths=DEPTHS) for number in range(count)]


@pytest.mark.parametrize("held_out", [False, True])
def test_z3_proves_every_label(verifier: LogicVerifier, held_out: bool) -> None:
    rows = [row(problem) for problem in problems(150, held_out=held_out, seed=3)]
    loaded = verifier.load(rows)
    assert not loaded.refused
    assert len(loaded.items) == 150
    judged = verifier.judge([one["solution"] for one in rows], loaded.items)
    assert all(one.score == 1.0 for one in judged)


def random_statement(draw: random.Random) -> Statement:
    kind = draw.choice(["ba", "do", "ki"])
    literal = Literal(draw.choice(["ba", "do", "ki"]), draw.random() < 0.5)
    if draw.random() < 0.3:
        return Fact(draw.choice(["Ann", "Bob"]), literal)
    return Rule(kind, literal) if draw.random() < 0.7 else Some(kind, literal)


def test_the_own_decision_equals_z3_on_random_theories(verifier: LogicVerifier) -> None:
    """Also where the premises contradict each other, and a kind is empty or holds everything."""
    draw = random.Random(0)
    theories = [[random_statement(draw) for _ in range(draw.randint(2, 6))] for _ in range(150)]
    found = Counter()
    for theory in theories:
        *premises, conclusion = theory
        try:
            expected = label(premises, conclusion)
        except ValueError:
            expected = "contradiction"
        found[expected] += 1
        rows = [{**as_row(premises, conclusion), "label": one} for one in LABELS]
        loaded = verifier.load(rows)
        proved = [item.golds()[1] for item in loaded.items]
        assert proved == ([] if expected == "contradiction" else [expected]), theory
    assert all(found[one] > 10 for one in (*LABELS, "contradiction"))


def as_row(premises: list[Statement], conclusion: Statement) -> dict[str, object]:
    made = Problem(
        premises=tuple(premises),
        conclusion=conclusion,
        label="True",
        depth=1,
        start="ba",
        goal=Literal("do"),
    )
    return {key: row(made)[key] for key in ("premises", "conclusion")}


def test_labels_by_hand() -> None:
    chain = [
        Rule("ba", Literal("do")),
        Rule("do", Literal("ki", holds=False)),
        Fact("Ann", Literal("ba")),
    ]
    assert label(chain, Fact("Ann", Literal("ki"))) == "False"
    assert label(chain, Rule("ba", Literal("ki", holds=False))) == "True"
    assert label(chain, Rule("ki", Literal("ba", holds=False))) == "True"  # the contrapositive
    assert label(chain, Some("do", Literal("ba"))) == "True"
    assert label(chain, Rule("do", Literal("ba"))) == "Uncertain"
    assert label(chain[:2], Some("ba", Literal("do"))) == "Uncertain"  # nothing may be ba
    with pytest.raises(ValueError, match="contradict"):
        label([*chain, Fact("Ann", Literal("ki"))], chain[0])


def test_every_statement_or_its_opposite_can_be_added() -> None:
    draw = random.Random(1)
    for _ in range(100):
        statement = random_statement(draw)
        assert opposite(opposite(statement)) == statement
        assert not consistent([statement, opposite(statement)])


def test_labels_are_balanced_at_every_depth_and_the_surface_does_not_tell_them() -> None:
    """What a reader without reasoning sees guesses at most 45 % of the labels right."""
    made = problems(3000)
    assert set(Counter(one.label for one in made).values()) == {1000}
    for depth in DEPTHS:
        counts = Counter(one.label for one in made if one.depth == depth)
        assert min(counts.values()) > 0.28 * sum(counts.values())
    surfaces = [
        lambda one: (type(one.conclusion), one.goal.holds),
        lambda one: sum(isinstance(p, Rule) and not p.then.holds for p in one.premises),
        lambda one: (one.depth, len(one.premises), "not" in prompt(one), prompt(one).count(" no ")),
        lambda one: (prompt(one).count(one.goal.kind), one.goal.holds),
        lambda one: len(set(prompt(one).replace(".", "").split())),
    ]
    for surface in surfaces:
        groups: dict[object, Counter[str]] = {}
        for one in made:
            groups.setdefault(surface(one), Counter())[one.label] += 1
        right = sum(max(counts.values()) for counts in groups.values())
        assert right < 0.45 * len(made)


def test_a_chain_has_the_length_that_it_says() -> None:
    for one in problems(300):
        worked = solution(one).partition(". Answer: ")[0].partition(": ")[2]
        if one.label != "Uncertain":
            assert len(worked.split(", ")) == one.depth


def test_the_same_seed_makes_the_same_problems_and_another_seed_others() -> None:
    assert problems(30) == problems(30)
    assert problems(30) != problems(30, seed=1)
    assert prompt(problems(2)[1]) == SECOND


SECOND = "all se are ke. Zoe is te. no ga is ku. all te are se. all ke are ku. Zoe is not ku?"


def test_training_and_held_out_problems_share_no_word() -> None:
    train, held_out = words(held_out=False), words(held_out=True)
    assert not set(train.names) & set(held_out.names)
    assert not set(train.kinds) & set(held_out.kinds)
    assert set(train.names) | set(held_out.names) == set(NAMES)
    assert set(train.kinds) | set(held_out.kinds) == set(KINDS)
    assert set("".join(held_out.names + held_out.kinds)) <= set("".join(train.names + train.kinds))


def test_too_few_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="a chain of 4 rules and 1 more need 8 kinds, got 2"):
        make_problem(0, 0, words=Words(names=("Ann",), kinds=("ba", "do")), depths=(4,))


def test_contexts_give_rows_and_worked_answers() -> None:
    contexts = registry.make_contexts("logic/problems", {"num_train": 60, "num_held_out": 30})
    assert isinstance(contexts, ProblemContexts)
    some = torch.tensor([3, 0, 3])
    rows = contexts.train(some).native
    assert rows is not None
    assert rows[0] == rows[2] != rows[1]
    assert set(rows[0]) == {
        "prompt", "answer", "solution", "premises", "conclusion", "label", "depth",
    }  # fmt: skip
    context, samples = contexts.demonstrations(some)
    assert context.native is not None
    assert samples.native == tuple(one["solution"] for one in context.native)
    train, held_out = contexts.fingerprints()
    assert len(train) == 60
    assert len(held_out) == 30
    assert not train & held_out
    demonstrated = {contexts.problem(60 + n, held_out=False) for n in range(200)}
    assert not train & set(map(fingerprint, demonstrated))


def test_parts_that_share_words_share_no_problem() -> None:
    contexts = ProblemContexts(share_words=True, num_train=900, num_held_out=300, depths=(1,))
    train, held_out = contexts.fingerprints()
    assert not train & held_out
    demonstrated = [contexts.problem(900 + n, held_out=False) for n in range(600)]
    assert not held_out & set(map(fingerprint, demonstrated))
    for is_held_out, count in ((False, 900), (True, 300)):
        made = [contexts.problem(n, held_out=is_held_out) for n in range(count)]
        assert set(Counter(one.label for one in made).values()) == {count // 3}
    used = {kind for one in made for kind in KINDS if f" {kind}" in prompt(one)}
    assert used == set(KINDS)


def test_held_out_chains_may_be_longer() -> None:
    contexts = ProblemContexts(depths=(1, 2), held_out_depths=(4,))
    assert {row["depth"] for row in contexts.train(torch.arange(30)).native or ()} == {1, 2}
    assert {row["depth"] for row in contexts.held_out(torch.arange(30)).native or ()} == {4}


def test_chains_of_four_rules_with_every_quantifier_are_balanced_by_a_setting() -> None:
    settings = {"share_words": True, "num_words": 12, "depths": (1, 2, 3, 4), "num_train": 900}
    contexts = registry.make_contexts("logic/problems", settings)
    rows = contexts.train(torch.arange(900)).native or ()
    assert set(Counter(row["label"] for row in rows).values()) == {300}
    depths = Counter(row["depth"] for row in rows)
    assert all(depths[depth] > 0.2 * len(rows) for depth in DEPTHS)
    for sign in ("forall x", "exists x"):
        for part in ("premises", "conclusion"):
            assert sum(sign in str(row[part]) for row in rows) > 0.1 * len(rows), (sign, part)
    labels = Counter((row["label"], row["depth"]) for row in rows)
    assert min(labels.values()) > 0.25 * min(depths.values())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"depths": (0,)}, "'depths' must be lengths of 1 to 4 rules"),
        ({"held_out_depths": (5,)}, "'held_out_depths' must be"),
        ({"depths": ()}, "'depths' must be"),
        ({"distractors": 4}, "'distractors' must be 0 to 3"),
        ({"num_train": 0}, "must be at least 1"),
    ],
)
def test_settings_out_of_range_have_clear_errors(settings: dict[str, object], told: str) -> None:
    with pytest.raises(SuiteError, match=told):
        registry.make_contexts("logic/problems", settings)
