"""The yardstick: on an enumerable space every estimator ends where its formula says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

ARRIVES = ("rebel", "relative-tb", "rloo", "ppo-kl-in-reward", "ppo-kl-exact")


@pytest.fixture(scope="module")
def exact(repository: Path) -> ModuleType:
    """The benchmark itself, so that test and printed table are one computation."""
    spec = importlib.util.spec_from_file_location(
        "exact_benchmark", repository / "benchmarks" / "exact.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_every_method_that_claims_the_posterior_has_a_limit(exact: ModuleType) -> None:
    limits = {name: exact.METHODS[name].limit for name in ARRIVES}
    assert limits == {
        "rebel": 0.01,
        "relative-tb": 0.01,
        "rloo": 0.03,
        "ppo-kl-in-reward": 0.03,
        "ppo-kl-exact": 0.03,
    }
    assert exact.BETAS == (1.0, 0.3, 0.1)


@pytest.mark.parametrize("share", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("name", ARRIVES)
def test_arrives_at_the_tilted_reference(exact: ModuleType, name: str, share: float) -> None:
    found = exact.measure(name, share)
    assert found["start"] > 0.4, "the start must be far from the target, or arriving shows nothing"
    assert found["total_variation"] <= found["limit"], found


@pytest.mark.parametrize(("name", "at_least"), [("rloo-kl-direct-only", 0.04), ("grpo", 0.15)])
def test_does_not_arrive_and_says_so(exact: ModuleType, name: str, at_least: float) -> None:
    """The direct KL term alone, and division by the group's std, have other optima."""
    found = exact.measure(name, 0.3)
    assert found["total_variation"] > at_least, found


def test_unmasking_in_t_steps_misses_by_about_one_over_t(exact: ModuleType) -> None:
    distances = [exact.kernel_limit(steps, 1.0)["total_variation"] for steps in (2, 4, 8, 16, 64)]
    for steps, distance in zip((2, 4, 8, 16, 64), distances, strict=True):
        assert 0.5 < steps * distance < 0.8
    assert distances == sorted(distances, reverse=True)


def test_the_exact_law_of_a_sampler_is_what_it_samples(exact: ModuleType) -> None:
    """The sums that judge the methods, against counts of 40,000 samples of each sampler."""
    from suite.core.rollout import rollout

    for task in ("micro/token", "micro/unmasking"):
        run = exact._run(exact.Method(algo="rebel", settings=exact.BIG, task=task), {}, 0)
        law = exact.string_law(run.policy)
        torch.testing.assert_close(
            law.sum(), torch.ones((), dtype=torch.float64), atol=1e-6, rtol=0
        )
        size = 40_000
        streams = run.streams(0, "count", torch.arange(size))
        tokens = rollout(run.policy, exact.empty_context(size), streams).sample.tokens
        assert tokens is not None
        place = (tokens * torch.tensor([64, 16, 4, 1])).sum(dim=1)
        counts = torch.bincount(place, minlength=256).double()
        # Pearson's statistic has mean 255 and standard deviation 22.6; cells of chance below
        # 1e-5 are too thin for it.
        thick = law > 1e-5
        statistic = ((counts - size * law) ** 2 / (size * law))[thick].sum()
        assert float(statistic) < 255 + 5 * 22.6, (task, float(statistic))
