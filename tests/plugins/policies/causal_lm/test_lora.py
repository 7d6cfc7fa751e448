"""Adapters: the reference is the same weights with them off, before and after training."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.build import trainable_copy
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory
from suite.core.rollout import rollout
from suite.core.scoring import score

PROMPTS = Context(index=torch.arange(2), native=({"prompt": "1+2="}, {"prompt": "34"}))
LORA: dict[str, Any] = {"num_steps": 6, "lora_rank": 2, "temperature": 0.8}


def streams() -> Streams:
    return Streams(0, 0, "rollout", range(2))


def made(**settings: Any) -> Policy:
    return registry.make_policy("causal_lm/micro", {**LORA, **settings})


def moved(policy: Policy, record: Trajectory) -> None:
    """A few steps that change what the policy says of ``record``."""
    adam = torch.optim.Adam([p for p in policy.parameters() if p.requires_grad], lr=0.05)
    for _ in range(3):
        adam.zero_grad()
        score(policy, record).log_prob.sum().backward()
        adam.step()


def said(policy: Policy, record: Trajectory) -> Tensor:
    return score(policy, record).log_prob.detach()


def test_the_reference_is_the_start_exactly_and_stays_it() -> None:
    policy = made()
    reference = policy.reference_copy()
    record = rollout(policy, PROMPTS, streams())
    before = said(reference, record)
    assert torch.equal(before, said(policy, record))
    moved(policy, record)
    assert float((said(policy, record) - before).abs().max()) > 0.01
    assert torch.equal(said(reference, record), before)


def test_the_kl_to_the_reference_is_0_at_the_start_and_positive_later() -> None:
    policy = made()
    reference = policy.reference_copy()
    record = rollout(policy, PROMPTS, streams())

    def kl() -> Tensor:
        law, other = policy.replay(record)[0], reference.replay(record)[0]
        return law.kl(other).detach()

    assert bool((kl() == 0).all())
    moved(policy, record)
    assert float(kl().max()) > 1e-4


def test_the_reference_holds_no_second_copy_and_gets_no_gradient() -> None:
    policy = made()
    reference = policy.reference_copy()
    own = {p.data_ptr() for p in policy.parameters()}
    assert {p.data_ptr() for p in reference.parameters()} == own
    record = rollout(policy, PROMPTS, streams())
    assert not score(reference, record).log_prob.requires_grad


def test_only_adapters_train_from_the_reference_on() -> None:
    policy = made()
    policy.reference_copy()
    trained = [name for name, p in policy.named_parameters() if p.requires_grad]
    assert trained
    assert all(".lora_" in name for name in trained)
    before = {k: v.clone() for k, v in policy.state_dict().items()}
    moved(policy, rollout(policy, PROMPTS, streams()))
    changed = [k for k, v in policy.state_dict().items() if not torch.equal(v, before[k])]
    assert changed
    assert all(".lora_" in name for name in changed)


def test_a_base_made_here_is_learnt_with_all_weights_but_the_adapters() -> None:
    frozen = [name for name, p in made().named_parameters() if not p.requires_grad]
    assert frozen
    assert all(".lora_" in name for name in frozen)


def test_adapters_that_were_trained_are_folded_into_the_next_reference() -> None:
    policy = made()
    policy.reference_copy()
    record = rollout(policy, PROMPTS, streams())
    moved(policy, record)
    learnt = said(policy, record)
    reference = policy.reference_copy()
    assert torch.equal(said(reference, record), said(policy, record))
    assert float((said(policy, record) - learnt).abs().max()) < 1e-4


def test_a_trainable_copy_of_the_reference_starts_there_and_moves_alone() -> None:
    policy = made()
    reference = policy.reference_copy()
    record = rollout(policy, PROMPTS, streams())
    start = said(reference, record)
    moved(policy, record)
    learnt = said(policy, record)
    twin = trainable_copy(reference)
    assert torch.equal(said(twin, record), start)
    moved(twin, record)
    assert not torch.equal(said(twin, record), start)
    assert torch.equal(said(policy, record), learnt)
    assert torch.equal(said(reference, record), start)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it
def test_what_is_saved_opens_in_peft_in_transformers_and_here(tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    policy = made()
    policy.reference_copy()
    record = rollout(policy, PROMPTS, streams())
    moved(policy, record)
    policy.save(tmp_path / "s", name="causal_lm/micro", settings=LORA)
    ids = torch.tensor([[4, 5, 6]])
    expected = policy.model(ids).logits.detach()  # type: ignore[operator]
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "s" / "transformers")
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "s" / "base")
    adapted = PeftModel.from_pretrained(base, str(tmp_path / "s" / "peft"))
    for model in (merged, adapted):
        assert float((model(ids).logits.detach() - expected).abs().max()) < 1e-5
    again = made(seed=5)
    again.load(tmp_path / "s")
    assert torch.equal(said(again, record), said(policy, record))


def test_layers_that_do_not_exist_are_clear() -> None:
    with pytest.raises(SuiteError, match=r"Its linear layers: .*q_proj"):
        made(lora_targets=("no_such_layer",))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it
def test_peft_opens_the_adapters_of_a_model_by_itself(tmp_path: Path) -> None:
    """They name the folder that the policy was made of, wherever they themselves are moved."""
    from peft import AutoPeftModelForCausalLM

    registry.make_policy("causal_lm/micro", {}).save(
        tmp_path / "saved", name="causal_lm/micro", settings={}
    )
    folder = str(tmp_path / "saved" / "transformers")
    settings = {"model": folder, "num_steps": 8, "lora_rank": 2}
    policy = registry.make_policy("causal_lm/pretrained", settings)
    policy.reference_copy()
    moved(policy, rollout(policy, PROMPTS, streams()))
    policy.save(tmp_path / "partial", name="causal_lm/pretrained", settings=settings)
    (tmp_path / "partial").rename(tmp_path / "exported")
    opened = AutoPeftModelForCausalLM.from_pretrained(str(tmp_path / "exported" / "peft"))
    ids = torch.tensor([[4, 5, 6]])
    expected = policy.model(ids).logits.detach()  # type: ignore[operator]
    assert float((opened(ids).logits.detach() - expected).abs().max()) < 1e-5
    assert not (tmp_path / "exported" / "base").exists()


def test_a_model_that_talks_adapts_too() -> None:
    """Its reference and the copies of that talk as well, and start where it started."""
    policy = made(turns=3)
    reference = policy.reference_copy()
    twin = trainable_copy(reference)
    for one in (policy, reference, twin):
        assert "acts" in one.capabilities
        assert one.turns == 3
    record = rollout(policy, PROMPTS, streams())
    assert torch.equal(said(reference, record), said(policy, record))
    start = said(reference, record)
    moved(policy, record)
    assert torch.equal(said(reference, record), start)
    assert torch.equal(said(twin, record), start)
    assert not torch.equal(said(policy, record), start)
