"""From the command's options to tuned weights that diffusers opens."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline

from suite.core import registry
from suite.core.api import run as run_suite
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.relaxed import relaxed_rollout
from suite.core.rollout import rollout

SMALL: dict[str, Any] = {
    "controls.enabled": False, "train.num_steps": 2, "train.num_contexts": 2,
    "train.group_size": 2, "train.eval_samples": 4, "policy.num_steps": 3, "policy.guidance": 2.0,
}  # fmt: skip


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "prompts.txt"
    path.write_text("\n".join(f"a {letter} cat" for letter in "abcdefghij"))
    return str(path)


def made(folder: Path, **settings: Any) -> Policy:
    given = {"model": str(folder), "num_steps": 3, "guidance": 2.0, **settings}
    return registry.make_policy("diffusers/pipeline", given)


def asked() -> Context:
    return Context(index=torch.arange(2), native=({"prompt": "a cat"}, {"prompt": "a dog"}))


def streams() -> Streams:
    return Streams(0, 0, "rollout", range(2))


def test_grpo_tunes_a_pipeline_on_a_prompt_list(
    folder: Callable[[str], Path], prompts: str, tmp_path: Path
) -> None:
    outcome = run_suite(
        task="image/prompts", algo="grpo", policy=f"diffusers:{folder('sd')}", data=prompts,
        settings=SMALL, out=tmp_path / "run",
    )  # fmt: skip
    assert outcome.info["status"] == "finished"


def test_a_reward_with_a_gradient_tunes_a_pipeline_of_pixels(
    folder: Callable[[str], Path], tmp_path: Path
) -> None:
    outcome = run_suite(
        task="image/micro", algo="reward-backprop", policy="diffusers/pipeline",
        settings={**SMALL, "policy.model": str(folder("ddpm")), "policy.guidance": 1.0},
        out=tmp_path / "run",
    )  # fmt: skip
    assert outcome.info["status"] == "finished"


def test_gradients_of_pixels_reach_the_adapters(folder: Callable[[str], Path]) -> None:
    """Through the decoder, the last jump and the steps before it."""
    policy = made(folder("sd"), lora_rank=2)
    out = relaxed_rollout(policy, asked(), streams(), last=2, temperature=1.0)
    assert out.sample.values is not None
    weights = list(policy.parameters())
    found = torch.autograd.grad(out.sample.values.mean(), weights, allow_unused=True)
    assert any(one is not None and bool((one != 0).any()) for one in found)
    assert sum(weight.numel() for weight in weights) < 2000


def test_a_pathwise_gradient_is_the_slope_of_its_reward(folder: Callable[[str], Path]) -> None:
    """Central differences in float64, both branches of guidance in it."""
    policy = made(folder("sd")).double()
    name, weight = next((n, w) for n, w in policy.named_parameters() if "conv_out/bias" in n)

    def reward() -> torch.Tensor:
        out = relaxed_rollout(policy, asked(), streams(), last=2, temperature=1.0)
        assert out.sample.values is not None
        return out.sample.values.pow(2).mean()

    (slope,) = torch.autograd.grad(reward(), [weight])
    values = []
    for shift in (1e-5, -1e-5):
        with torch.no_grad():
            weight[0] += shift
            values.append(float(reward()))
            weight[0] -= shift
    assert (values[0] - values[1]) / 2e-5 == pytest.approx(float(slope[0]), rel=1e-5), name


@pytest.mark.parametrize("rank", [0, 2])
def test_diffusers_opens_what_is_saved(
    rank: int, folder: Callable[[str], Path], tmp_path: Path
) -> None:
    """The saved pipeline is a policy with the tuned samples; so is the folder of the suite."""
    policy = made(folder("sd"), lora_rank=rank)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(0.05)
    policy.save(tmp_path / "out", name="diffusers/pipeline", settings={"model": str(folder("sd"))})
    wanted = rollout(policy, asked(), streams()).sample.tensor
    again = made(tmp_path / "out" / "pipeline")
    found = rollout(again, asked(), streams()).sample.tensor
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
    loaded = made(folder("sd"), lora_rank=rank)
    loaded.load(tmp_path / "out")
    assert torch.equal(rollout(loaded, asked(), streams()).sample.tensor, wanted)
    if rank:
        pipeline = DiffusionPipeline.from_pretrained(folder("sd"))
        pipeline.load_lora_weights(tmp_path / "out" / "lora")
        assert pipeline.get_active_adapters() == ["default_0"]


def test_a_folder_that_is_no_pipeline_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="is no pipeline: it has no model_index"):
        made(tmp_path)


def test_an_unconditional_pipeline_cannot_be_guided(folder: Callable[[str], Path]) -> None:
    with pytest.raises(SuiteError, match="there is nothing to guide by"):
        made(folder("ddpm"), guidance=3.0)


def test_an_ode_scores_nothing_and_says_so(
    folder: Callable[[str], Path], prompts: str, tmp_path: Path
) -> None:
    assert "scores" not in made(folder("sd"), eta=0.0).capabilities
    with pytest.raises(SuiteError, match="asks for scores"):
        run_suite(
            task="image/prompts", algo="grpo", policy=f"diffusers:{folder('sd')}", data=prompts,
            settings={**SMALL, "policy.eta": 0.0}, out=tmp_path / "run",
        )  # fmt: skip
