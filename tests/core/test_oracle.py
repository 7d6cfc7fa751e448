"""Learned oracles: splits, fits with known answers, files, and the reward's two views."""

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from suite.core import oracle_files
from suite.core.errors import SuiteError
from suite.core.oracle import (
    Oracle,
    OracleReward,
    OracleSettings,
    hash_shares,
    row_hashes,
    split_rows,
    train_oracle,
)
from suite.core.oracle_files import cached_oracle, load_oracle, save_oracle
from suite.core.oracle_network import Members, fit_ridge, one_hot
from suite.core.records import Context, Samples

LENGTH, LETTERS = 4, 5
FAST = OracleSettings(hidden=(16,), batch_size=128, max_epochs=15)
RIDGE = OracleSettings(model="ridge", penalty=1e-6)


def measured(count: int = 1500, *, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Sequences with an additive score and one interaction, in arbitrary units around 10."""
    generator = torch.Generator().manual_seed(5)
    tokens = torch.randint(LETTERS, (count, LENGTH), generator=generator)
    weight = torch.randn(LENGTH, LETTERS, generator=generator)
    score = weight.gather(1, tokens.T).sum(dim=0)
    score = score + 2.0 * ((tokens[:, 0] == tokens[:, 3]).float())
    return tokens, 10.0 + 3.0 * score + noise * torch.randn(count, generator=generator)


@cache
def small_oracle() -> Oracle:
    tokens, target = measured()
    return train_oracle(tokens, target, FAST, 0, num_letters=LETTERS)


def context(count: int) -> Context:
    return Context(index=torch.zeros(count, dtype=torch.long))


# --- splits -------------------------------------------------------------------------------------


def test_a_split_depends_on_the_rows_and_not_on_their_order() -> None:
    hashes = row_hashes(torch.randint(20, (400, 6)))
    forward = split_rows(hashes, FAST, 0)
    backward = split_rows(hashes[::-1], FAST, 0)
    for name, rows in forward.items():
        mine = {hashes[i] for i in rows.tolist()}
        assert mine == {hashes[::-1][i] for i in backward[name].tolist()}


def test_splits_are_disjoint_complete_and_of_the_asked_size() -> None:
    hashes = [f"{i:x}" for i in range(4000)]
    rows = split_rows(hashes, FAST, 1)
    joined = torch.cat(list(rows.values()))
    assert joined.sort().values.tolist() == list(range(4000))
    # Binomial: 400 +- 19 in one standard deviation.
    assert abs(len(rows["test"]) - 400) < 80
    assert abs(len(rows["validation"]) - 400) < 80


def test_equal_sequences_never_stand_on_both_sides() -> None:
    tokens, target = measured(300)
    oracle = train_oracle(tokens.repeat(3, 1), target.repeat(3), RIDGE, 0, num_letters=LETTERS)
    seen, measured_by = oracle.training_rows, oracle.hashes["test"]
    assert not seen & measured_by
    assert seen | measured_by == set(row_hashes(tokens))


def test_hashes_do_not_depend_on_the_integer_type() -> None:
    tokens = torch.randint(20, (5, 7))
    assert row_hashes(tokens) == row_hashes(tokens.to(torch.int16))
    assert len(set(row_hashes(tokens))) == 5


def test_two_salts_cut_independently() -> None:
    hashes = [f"{i:x}" for i in range(4000)]
    first, second = hash_shares(hashes, "half") < 0.5, hash_shares(hashes, "other") < 0.5
    both = float((first & second).float().mean())
    assert abs(both - 0.25) < 0.03


def test_too_few_rows_are_refused_with_the_counts() -> None:
    tokens, target = measured(30)
    with pytest.raises(SuiteError) as caught:
        train_oracle(tokens, target, FAST, 0, num_letters=LETTERS)
    assert str(caught.value).startswith("30 measured rows are too few for an oracle: ")
    assert "each split needs 8.\nGive more data" in str(caught.value)


# --- fits ---------------------------------------------------------------------------------------


def test_ridge_solves_its_normal_equations() -> None:
    """Gradient of |y - Xw - b|^2 + penalty |w|^2 is 0 in w and in b, at unequal letter counts."""
    tokens, target = measured(200)
    target = target.double()
    members = fit_ridge(tokens, target, LETTERS, penalty=2.5)
    inputs = one_hot(tokens, LETTERS).double()
    weight = members.weights[0].detach().double().view(-1)
    residual = target - inputs @ weight - members.biases[0].detach().double().view(())
    torch.testing.assert_close(inputs.T @ residual, 2.5 * weight, atol=1e-3, rtol=1e-3)
    assert abs(float(residual.sum())) < 1e-3


def test_ridge_finds_an_additive_score_exactly() -> None:
    tokens, _ = measured(600)
    target = (tokens * torch.tensor([1.0, -2.1, 0.53, 3.07])).sum(dim=1) + 7.0
    report = train_oracle(tokens, target, RIDGE, 0, num_letters=LETTERS).report
    assert report.r2 > 1.0 - 1e-6
    assert report.spearman > 1.0 - 1e-6
    assert report.rmse < 1e-3


def test_a_network_sees_the_interaction_that_ridge_cannot() -> None:
    tokens, target = measured()
    additive = train_oracle(tokens, target, RIDGE, 0, num_letters=LETTERS).report
    network = train_oracle(
        tokens, target, FAST.model_copy(update={"max_epochs": 60}), 0, num_letters=LETTERS
    ).report
    assert network.rmse < 0.5 * additive.rmse
    assert network.spearman > additive.spearman


def test_calibration_brings_the_error_down_where_the_scorer_is_bent() -> None:
    """exp of an additive score: ridge is off at both ends, the isotonic map is not."""
    tokens, target = measured(3000)
    bent = ((target - 10.0) / 3.0).exp()
    settings = RIDGE.model_copy(update={"calibration": "isotonic"})
    report = train_oracle(tokens, bent, settings, 0, num_letters=LETTERS).report
    assert report.calibration_error < 0.5 * report.raw_calibration_error


def test_members_learn_alone() -> None:
    """A member's gradient is what it would be without the others beside it."""
    members = Members((6, 3, 1), 2, torch.Generator().manual_seed(0))
    inputs = torch.randn(2, 8, 6)
    (members(inputs) ** 2).mean(dim=1).sum().backward()
    together = members.weights[0].grad
    assert together is not None
    for one in range(2):
        alone = Members((6, 3, 1), 1, torch.Generator())
        alone.load_state_dict({k: v[one : one + 1] for k, v in members.state_dict().items()})
        (alone(inputs[one]) ** 2).mean(dim=1).sum().backward()
        assert alone.weights[0].grad is not None
        torch.testing.assert_close(alone.weights[0].grad[0], together[one])


def test_the_same_seed_trains_the_same_oracle() -> None:
    tokens, target = measured()
    again = train_oracle(tokens, target, FAST, 0, num_letters=LETTERS)
    letters = torch.nn.functional.one_hot(tokens[:20], LETTERS)
    assert torch.equal(again(letters), small_oracle()(letters))
    assert again.report == small_oracle().report


def test_training_stops_when_validation_no_longer_falls() -> None:
    """Targets that the tokens say nothing of: the first weights are soon the best."""
    tokens, _ = measured()
    noise = torch.randn(len(tokens), generator=torch.Generator().manual_seed(9))
    settings = FAST.model_copy(update={"max_epochs": 200, "patience": 2})
    report = train_oracle(tokens, noise, settings, 0, num_letters=LETTERS).report
    assert report.epochs < 20
    assert report.r2 < 0.1


@pytest.mark.parametrize(
    ("tokens", "targets", "said"),
    [
        (torch.zeros(5, 2, dtype=torch.long), torch.zeros(4), "got tokens [5, 2] and targets [4]"),
        (torch.full((5, 2), 7), torch.zeros(5), "tokens must be 0 to 4, got up to 7"),
        (torch.zeros(5, 2, dtype=torch.long), torch.full((5,), torch.nan), "must be finite"),
    ],
)
def test_impossible_input_is_named(tokens: Tensor, targets: Tensor, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is checked
        train_oracle(tokens, targets, FAST, 0, num_letters=LETTERS)
    assert said in str(caught.value)


# --- files --------------------------------------------------------------------------------------


def test_a_saved_oracle_says_the_same(tmp_path: Path) -> None:
    save_oracle(small_oracle(), tmp_path)
    again = load_oracle(tmp_path)
    letters = torch.nn.functional.one_hot(measured()[0][:50], LETTERS)
    assert torch.equal(again(letters), small_oracle()(letters))
    assert again.hashes == small_oracle().hashes
    assert again.report == small_oracle().report
    assert again.settings == FAST


def test_a_folder_without_an_oracle_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load_oracle(tmp_path)
    assert str(caught.value).startswith(f"no oracle can be read from '{tmp_path}'")
    assert "oracle.safetensors and oracle.json" in str(caught.value)


def test_a_damaged_oracle_is_named(tmp_path: Path) -> None:
    save_oracle(small_oracle(), tmp_path)
    (tmp_path / "oracle.safetensors").write_bytes(b"half")
    with pytest.raises(SuiteError, match="no oracle can be read"):
        load_oracle(tmp_path)


def test_an_oracle_is_trained_once_and_again_when_its_data_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_CACHE", str(tmp_path))
    trained = []

    def counting(*args: object, **kwargs: object) -> Oracle:
        trained.append(args)
        return train_oracle(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(oracle_files, "train_oracle", counting)
    tokens, target = measured(400)
    first = cached_oracle("test/additive", tokens, target, RIDGE, 0, num_letters=LETTERS)
    again = cached_oracle("test/additive", tokens, target, RIDGE, 0, num_letters=LETTERS)
    assert len(trained) == 1
    assert again.report == first.report
    cached_oracle("test/additive", tokens, target + 1.0, RIDGE, 0, num_letters=LETTERS)
    cached_oracle("test/additive", tokens, target, RIDGE, 1, num_letters=LETTERS)
    assert len(trained) == 3


# --- the reward ---------------------------------------------------------------------------------


def test_the_relaxed_view_equals_the_tokens_at_the_corners() -> None:
    reward = OracleReward(small_oracle(), unit="none", pessimism=0.5)
    tokens = measured()[0][:30]
    corners = torch.nn.functional.one_hot(tokens, LETTERS).float()
    hard = reward(Samples(tokens=tokens), context(30)).value
    soft = reward(Samples(relaxed=corners), context(30)).value
    torch.testing.assert_close(hard, soft, rtol=0, atol=0)


def test_the_gradient_of_the_relaxed_view_is_that_of_finite_differences() -> None:
    oracle = small_oracle()
    generator = torch.Generator().manual_seed(4)
    point = torch.rand(3, LENGTH, LETTERS, generator=generator).softmax(dim=2)
    point.requires_grad_(requires_grad=True)
    oracle(point).sum().backward()
    assert point.grad is not None
    direction = torch.randn(point.shape, generator=generator)
    step = 1e-2  # the network is float32
    ahead = oracle(point.detach() + step * direction).sum()
    behind = oracle(point.detach() - step * direction).sum()
    expected = float((ahead - behind) / (2 * step))
    assert float((point.grad * direction).sum()) == pytest.approx(expected, rel=5e-3)


def test_pessimism_takes_off_what_members_disagree_on() -> None:
    tokens = measured()[0][:30]
    plain = OracleReward(small_oracle(), unit="none")(Samples(tokens=tokens), context(30))
    wary = OracleReward(small_oracle(), unit="none", pessimism=2.0)(
        Samples(tokens=tokens), context(30)
    )
    spread = plain.parts["spread"]
    assert float(spread.min()) > 0.0
    torch.testing.assert_close(wary.value, plain.value - 2.0 * spread)


def test_a_wrong_length_is_named() -> None:
    with pytest.raises(ValueError, match=r"this oracle scores \[B, 4, 5\], got \[2, 3, 5\]"):
        small_oracle()(torch.zeros(2, 3, 5))


def test_the_price_of_an_invalid_sample_is_the_worst_measured_row() -> None:
    reward = OracleReward(small_oracle(), unit="none")
    assert reward.price_of_invalid == small_oracle().report.lowest


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("num_members", [1, 3])
def test_few_rows_are_scored_without_a_warning(rows: int, num_members: int) -> None:
    """One row has a spread over members, and no rows have none."""
    tokens, targets = measured(400)
    settings = OracleSettings(hidden=(8,), num_members=num_members, max_epochs=5)
    oracle = train_oracle(tokens, targets, settings, 0, num_letters=LETTERS)
    mean, spread = oracle.predict(torch.nn.functional.one_hot(tokens[:rows], LETTERS))
    assert mean.shape == spread.shape == (rows,)
    assert bool((spread == 0).all()) is (num_members == 1 or rows == 0)


@pytest.mark.filterwarnings("error")
def test_one_measured_row_is_too_few_for_an_oracle() -> None:
    with pytest.raises(SuiteError, match="1 measured rows are too few for an oracle"):
        train_oracle(
            torch.zeros(1, 3, dtype=torch.long), torch.zeros(1), OracleSettings(), 0, num_letters=4
        )
