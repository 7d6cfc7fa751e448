"""Runs hostile programs against a judge and looks at the world after every verdict.

A judge is any callable (source, task) -> verdict, so that guards of other projects stand beside
ours. Half a second after a verdict the program's scene must be as it was made, and nothing of its
marker may be left.

Start the judge inside ``Surroundings``: its workers then inherit the secrets that the programs
look for, as they would in a run.
"""

import collections
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from suite.tests.attacks.attack import Attack, Task, filled
from suite.tests.attacks.scene import Scene, Surroundings
from suite.tests.attacks.tasks import TASKS

Judge = Callable[[str, Task], str]

SETTLE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of one program.

    Attributes:
        verdict: of the judge; "raised <error>" where it raised.
        effects: what was found changed, empty if nothing; seconds: of the judge, wall clock.
    """

    name: str
    category: str
    language: str
    verdict: str
    allowed: frozenset[str]
    effects: tuple[str, ...]
    seconds: float

    @property
    def wrong_pass(self) -> bool:
        """A reward for a program that did not earn it: the worst that can happen."""
        return self.verdict == "pass" and "pass" not in self.allowed

    @property
    def right(self) -> bool:
        """A right verdict, and no trace."""
        return self.verdict in self.allowed and not self.effects


def run_corpus(
    judge: Judge,
    attacks: Sequence[Attack],
    *,
    surroundings: Surroundings | None = None,
    settle: float = SETTLE_SECONDS,
    accept_harm: bool = False,
) -> list[Row]:
    """Judge every program, one at a time, and look for what it did.

    Args:
        judge: what is under attack; its verdict need not be a known word.
        attacks: programs, of tasks in ``TASKS``.
        surroundings: entered before the judge was started; without it they are made now, and
            workers that run already do not have its secrets.
        settle: seconds between a verdict and the look.
        accept_harm: some programs hurt the machine if the judge is weak. Say that it is either
            trusted or in a container of its own.

    Returns:
        Rows in the order of ``attacks``.

    Raises:
        ValueError: harmful programs without ``accept_harm``.
    """
    harmful = [attack.name for attack in attacks if attack.destructive]
    if harmful and not accept_harm:
        raise ValueError(
            f"{len(harmful)} programs, {harmful[0]!r} first, harm the machine if the judge is "
            "weak. Leave them out, or run in a container and pass accept_harm=True."
        )
    if surroundings is not None:
        return [_run(judge, attack, surroundings, settle) for attack in attacks]
    with Surroundings() as made:
        return [_run(judge, attack, made, settle) for attack in attacks]


def _run(judge: Judge, attack: Attack, surroundings: Surroundings, settle: float) -> Row:
    with Scene() as scene:
        source = filled(attack.source, {**surroundings.values(), **scene.values()})
        begun = time.monotonic()
        try:
            verdict = str(judge(source, replace(TASKS[attack.task], language=attack.language)))
        except Exception as error:  # noqa: BLE001 - a judge that raises is a finding, not an end
            verdict = f"raised {type(error).__name__}: {error}"[:200]
        seconds = time.monotonic() - begun
        time.sleep(settle)
        return Row(
            name=attack.name,
            category=attack.category,
            language=attack.language,
            verdict=verdict,
            allowed=attack.allowed,
            effects=(*surroundings.effects(), *scene.effects()),
            seconds=seconds,
        )


def table(rows: Iterable[Row]) -> str:
    """One line a category, then every row that is not right."""
    rows = list(rows)
    groups: dict[str, list[Row]] = collections.defaultdict(list)
    for row in rows:
        groups[row.category].append(row)
    lines = [f"{'category':24}{'programs':>9}{'right':>7}{'wrong pass':>12}{'effects':>9}"]
    for category, members in {**groups, "all": rows}.items():
        counts = [len(members), sum(r.right for r in members), sum(r.wrong_pass for r in members)]
        counts.append(sum(bool(r.effects) for r in members))
        lines.append("{:24}{:>9}{:>7}{:>12}{:>9}".format(category, *counts))
    for row in rows:
        if not row.right:
            wanted = "/".join(sorted(row.allowed))
            lines.append(f"{row.name}: {row.verdict} (right: {wanted}) {'; '.join(row.effects)}")
    return "\n".join(lines)
