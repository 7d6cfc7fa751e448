"""Digits: three parts that share nothing, slips, two judges of different kinds, and files."""

import sys

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.image import digits as module
from suite.domains.image.digits import WORDS, DigitCodec, DigitContexts, digits
from suite.testing import check_codec, check_contexts, check_reward

PARTS = ("reward", "judge", "apart")


def asked(words: list[str]) -> Context:
    rows = tuple({"prompt": one} for one in words)
    return Context(index=torch.arange(len(rows)), native=rows)


def unseen(noise: float) -> tuple[Samples, Context]:
    known = digits("apart")
    generator = torch.Generator().manual_seed(0)
    pictures = known.pictures + noise * torch.randn(known.pictures.shape, generator=generator)
    return Samples(values=pictures), asked([WORDS[n] for n in known.labels.tolist()])


def test_every_digit_is_in_one_part_and_no_picture_in_two() -> None:
    parts = [digits(part).pictures for part in PARTS]
    assert sum(map(len, parts)) == 1797
    hashed = [{one.numpy().tobytes() for one in part} for part in parts]
    assert not hashed[0] & hashed[1]
    assert not hashed[0] & hashed[2]
    assert not hashed[1] & hashed[2]
    assert all(float(part.min()) == -1.0 and float(part.max()) == 1.0 for part in parts)
    assert all(digits(part).labels.unique().tolist() == list(range(10)) for part in PARTS)


def test_a_base_learns_from_two_parts_and_a_share_of_wrong_captions() -> None:
    contexts = DigitContexts(slips=0.4)
    index = torch.arange(contexts.num_demonstrations)
    context, samples = contexts.demonstrations(index)
    known = digits("reward", "judge")
    assert samples.values is not None
    assert torch.equal(samples.values, known.pictures)
    rows = context.native or ()
    right = [row["prompt"] == WORDS[n] for row, n in zip(rows, known.labels.tolist(), strict=True)]
    assert abs(sum(right) / len(right) - 0.6) < 0.03
    assert contexts.demonstrations(index)[0].native == rows


def test_without_slips_every_caption_is_right() -> None:
    contexts = DigitContexts()
    context, _ = contexts.demonstrations(torch.arange(50))
    wanted = [WORDS[n] for n in digits("reward", "judge").labels[:50].tolist()]
    assert [row["prompt"] for row in context.native or ()] == wanted


def test_what_measures_a_bases_likelihood_is_seen_by_nothing() -> None:
    context, samples = DigitContexts(slips=0.4).held_out_demonstrations(torch.arange(400))
    known, rows = digits("apart"), torch.arange(400) % len(digits("apart").labels)
    assert samples.values is not None
    assert torch.equal(samples.values, known.pictures[rows])
    wanted = [WORDS[n] for n in known.labels[rows].tolist()]
    assert [row["prompt"] for row in context.native or ()] == wanted


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_both_judges_read_at_least_97_percent_of_unseen_digits(noise: float) -> None:
    samples, context = unseen(noise)
    likelihood = registry.make_reward("image/digit_likelihood", {})(samples, context).value
    assert float((likelihood > -0.7).float().mean()) >= 0.96  # more likely than all others
    judge = registry.make_reward("image/digit_judge", {})(samples, context).value
    assert float(judge.mean()) >= 0.97


def test_other_captions_are_refused_by_both() -> None:
    samples, context = unseen(0.0)
    rows = [row["prompt"] for row in context.native or ()]
    other = asked([WORDS[(WORDS.index(word) + 1) % 10] for word in rows])
    likelihood = registry.make_reward("image/digit_likelihood", {})(samples, other).value
    assert float((likelihood < -2.0).float().mean()) >= 0.97
    assert float(registry.make_reward("image/digit_judge", {})(samples, other).value.mean()) < 0.03


def test_the_likelihoods_gradient_is_that_of_finite_differences_and_the_sum_is_one() -> None:
    reward = registry.make_reward("image/digit_likelihood", {})
    generator = torch.Generator().manual_seed(0)
    point = torch.randn(3, 1, 8, 8, generator=generator, dtype=torch.float64).requires_grad_()
    step = torch.randn(3, 1, 8, 8, generator=generator, dtype=torch.float64)
    context = asked(["three", "eight", "zero"])
    value = reward(Samples(values=point), context).value
    (slope,) = torch.autograd.grad(value.sum(), point)
    plain = point.detach()
    ends = [reward(Samples(values=plain + h * step), context).value for h in (1e-6, -1e-6)]
    found = (ends[0] - ends[1]) / 2e-6
    torch.testing.assert_close(found, (slope * step).flatten(1).sum(dim=1), rtol=1e-6, atol=1e-8)
    ten = Samples(values=plain[:1].expand(10, -1, -1, -1))
    assert float(reward(ten, asked(list(WORDS))).value.exp().sum()) == pytest.approx(1.0)


def test_words_are_drawn_as_digits_that_nothing_saw_and_the_judge_reads_them() -> None:
    codec = DigitCodec()
    samples = codec.encode(WORDS)
    assert samples.values is not None
    shown = {one.numpy().tobytes() for one in digits("apart").pictures}
    assert all(one.numpy().tobytes() in shown for one in samples.values)
    assert sum(codec.text(word) == word for word in WORDS) >= 9
    assert codec.picture(samples.values[0]).startswith("data:image/png;base64,")


def test_the_parts_keep_the_contracts_of_the_kit() -> None:
    codec, contexts = DigitCodec(), DigitContexts(slips=0.3)
    check_codec(codec, list(WORDS))
    check_contexts(contexts)
    samples, context = codec.encode(WORDS), contexts.train(torch.arange(10))
    for name in ("image/digit_likelihood", "image/digit_judge"):
        check_reward(registry.make_reward(name, {}), samples, context)


def test_a_picture_of_no_numbers_is_no_digit() -> None:
    broken = torch.full((1, 8, 8), float("nan"))
    assert DigitCodec().text(broken) == "nothing"
    samples = DigitCodec().encode((broken, "three"))
    judge = registry.make_reward("image/digit_judge", {})
    assert judge(samples, asked(["nine", "three"])).value.tolist() == [0.0, 1.0]


def test_bad_input_is_named() -> None:
    with pytest.raises(SuiteError, match="no caption of a digit: 'ten'"):
        DigitCodec().encode(("ten",))
    with pytest.raises(SuiteError, match="slips must be a share"):
        DigitContexts(slips=2.0)
    large = Samples(values=torch.zeros(1, 3, 32, 32))
    for name in ("image/digit_likelihood", "image/digit_judge"):
        with pytest.raises(SuiteError, match=r"\[1, 8, 8\], and these are \[3, 32, 32\]"):
            registry.make_reward(name, {})(large, asked(["one"]))
        with pytest.raises(SuiteError, match="got none"):
            registry.make_reward(name, {})(
                Samples(values=torch.zeros(1, 1, 8, 8)), Context(index=torch.arange(1))
            )


def test_a_missing_scikit_learn_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    module._every.cache_clear()
    module.digits.cache_clear()
    with pytest.raises(SuiteError, match=r"needs the package 'scikit-learn'.*\n.*\[image\]"):
        registry.make_contexts("image/digits", {})
