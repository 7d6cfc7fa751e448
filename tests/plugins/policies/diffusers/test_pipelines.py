"""Each class of pipeline answers as a policy does, and samples what diffusers would sample."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core import registry
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.rollout import rollout
from suite.core.scoring import score
from suite.testing import check_policy

PROMPTS = ("a red cat", "a dog", "a tree")
SIZES: dict[str, dict[str, Any]] = {
    "sd": {}, "sdxl": {}, "sd3": {}, "flux": {"height": 8, "width": 8, "max_tokens": 8},
    "wan": {"height": 16, "width": 16, "frames": 5, "max_tokens": 8}, "ddpm": {},
}  # fmt: skip


def context() -> Context:
    rows = tuple({"prompt": one} for one in PROMPTS)
    return Context(index=torch.arange(len(rows)), native=rows)


def streams() -> Streams:
    return Streams(0, 0, "rollout", range(len(PROMPTS)))


def made(folder: Callable[[str], Path], kind: str, **settings: Any) -> Policy:
    given = {"num_steps": 3, "guidance": 1.0 if kind == "ddpm" else 2.0, **SIZES[kind], **settings}
    return registry.make_policy("diffusers/pipeline", {"model": str(folder(kind)), **given})


@pytest.mark.parametrize("kind", list(SIZES))
def test_a_pipeline_keeps_the_contract_of_policies(
    kind: str, folder: Callable[[str], Path]
) -> None:
    check_policy(made(folder, kind), context())


@pytest.mark.parametrize("kind", list(SIZES))
def test_the_ratio_is_exactly_one_before_the_first_update(
    kind: str, folder: Callable[[str], Path]
) -> None:
    """Sampled and re-scored in equal batches: the same numbers, bit for bit."""
    policy = made(folder, kind, rows=len(PROMPTS))
    record = rollout(policy, context(), streams())
    scores = score(policy, record, reference=policy.reference_copy())
    assert torch.equal(scores.log_prob.detach(), record.log_prob)
    assert scores.kl is not None
    assert float(scores.kl.detach().abs().max()) == 0.0
