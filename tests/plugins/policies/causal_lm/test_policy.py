"""A language model's law: the same whatever is cached, padded, chunked or batched."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.rollout import rollout, rollout_in_batches
from suite.core.scoring import score

PROMPTS = ("1+2=", "3", "12+345=", "3", "1+2=")
EXACT = 1e-10  # float64


def context(*prompts: str) -> Context:
    return Context(
        index=torch.arange(len(prompts)), native=tuple({"prompt": one} for one in prompts)
    )


def streams(rows: range | list[int]) -> Streams:
    return Streams(0, 0, "rollout", list(rows))


@pytest.fixture(scope="module")
def policy() -> Policy:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 8, "temperature": 0.7})
    return made.double()


def test_replay_says_what_sampling_said(policy: Policy) -> None:
    record = rollout(policy, context(*PROMPTS), streams(range(5)))
    again = score(policy, record).log_prob.detach()
    assert float((again - record.log_prob).abs().max()) < EXACT
    assert bool((again[~record.mask] == 0).all())


def test_a_law_sums_to_one_at_its_temperature(policy: Policy) -> None:
    record = rollout(policy, context(*PROMPTS), streams(range(5)))
    law, _ = policy.replay(record)
    letters = torch.arange(len(policy.tokenizer))  # type: ignore[arg-type]
    every = torch.stack([law.log_prob(one.expand(record.mask.shape)) for one in letters])
    total = every.exp().sum(dim=0)
    assert float((total.detach() - 1).abs().max()) < EXACT


def test_neither_padding_nor_company_changes_a_row(policy: Policy) -> None:
    together = rollout(policy, context(*PROMPTS), streams(range(5)))
    for row in range(len(PROMPTS)):
        alone = rollout(policy, context(PROMPTS[row]), streams([row]))
        steps = alone.num_steps
        assert alone.sample.native == (together.sample.native or ())[row : row + 1]
        difference = alone.log_prob[0] - together.log_prob[row, :steps]
        assert float(difference.abs().max()) < EXACT


def test_batches_of_any_size_give_the_same_samples(policy: Policy) -> None:
    whole = rollout(policy, context(*PROMPTS), streams(range(5)))
    parts = rollout_in_batches(policy, context(*PROMPTS), streams(range(5)), batch_size=2)
    assert parts.sample.native == whole.sample.native
    both = [score(policy, record).log_prob.detach() for record in (parts, whole)]
    assert float((both[0] - both[1]).abs().max()) < EXACT


def test_chunks_of_the_head_change_nothing(policy: Policy) -> None:
    record = rollout(policy, context(*PROMPTS), streams(range(5)))
    found: list[list[Tensor]] = []
    for rows_a_chunk in (5, 4096):
        policy.zero_grad()
        scores = score(policy, record, entropy=True, rows_a_chunk=rows_a_chunk)
        assert scores.entropy is not None
        (scores.log_prob.sum() + scores.entropy.sum()).backward()
        found.append([p.grad.clone() for p in policy.parameters() if p.grad is not None])
    for one, other in zip(*found, strict=True):
        assert float((one - other).abs().max()) < 1e-9


def test_likelihood_is_that_of_the_tokens_that_were_drawn(policy: Policy) -> None:
    record = rollout(policy, context(*PROMPTS), streams(range(5)))
    nll = policy.nll(record.sample, context(*PROMPTS), streams(range(5)))
    nll = nll.detach()
    assert float((nll + record.log_prob.sum(dim=1)).abs().max()) < EXACT


def test_texts_and_tokens_of_a_demonstration_agree(policy: Policy) -> None:
    samples = Samples(native=("3", "12-4"))
    record = policy.encode(samples, context("1+2=", "3"))
    assert record.mask.sum(dim=1).tolist() == [2, 5]  # with their ends
    tokens = Samples(tokens=record.decisions["decision"])
    pair = [policy.nll(one, context("1+2=", "3"), streams(range(2))) for one in (samples, tokens)]
    assert torch.equal(pair[0], pair[1])


def test_nothing_follows_an_end(policy: Policy) -> None:
    record = rollout(policy, context(*["1+2="] * 64), streams(range(64)))
    tokens, end = record.decisions["decision"], policy.end
    ended = (tokens == end).long().cumsum(dim=1) - (tokens == end).long() > 0
    assert bool(ended.any())
    assert not bool((record.mask & ended).any())


def test_the_critic_reads_states_and_gives_them_no_gradient(policy: Policy) -> None:
    record = rollout(policy, context(*PROMPTS), streams(range(5)))
    features = policy.features(record)
    assert features.shape == (5, record.num_steps + 1, policy.num_features)
    assert not features.requires_grad


def test_micro_is_micro_and_a_seed_is_a_seed() -> None:
    one, same, other = (registry.make_policy("causal_lm/micro", {"seed": s}) for s in (0, 0, 1))
    assert sum(p.numel() for p in one.parameters()) <= 5000
    pairs = list(zip(one.parameters(), same.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not all(torch.equal(a, c) for a, _, c in pairs)


def test_what_is_saved_opens_in_transformers_and_here(tmp_path: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 6, "seed": 3})
    made.save(tmp_path / "saved", name="causal_lm/micro", settings={})
    folder = str(tmp_path / "saved" / "transformers")
    loaded = registry.make_policy("causal_lm/pretrained", {"model": folder, "num_steps": 6})
    records = [rollout(one, context(*PROMPTS), streams(range(5))) for one in (made, loaded)]
    assert records[0].sample.native == records[1].sample.native
    assert torch.equal(records[0].log_prob, records[1].log_prob)
    again = registry.make_policy("causal_lm/micro", {"num_steps": 6})
    again.load(tmp_path / "saved")
    assert torch.equal(score(again, records[0]).log_prob, score(made, records[0]).log_prob)


@pytest.mark.parametrize(
    ("prompt", "why"),
    [("", "is empty"), ("1" * 60, "60 tokens"), ("what?", "does not know a character")],
)
def test_prompts_that_cannot_be_read_are_clear(policy: Policy, prompt: str, why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        rollout(policy, context(prompt), streams(range(1)))


def test_contexts_without_prompts_are_clear(policy: Policy) -> None:
    with pytest.raises(SuiteError, match="answers prompts"):
        rollout(policy, Context(index=torch.arange(2)), streams(range(2)))


def test_a_demonstration_that_is_too_long_is_clear(policy: Policy) -> None:
    with pytest.raises(SuiteError, match=r"Raise policy\.num_steps"):
        policy.encode(Samples(native=("1" * 30,)), context("1"))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"width": 10, "heads": 4}, "does not fit policy.heads"),
        ({"alphabet": "aab"}, "'a' twice"),
        ({"widht": 8}, "widht"),
    ],
)
def test_settings_that_do_not_fit_are_clear(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        registry.make_policy("causal_lm/micro", settings)


def test_folders_that_hold_no_model_are_clear(tmp_path: Path) -> None:
    def load(**settings: Any) -> None:
        registry.make_policy("causal_lm/pretrained", {"model": str(tmp_path), **settings})

    with pytest.raises(SuiteError, match=r"no config\.json"):
        load()
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(SuiteError, match="no weights"):
        load()
    (tmp_path / "config.json").write_text('{"model_type": "no-such-thing"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(SuiteError, match="cannot be loaded as a causal language model"):
        load()


def test_a_tokenizer_without_an_end_is_clear(tmp_path: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {})
    made.tokenizer.eos_token = None
    made.model.save_pretrained(tmp_path)
    made.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(SuiteError, match="names no end token"):
        registry.make_policy("causal_lm/pretrained", {"model": str(tmp_path)})


def test_an_answer_that_leaves_no_room_for_a_prompt_is_clear(tmp_path: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 8})
    made.save(tmp_path / "s", name="causal_lm/micro", settings={})
    folder = str(tmp_path / "s" / "transformers")
    with pytest.raises(SuiteError, match="leaves no room"):
        registry.make_policy("causal_lm/pretrained", {"model": folder, "num_steps": 500})
