"""Names, settings and their errors; policies as folders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.registry import make_policy as by_name
from suite.core.rollout import rollout
from suite.plugins.policies.discrete_diffusion.plugin import resolve
from suite.plugins.policies.discrete_diffusion.policy import DiscreteDiffusion


def size(policy: Any) -> int:
    return sum(weight.numel() for weight in policy.parameters())


@pytest.mark.parametrize("network", ["cnn", "transformer", "backbone"])
def test_micro_is_micro_and_tiny_is_tiny(network: str) -> None:
    micro = by_name("discrete_diffusion/micro", {"length": 8, "network": network})
    assert size(micro) <= 5_000
    tiny = by_name("discrete_diffusion/tiny", {"length": 56, "network": network})
    assert 60_000 <= size(tiny) <= 150_000


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"lenght": 8}, "no config key in [policy] named 'lenght'. Did you mean 'length'?"),
        ({}, "policy.length is not set (letters a sample"),
        ({"length": 8, "network": "rnn"}, "policy.network = 'rnn' is not possible"),
        ({"length": 8, "temperature": 0.0}, "policy.temperature = 0.0 is not possible"),
        ({"length": 8, "kernel": 4}, "kernel must be odd"),
        ({"length": 8, "guidance": 1.0}, "guidance and label_dropout need num_classes"),
        ({"length": 8, "fixed": {9: 0}}, "fixed and allowed take positions 0 to 7"),
        ({"length": 8, "allowed": {1: [20]}}, "forbidden take letters 0 to 19"),
        ({"length": 8, "fixed": {1: 2}, "allowed": {1: [3]}}, "position 1 is not allowed there"),
        ({"length": 8, "forbidden": [[1, 2]]}, "forbidden motifs need decoding = 'one_position'"),
        ({"length": 8, "decoding": "one_position", "forbidden": [[]]}, "at least one letter"),
        ({"length": 8, "decoding": "one_position", "num_steps": 4}, "leave num_steps out"),
        ({"length": 8, "network": "transformer", "width": 9}, "must be a multiple of heads 2"),
        ({"length": 8, "network": "transformer", "width": 6}, "must be even"),
    ],
)
def test_settings_that_cannot_be_are_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError) as error:
        resolve("discrete_diffusion/micro", config)
    assert message in str(error.value)
    assert "Run `suite show`" in str(error.value)


def test_one_position_takes_as_many_steps_as_letters() -> None:
    config = {"length": 8, "decoding": "one_position"}
    assert by_name("discrete_diffusion/micro", config).num_steps == 8
    assert by_name("discrete_diffusion/micro", {"length": 8}).num_steps == 32


def test_a_saved_policy_draws_the_same_samples(
    make_policy: Callable[..., Any], tmp_path: Path
) -> None:
    policy = make_policy(length=5, num_classes=2, guidance=0.5, fixed={0: 1}, num_steps=4).float()
    policy.save_pretrained(tmp_path / "saved")
    again = DiscreteDiffusion.from_pretrained(tmp_path / "saved")
    assert again.config == policy.config
    context = Context(index=torch.arange(4), data={"label": torch.tensor([0, 1, -1, 0])})
    tokens = [
        rollout(model, context, Streams(0, 0, "x", range(4))).sample.tokens
        for model in (policy, again)
    ]
    assert tokens[0] is not None
    assert tokens[1] is not None
    assert torch.equal(tokens[0], tokens[1])
    cooler = DiscreteDiffusion.from_pretrained(tmp_path / "saved", temperature=0.1)
    assert cooler.config.temperature == 0.1


def test_a_broken_folder_says_what_is_wrong(
    make_policy: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match=r"is no saved policy: it has no config.json"):
        DiscreteDiffusion.from_pretrained(tmp_path)
    make_policy().float().save_pretrained(tmp_path)
    with pytest.raises(SuiteError, match="do not fit the policy that its settings"):
        DiscreteDiffusion.from_pretrained(tmp_path, width=16)
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[:-100])
    with pytest.raises(SuiteError, match="Copy the folder again"):
        DiscreteDiffusion.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(weights)
    (tmp_path / "config.json").write_text('{"family": "causal_lm"}')
    with pytest.raises(SuiteError, match="does not describe a policy of the family"):
        DiscreteDiffusion.from_pretrained(tmp_path)


def test_guesses_of_the_end_keep_known_letters_and_follow_the_marginals(
    make_policy: Callable[..., Any],
) -> None:
    policy, guesses = make_policy(), 4000
    state = policy.start(Context(index=torch.arange(2)), Streams(0, 0, "x", range(2)))
    state["tokens"] = torch.tensor([[3, 1, 3], [3, 3, 3]])
    t = torch.tensor([5, 0])
    samples = policy.lookahead(state, t, guesses, Streams(0, 0, "y", range(2)))
    tokens = samples.tokens.view(2, guesses, 3)
    assert (tokens[0, :, 1] == 1).all()
    share = torch.stack([(tokens == letter).double().mean(dim=1) for letter in range(3)], dim=-1)
    p = policy.step(state, t).log_p.exp()
    masked = state["tokens"] == 3
    # A share of 4,000 draws is within 0.04 of its chance at five deviations.
    assert (share - p)[masked].abs().max() < 0.04
