"""Episodes of texts: what the environment writes is read, never scored, and never learnt."""

from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.environment import Reply, TextEnvironment, TextEpisode
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.rollout import rollout, rollout_in_batches
from suite.core.scoring import score

PROMPTS = ("1+2=", "3", "12+345=", "3", "1+2=", "9")
ROWS = range(len(PROMPTS))
EXACT = 1e-10  # float64


class Parrot(TextEnvironment):
    """Answers a turn with its length; ends where a turn holds a 7; breaks where one holds a 9."""

    def open(self, asked: Any, seed: int) -> TextEpisode:
        return ParrotEpisode()


class ParrotEpisode(TextEpisode):
    def reply(self, text: str) -> Reply:
        if "9" in text:
            raise RuntimeError("out of seed")
        return Reply(text=f"#{len(text)}", reward=float("7" in text), ended="7" in text)


def context(*prompts: str) -> Context:
    return Context(
        index=torch.arange(len(prompts)), native=tuple({"prompt": one} for one in prompts)
    )


def played(policy: Policy, prompts: tuple[str, ...], rows: list[int], turns: int = 9) -> Trajectory:
    streams = Streams(0, 0, "rollout", rows)
    return rollout(policy, context(*prompts), streams, environment=Parrot(max_steps=turns))


@pytest.fixture(scope="module")
def policy() -> Policy:
    settings = {"num_steps": 32, "turns": 4, "temperature": 1.3, "seed": 5}
    made = registry.make_policy("causal_lm/micro", settings).double()
    with torch.no_grad():  # turns end early enough to be several
        made.model.model.embed_tokens.weight[made.end] *= 3  # type: ignore[union-attr, operator, index]
    return made


@pytest.fixture(scope="module")
def record(policy: Policy) -> Trajectory:
    return played(policy, PROMPTS, list(ROWS))


def written(policy: Policy, record: Trajectory) -> Tensor:
    return record.decisions["decision"] >= int(policy.above)  # type: ignore[arg-type]


def test_rows_of_one_batch_are_in_different_turns(policy: Policy, record: Trajectory) -> None:
    assert "acts" in policy.capabilities
    assert bool(written(policy, record).any())
    assert record.segment is not None
    assert len({int(turn) for turn in record.segment[:, 6]}) > 1


def test_replay_says_what_sampling_said_and_0_where_a_tool_wrote(
    policy: Policy, record: Trajectory
) -> None:
    again = score(policy, record).log_prob.detach()
    assert float((again - record.log_prob).abs().max()) < EXACT
    assert bool((again[written(policy, record)] == 0).all())
    assert bool((record.log_prob[written(policy, record)] == 0).all())
    assert not bool((record.mask & written(policy, record)).any())


def test_in_float32_sampling_and_replay_differ_by_rounding_alone() -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 32, "turns": 4, "seed": 5})
    made_record = played(made, PROMPTS, list(ROWS))
    again = score(made, made_record).log_prob.detach()
    assert float((again - made_record.log_prob).abs().max()) < 1e-5


def test_neither_company_nor_batches_change_an_episode(policy: Policy, record: Trajectory) -> None:
    for row, prompt in enumerate(PROMPTS):
        alone = played(policy, (prompt,), [row])
        steps = alone.num_steps
        assert alone.sample.native == (record.sample.native or ())[row : row + 1]
        assert float((alone.log_prob[0] - record.log_prob[row, :steps]).abs().max()) < EXACT
    streams = Streams(0, 0, "rollout", list(ROWS))
    batched = rollout_in_batches(
        policy, context(*PROMPTS), streams, batch_size=2, environment=Parrot(max_steps=9)
    )
    again = score(policy, batched).log_prob.detach()
    assert float((again - batched.log_prob).abs().max()) < EXACT
    assert batched.sample.native == record.sample.native


def test_tokens_alone_say_what_the_policy_decided(policy: Policy, record: Trajectory) -> None:
    encoded = policy.encode(record.sample, record.context)
    width = record.num_steps
    assert torch.equal(encoded.mask[:, :width], record.mask)
    assert not bool(encoded.mask[:, width:].any())
    nll = policy.nll(record.sample, record.context, Streams(0, 0, "n", list(ROWS))).detach()
    assert float((nll + record.log_prob.sum(dim=1)).abs().max()) < EXACT


def test_a_transcript_read_as_a_demonstration_has_the_same_tokens(policy: Policy) -> None:
    parts = ("1+1=", "#4", "2 7", "#3", "=")
    asked = context("3")
    taught = policy.encode(Samples(native=(parts,)), asked)
    assert policy.texts(taught.decisions["decision"]) == (  # type: ignore[operator]
        "1+1=\n=> #4\n2 7\n=> #3\n=",
    )
    own = sum(len(part) + 1 for part in parts[::2])
    assert int(taught.mask.sum()) == own


def test_an_answer_is_read_as_the_tokens_that_it_is(policy: Policy) -> None:
    """What the policy says after an answer depends on the answer."""
    asked = context("3", "3")
    pair = Samples(native=(("1", "#1", "2"), ("1", "#4", "2")))
    taught = policy.encode(pair, asked)
    law, _ = policy.replay(taught)
    after = law.log_prob(taught.decisions["decision"] % int(policy.above)).detach()[:, 5]  # type: ignore[arg-type]
    assert float((after[0] - after[1]).abs()) > 1e-4


def test_budgets_of_turns_end_an_episode_without_a_cut(policy: Policy) -> None:
    record = played(policy, PROMPTS, list(ROWS))
    assert record.terminated is not None
    assert record.truncated is not None
    ends = (record.terminated | record.truncated).sum(dim=1)
    assert bool((ends[record.valid_rows] == 1).all())
    short = played(policy, PROMPTS, list(ROWS), turns=1)
    assert short.segment is not None
    assert int(short.segment[short.mask].max()) == 0


def test_an_episode_that_breaks_drops_its_row_alone(policy: Policy) -> None:
    environment = Parrot(max_steps=9)
    streams = Streams(0, 0, "rollout", list(range(60)))
    record = rollout(policy, context(*["3"] * 60), streams, environment=environment)
    dropped = (~record.valid_rows).tolist()
    texts = record.sample.native or ()
    own = ["".join(t for t in text.splitlines() if t[:2] != "=>") for text in texts]
    assert 0 < sum(dropped) < 60
    assert all("9" in text for text, out in zip(own, dropped, strict=True) if out)
    assert environment.last_failure == "Parrot raised RuntimeError: out of seed"


def test_one_turn_is_the_policy_that_it_was() -> None:
    one = registry.make_policy("causal_lm/micro", {"num_steps": 8})
    assert "acts" not in one.capabilities
    assert type(one).__name__ == "CausalLM"


def test_a_demonstration_that_is_too_long_is_clear(policy: Policy) -> None:
    with pytest.raises(SuiteError, match="has 42 tokens with its answers"):
        policy.encode(Samples(native=(("1" * 20, "2" * 20),)), context("3"))


CHAT = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{{ eos }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def chatting(template: str) -> Any:
    letters = "0123456789abcdefghijklmnopqrstuvwxyz<>? #="
    made: Any = registry.make_policy("causal_lm/micro", {"turns": 3, "alphabet": letters})
    made.tokenizer.chat_template = template.replace("{{ eos }}", made.tokenizer.eos_token)
    made.chat = True
    return made


def test_a_chat_template_writes_its_own_words_around_an_answer() -> None:
    """What stands between two turns is what the template writes there, the first end apart."""
    made = chatting(CHAT)
    between = made.tokenizer.decode(made.answer_ids("#1"))
    assert between == f"<tool>#1{made.tokenizer.eos_token}<assistant>"


def test_a_template_without_tools_answers_as_a_user() -> None:
    known = "{% if m['role'] == 'tool' %}{{ raise_exception('no tools') }}{% endif %}<{{"
    made = chatting(CHAT.replace("<{{", known))
    assert made.tokenizer.decode(made.answer_ids("#1")).startswith("<user>#1")


def test_a_template_without_a_place_for_answers_is_clear() -> None:
    with pytest.raises(SuiteError, match=r"Set policy\.chat = false"):
        chatting("{{ messages[0]['content'] }}").answer_ids("#1")


def test_a_system_text_stands_before_the_prompt(policy: Any) -> None:
    made = chatting(CHAT)
    ids = made._prompt_ids("9?", "be brief")
    end = made.tokenizer.eos_token
    assert made.tokenizer.decode(ids) == f"<system>be brief{end}<user>9?{end}<assistant>"
