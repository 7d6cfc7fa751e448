"""What an algorithm may ask of a run: samples in groups, scores, a budget, failures. B rows."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch

from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.journal import Journal, samples_key
from suite.core.metric import Codec
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.core.run import BudgetSpent, Run


class Moody(Reward):
    """Fails on some rows for reasons of its own, and answers differently each time."""

    invalid_value = -1.0
    deterministic = False

    def __init__(self, failed: int) -> None:
        self.failed, self.calls = failed, 0

    def __call__(self, samples: Samples, context: Context) -> Scores:
        self.calls += 1
        valid = torch.arange(len(samples)) >= self.failed
        reason = tuple(None if ok else "the judge is out" for ok in valid.tolist())
        value = torch.rand(len(samples))
        return Scores(value=value, valid=valid, reason=reason, parts={"half": value / 2})


def prepared(**settings: Any) -> Run:
    named = {f"train.{key}": value for key, value in settings.items()}
    request = Request(
        task="micro/token", algo="rloo",
        settings={"train.num_contexts": 3, "train.group_size": 4, **named},
    )  # fmt: skip
    built = build(resolve_request(request))
    freeze_base(built)
    return built.run


def test_samples_of_one_context_stand_side_by_side_and_differ() -> None:
    collected = prepared().sample(0)
    trajectory = collected.trajectory
    assert trajectory.group.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert trajectory.seed_index.tolist() == list(range(12))
    assert trajectory.sample.tokens is not None
    assert len({tuple(row) for row in trajectory.sample.tokens.tolist()}) > 6
    assert collected.value.shape == (12,)


def test_another_step_or_purpose_draws_other_samples_and_the_same_ones_repeat() -> None:
    run = prepared()
    asked = [run.sample(0), run.sample(0), run.sample(1), run.sample(0, purpose="other")]
    tokens = [collected.trajectory.sample.tensor for collected in asked]
    assert torch.equal(tokens[0], tokens[1])
    assert not torch.equal(tokens[0], tokens[2])
    assert not torch.equal(tokens[0], tokens[3])


def test_a_budget_is_refused_before_it_is_passed() -> None:
    run = prepared(max_reward_calls=20)
    run.sample(0)
    with pytest.raises(BudgetSpent):
        run.sample(1)
    assert run.reward_calls == 12
    run.sample(1, scored=False)  # what is not scored costs nothing
    assert run.reward_calls == 12


def test_failed_scores_are_masked_and_too_many_stop_the_run() -> None:
    run = replace(prepared(), reward=Moody(failed=2))
    valid = run.sample(0).trajectory.valid_rows
    assert valid.tolist() == [False] * 2 + [True] * 10
    strict = replace(run, reward=Moody(failed=3))
    with pytest.raises(SuiteError, match=r"(?s)25% of the scores .* the judge is out"):
        strict.sample(0)


def test_answers_that_cannot_be_repeated_are_read_back_from_the_journal(tmp_path: Any) -> None:
    reward = Moody(failed=0)
    run = replace(prepared(), reward=reward, journal=Journal(tmp_path / "journal.jsonl"))
    first = run.sample(0)
    again = replace(run, journal=Journal(tmp_path / "journal.jsonl"))
    second = again.sample(0)
    assert torch.equal(second.value, first.value)
    assert torch.equal(second.scores.parts["half"], first.scores.parts["half"])
    torch.testing.assert_close(first.scores.parts["half"], first.value / 2)
    assert second.scores.reason == first.scores.reason
    assert reward.calls == 1
    assert not torch.equal(again.sample(1).value, first.value)


def test_a_journal_line_cut_short_by_a_kill_is_asked_again(tmp_path: Any) -> None:
    path = tmp_path / "journal.jsonl"
    reward = Moody(failed=0)
    run = replace(prepared(), reward=reward, journal=Journal(path))
    run.sample(0)
    path.write_text(path.read_text()[:-20])
    second = replace(run, journal=Journal(path)).sample(0).value
    assert reward.calls == 2
    # What was asked again is itself on a line of its own, whole.
    assert torch.equal(replace(run, journal=Journal(path)).sample(0).value, second)
    assert reward.calls == 2


def test_equal_samples_of_other_contexts_are_another_question() -> None:
    samples = Samples(tokens=torch.zeros(2, 4, dtype=torch.long))
    keys = {
        samples_key(samples, Context(index=torch.tensor(index)), purpose="train", step=0)
        for index in ([0, 0], [0, 1], [1, 0])
    }
    assert len(keys) == 3


class OtherKind(Codec):
    """Reads samples of another shape, as a task's codec does of a policy that is not its own."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        raise NotImplementedError

    def decode(self, samples: Samples) -> tuple[object, ...]:
        return tuple(row for _, row in zip(range(3), samples.tensor, strict=True))


class Words(Moody):
    """Reads objects."""

    views: ClassVar[frozenset[str]] = frozenset({"native"})


class Broken(Moody):
    """Raises as a reward does that meets samples of another shape."""

    def __call__(self, samples: Samples, context: Context) -> Scores:
        raise IndexError("too many indices")


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (Words(0), "codec, OtherKind, cannot read what the policy, .* .ValueError: zip"),
        (Broken(0), "reward, Broken, cannot score what the policy, .* .IndexError: too many"),
    ],
)
def test_samples_that_the_task_cannot_read_are_one_clear_error(reward: Reward, words: str) -> None:
    run = replace(prepared(), codec=OtherKind(), reward=reward)
    with pytest.raises(SuiteError, match=words) as found:
        run.sample(0)
    assert "suite show TASK" in str(found.value)
