"""Checks of contexts, codecs, metrics, domains and tasks."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.contexts import Contexts, Unconditioned
from suite.core.errors import SuiteError
from suite.core.metric import Codec, Metric
from suite.core.records import Context, Samples
from suite.core.registry import make_policy
from suite.core.task import Domain, Task, Use
from suite.testing import (
    check_codec,
    check_contexts,
    check_demonstrations,
    check_domain,
    check_metric,
    check_task,
)
from suite.testing import values as checks

# --- contexts -----------------------------------------------------------------------------------


class Classes(Contexts):
    """Training contexts 0 to 5, held-out ones 6 and 7."""

    num_train, num_held_out, num_demonstrations = 6, 2, 4

    def train(self, index: Tensor) -> Context:
        return Context(index=index, data={"label": index})

    def held_out(self, index: Tensor) -> Context:
        return self.train(index + self.num_train)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=index.unsqueeze(1))


class OneRow(Classes):
    def train(self, index: Tensor) -> Context:
        return super().train(index[:1])


class Unsteady(Classes):
    def train(self, index: Tensor) -> Context:
        return Context(index=index, data={"label": torch.arange(len(index))})


class Leaky(Classes):
    def held_out(self, index: Tensor) -> Context:
        return self.train(index)


class HalfDemonstrated(Classes):
    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=index[:1].unsqueeze(1))


def test_sound_contexts_pass() -> None:
    check_contexts(Classes())


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (OneRow, "train of 3 indices returns 1 contexts"),
        (Unsteady, "train: asked again, context 0 differs"),
        (Leaky, "2 held-out contexts are also training contexts"),
        (HalfDemonstrated, "3 demonstrations come as 1 samples with 3 contexts"),
    ],
)
def test_a_fault_of_contexts_is_found(kind: type[Contexts], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_contexts(kind())


class Rows(Unconditioned):
    """Demonstrations of the micro graph policy: methanol, and what the caller adds."""

    def __init__(self, *more: list[int]) -> None:
        self.rows = torch.tensor([[1, 3, 0, 1, 0, 0], *more])
        self.num_demonstrations = len(self.rows)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self.rows[index])


def test_demonstrations_that_the_policy_can_build_pass() -> None:
    check_demonstrations(Rows(), make_policy("gflownet/micro", {}))


@pytest.mark.parametrize(
    "row",
    [
        pytest.param([4, 0, 0, 0, 0, 0], id="no such kind"),
        pytest.param([3, 1, 0, 3, 0, 0], id="oxygen by a triple bond"),
        pytest.param([1, 1, 0, 0, 0, 0], id="two pieces"),
        pytest.param([0, 0, 0, 0, 0, 0], id="nothing"),
        pytest.param([1, 1, 1, 1, 1, 1], id="a ring too small"),
    ],
)
def test_demonstrations_that_it_cannot_build_are_shown(row: list[int]) -> None:
    policy = make_policy("gflownet/micro", {"min_ring": 4})
    shown = re.escape(f"nodes {row[:3]}, bonds {row[3:]}.")
    with pytest.raises(SuiteError, match=shown):
        check_demonstrations(Rows(row), policy)


def test_demonstrations_of_another_size_name_both_sizes() -> None:
    policy = make_policy("gflownet/micro", {"max_nodes": 4})
    with pytest.raises(SuiteError, match="have 6 tokens, and a graph of 4 nodes has 10"):
        check_demonstrations(Rows(), policy)


def test_demonstrations_without_a_chance_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a policy that does not refuse by itself what it cannot make."""
    policy = make_policy("gflownet/micro", {})
    monkeypatch.setattr(policy, "nll", lambda *_: torch.tensor([1.0, float("inf")]))
    with pytest.raises(AssertionError, match=r"gives demonstrations \[1\] no chance"):
        check_demonstrations(Rows([1, 0, 0, 0, 0, 0]), policy)


# --- codec and metric ---------------------------------------------------------------------------


class Digits(Codec):
    def encode(self, natives: tuple[object, ...]) -> Samples:
        return Samples(tokens=torch.tensor([[int(c) for c in str(n)] for n in natives]))

    def decode(self, samples: Samples) -> tuple[object, ...]:
        assert samples.tokens is not None
        return tuple("".join(map(str, row)) for row in samples.tokens.tolist())


class Backwards(Digits):
    def decode(self, samples: Samples) -> tuple[object, ...]:
        return tuple(str(native)[::-1] for native in super().decode(samples))


class Mean(Metric):
    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        assert samples.tokens is not None
        return {"mean": float(samples.tokens.float().mean())}


class Nothing(Mean):
    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        return {}


class NotANumber(Mean):
    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        return {"mean": float("nan")}


class Dice(Mean):
    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        return {"mean": float(torch.rand(()))}


def test_a_codec_must_give_back_what_it_got() -> None:
    check_codec(Digits(), ("12", "34"))
    with pytest.raises(AssertionError, match="'12' comes back as '21'"):
        check_codec(Backwards(), ("33", "12"))


@pytest.mark.parametrize(
    ("kind", "message"),
    [(Nothing, "returns no numbers"), (NotANumber, "'mean' is nan"), (Dice, "differs when it is")],
)
def test_a_metric_gives_the_same_finite_numbers(kind: type[Metric], message: str) -> None:
    samples = Samples(tokens=torch.tensor([[1], [2]]))
    context = Context(index=torch.zeros(2, dtype=torch.long))

    check_metric(Mean(), samples, context)
    with pytest.raises(AssertionError, match=message):
        check_metric(kind(), samples, context)


# --- domain and task ----------------------------------------------------------------------------

GOOD = registry.make_task("micro/unmasking")


@pytest.fixture
def swap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Replace fields of the registered task micro/unmasking."""

    def change(**fields: Any) -> None:
        task: Task = replace(GOOD, **fields)
        monkeypatch.setattr(registry, "make_task", lambda name: task)

    return change  # type: ignore[return-value]


def test_a_sound_task_passes() -> None:
    check_task("micro/unmasking")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "micro/other"}, "the task 'micro/unmasking' calls itself 'micro/other'"),
        ({"summary": "two\nlines"}, "summary must be one sentence on one line"),
        ({"codec": Use("micro/lettres")}, "no codec named 'micro/lettres'"),
        ({"metrics": (Use("beauty"),)}, "no metric named 'beauty'"),
        ({"default_algo": ""}, "name a default_algo"),
        ({"algo_settings": {"rlo": {"algo.beta": 1.0}}}, "no algorithm named 'rlo'"),
        ({"known_rewards": (("AAAA", -1.1258),)}, "at least two known_rewards that differ"),
        (
            {"known_rewards": (("AAAA", -1.1258), ("DDDD", 0.5))},
            ", the task says 0.5; correct one of them",
        ),
        (
            {"policy": Use("micro/actor"), "default_algo": "drakes"},
            "which the policy 'micro/actor' does not answer",
        ),
    ],
)
def test_a_fault_of_a_task_is_found(
    swap: Callable[..., None], fields: dict[str, Any], message: str
) -> None:
    swap(**fields)

    with pytest.raises(AssertionError) as caught:
        check_task("micro/unmasking")
    assert message in str(caught.value)


def test_a_domain_is_called_what_its_manifest_says(monkeypatch: pytest.MonkeyPatch) -> None:
    check_domain("micro")
    other = Domain(name="macro", summary="", default_task="micro/token")
    monkeypatch.setattr(registry, "make_domain", lambda name: other)

    with pytest.raises(AssertionError, match="the domain 'micro' calls itself 'macro'"):
        check_domain("micro")


def test_aliases_of_a_domain_stand_in_its_manifest_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--domain ALIAS`` is understood from manifests alone."""
    other = Domain(name="micro", summary="", default_task="micro/token", aliases=("tiny",))
    monkeypatch.setattr(registry, "make_domain", lambda name: other)

    with pytest.raises(AssertionError, match="make them the same"):
        check_domain("micro")


def test_every_check_of_a_task_has_a_fault_here() -> None:
    assert len(checks.TASK_CHECKS) == 4
