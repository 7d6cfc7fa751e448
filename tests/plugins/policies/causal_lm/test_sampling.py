"""A nucleus bends what is drawn and not what is scored; a stop text ends an answer."""

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
from suite.plugins.policies.causal_lm.sampling import Nucleus, length_at_stop

ROWS = 32
PROMPTS = Context(index=torch.arange(ROWS), native=({"prompt": "1+2="},) * ROWS)


def made(**settings: object) -> Policy:
    return registry.make_policy("causal_lm/micro", {"num_steps": 10, **settings}).double()


def streams(rows: int = ROWS) -> Streams:
    return Streams(0, 0, "rollout", range(rows))


def logits(*p: float) -> Tensor:
    return torch.tensor([p], dtype=torch.float64).log()


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [
        (0.05, [0, 1, 0, 0]),
        (0.55, [0, 5 / 8, 0, 3 / 8]),
        (0.85, [0, 0.5 / 0.95, 0.15 / 0.95, 0.3 / 0.95]),
    ],
)
def test_the_nucleus_is_the_smallest_set_that_holds_enough(top_p: float, kept: list[float]) -> None:
    law = Nucleus(logits(0.05, 0.5, 0.15, 0.3), top_p)
    letters = torch.arange(4)
    found = torch.stack([law.behaviour_log_prob(one.unsqueeze(0)).exp() for one in letters])
    torch.testing.assert_close(found.squeeze(1), torch.tensor(kept, dtype=torch.float64))
    whole = torch.stack([law.log_prob(one.unsqueeze(0)).exp() for one in letters])
    torch.testing.assert_close(whole.squeeze(1), logits(0.05, 0.5, 0.15, 0.3).exp()[0])


def test_draws_of_a_nucleus_follow_what_is_recorded_of_them() -> None:
    law = Nucleus(logits(0.05, 0.5, 0.15, 0.3).expand(4000, 4), 0.55)
    drawn = law.sample(streams(4000))
    share = torch.bincount(drawn, minlength=4) / 4000
    assert share[0] == share[2] == 0
    assert abs(float(share[1]) - 5 / 8) < 4 * (0.625 * 0.375 / 4000) ** 0.5


def test_the_record_holds_both_laws_and_scoring_gives_the_untruncated_one() -> None:
    policy = made(top_p=0.5)
    record = rollout_in_batches(policy, PROMPTS, streams(), batch_size=5)
    assert record.behaviour_log_prob is not None
    more = record.behaviour_log_prob - record.log_prob
    assert bool((more[record.mask] > 0).all())
    assert bool((record.behaviour_log_prob[~record.mask] == 0).all())
    again = score(policy, record).log_prob.detach()
    assert float((again - record.log_prob).abs().max()) < 1e-10


def test_without_a_nucleus_there_is_one_law() -> None:
    assert rollout(made(), PROMPTS, streams()).behaviour_log_prob is None


def test_an_answer_ends_at_the_token_that_completes_a_stop_text() -> None:
    free, stopped = made(), made(stop=("7", "1#"))
    texts = rollout(free, PROMPTS, streams()).sample.native or ()
    record = rollout(stopped, PROMPTS, streams())
    expected = [_cut(str(text), ("7", "1#")) for text in texts]
    assert list(record.sample.native or ()) == expected
    assert expected != list(texts)
    again = score(stopped, record).log_prob.detach()
    assert float((again - record.log_prob).abs().max()) < 1e-10


def _cut(text: str, stop: tuple[str, ...]) -> str:
    ends = [text.index(one) + len(one) for one in stop if one in text]
    return text[: min(ends)] if ends else text


def test_drawn_tokens_of_a_stopped_answer_are_scored_up_to_their_stop() -> None:
    policy = made(stop=("7",))
    record = rollout(policy, PROMPTS, streams())
    nll = policy.nll(Samples(tokens=record.sample.tokens), PROMPTS, streams()).detach()
    assert float((nll + record.log_prob.sum(dim=1)).abs().max()) < 1e-10


def test_a_stop_may_span_tokens() -> None:
    assert length_at_stop(lambda ids: "".join(map(chr, ids)), [97, 98, 99, 100], ("bc",)) == 3


@pytest.mark.parametrize("settings", [{"top_p": 0.0}, {"top_p": 1.5}, {"stop": ("",)}])
def test_settings_that_bend_nothing_are_clear(settings: dict[str, object]) -> None:
    with pytest.raises(SuiteError, match=next(iter(settings))):
        made(**settings)
