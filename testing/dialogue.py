"""Conformance of an environment of texts. Shapes: N episodes, K of them stepped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from suite.core.environment import TextEnvironment, Transition
from suite.core.records import Context
from suite.core.run import Run
from suite.testing.checks import Check, require, run_checks
from suite.testing.environment import ENVIRONMENT_CHECKS, EnvironmentSubject, played_by

ODD = ("", "?", "[" * 5_000, '{"name": 1}', "\x00\ud800")  # what a model may write


@dataclass(frozen=True, kw_only=True, eq=False)
class DialogueSubject:
    """An environment of texts and what its episodes are about, at least 2 rows."""

    environment: TextEnvironment
    context: Context

    def play(self, texts: tuple[str, ...], rows: int | None = None) -> list[Transition]:
        """The transitions of ``texts``, one a turn, said in every episode that goes on."""
        count = len(self.context) if rows is None else rows
        native = (self.context.native or ())[:count]
        asked = Context(index=self.context.index[:count], native=native)
        self.environment.begin(list(range(count)), asked)
        alive, transitions = torch.ones(count, dtype=torch.bool), []
        for text in texts:
            going = torch.nonzero(alive).squeeze(-1)
            if len(going) == 0:
                break
            answer = self.environment.step(going, (text,) * len(going))
            alive[going[answer.terminated | answer.truncated | answer.failed]] = False
            transitions.append(answer)
        return transitions


def check_dialogue(environment: TextEnvironment, context: Context) -> None:
    """Hold an environment of texts to its contract.

    Args:
        environment: what is checked.
        context: what its episodes are about, at least 2 rows with native objects.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    require(len(context) >= 2, "pass at least two rows")
    subject = DialogueSubject(environment=environment, context=context)
    run_checks(DIALOGUE_CHECKS, subject)


def answers_whatever_is_said(subject: DialogueSubject) -> None:
    """Bad input of a policy is answered with a text; it is no failure of the environment."""
    for text in ODD:
        (answer,) = subject.play((text,))
        require(
            not bool(answer.failed.any()),
            f"an episode raised on {text[:20]!r}: {subject.environment.last_failure}; answer it",
        )
        require(
            all(isinstance(one, str) for one in answer.observation)
            and len(answer.observation) == len(subject.context),
            "observations must be texts, one a row",
        )
        require(bool(torch.isfinite(answer.reward).all()), "rewards must be finite")


def says_the_same_again(subject: DialogueSubject) -> None:
    """Equal contexts, seeds and turns give equal episodes, alone and beside others."""
    first, again = subject.play(ODD), subject.play(ODD)
    alone = subject.play(ODD, rows=1)
    for one, other in zip(first, again, strict=True):
        require(
            one.observation == other.observation and torch.equal(one.reward, other.reward),
            "equal turns are answered otherwise; take everything random from the episode's seed",
        )
    require(
        alone[0].observation[0] == first[0].observation[0],
        "an episode changes when it is played alone; keep what it changes to itself",
    )


def is_over_in_time(subject: DialogueSubject) -> None:
    """Every episode is over by max_steps turns."""
    limit = subject.environment.max_steps
    require(limit >= 1, "max_steps must be at least 1")
    transitions = subject.play(("?",) * limit)
    ended = sum(int((t.terminated | t.truncated | t.failed).sum()) for t in transitions)
    require(
        ended == len(subject.context),
        f"{len(subject.context) - ended} episodes go on after max_steps = {limit} turns",
    )


DIALOGUE_CHECKS: tuple[Check[DialogueSubject], ...] = (
    answers_whatever_is_said,
    says_the_same_again,
    is_over_in_time,
)


def environment_checks(run: Run, rows: int) -> tuple[Sequence[Check[Any]], Any]:
    """The checks that fit a run's environment, of tensors or of texts, and their subject."""
    assert run.environment is not None
    if isinstance(run.environment, TextEnvironment):
        asked = run.contexts.train(torch.arange(rows) % run.contexts.num_train)
        return DIALOGUE_CHECKS, DialogueSubject(environment=run.environment, context=asked)
    act = played_by(run.policy, run.contexts)
    return ENVIRONMENT_CHECKS, EnvironmentSubject(environment=run.environment, act=act)
