"""The held-out reward: coefficients, sign, and the script that makes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from suite.core.oracle_metrics import spearman
from suite.core.records import Context, Samples
from suite.domains.protein.alphabet import INDEX, encode, one_hot, scale
from suite.domains.protein.bundle import bundle_family
from suite.domains.protein.contexts import backbone_data
from suite.domains.protein.natives import sample_natives
from suite.domains.protein.reward import BundleDesign
from suite.domains.protein.scales import SWISS_PROT_PERCENT
from suite.domains.protein.stability import COLUMNS, StabilityReward, load_model, shipped_record


def made_context(burial: list[float], helix: list[int]) -> Context:
    data = {
        "burial": torch.tensor([burial]),
        "secondary": torch.tensor([helix]),
        "mask": torch.ones(1, len(burial), dtype=torch.bool),
    }
    return Context(index=torch.zeros(1).long(), data=data)


def bundles(each: int) -> tuple[Samples, Context]:
    data = backbone_data(bundle_family(4, 0, seed=5)[0])
    tokens = sample_natives(data, each, torch.Generator().manual_seed(0)).flatten(0, 1)
    index = torch.arange(4).repeat_interleave(each)
    on = Context(index=index, data={key: value[index] for key, value in data.items()})
    return Samples(tokens=tokens), on


def test_a_score_is_the_sum_of_three_coefficients_a_residue() -> None:
    columns = shipped_record()["coefficients"]
    on = made_context([0.5, 0.0, 1.0], [1, 0, 2])
    score = StabilityReward()(Samples(tokens=encode(["LKY"])), on).value.item()
    leucine = columns["anywhere"]["L"] + 0.5 * columns["buried"]["L"] + columns["helix"]["L"]
    lysine = columns["anywhere"]["K"]
    tyrosine = columns["anywhere"]["Y"] + columns["buried"]["Y"]  # in a strand
    assert score == pytest.approx((leucine + lysine + tyrosine) / 3, abs=1e-6)


def test_a_mutation_and_its_inverse_cancel() -> None:
    on = made_context([0.7, 0.2], [1, 1])
    model, data = load_model(), on.data
    helix = (data["secondary"] == 1).float()

    def stability(sequence: str) -> float:
        probs = one_hot(encode([sequence]))
        return model.stability(probs, data["burial"], helix, data["mask"]).item()

    there, back = stability("LA") - stability("GA"), stability("GA") - stability("LA")
    assert there == -back
    assert there > 0  # leucine for glycine inside a helix


def test_what_is_known_of_proteins_is_in_the_coefficients() -> None:
    """Signs that any table of mutants must show, or ddG was read upside down."""
    anywhere, buried, helix = load_model().coefficients
    hydrophobic = torch.stack([buried[INDEX[a]] for a in "ILFV"]).mean()
    polar = torch.stack([buried[INDEX[a]] for a in "DEKNSG"]).mean()
    assert hydrophobic > polar + 0.5
    assert helix.argmin() == INDEX["P"]
    assert helix[INDEX["A"]] > helix[INDEX["G"]] > helix[INDEX["P"]]
    assert anywhere.abs().max() < 1.5


def test_a_random_natural_composition_is_worth_nothing() -> None:
    shares = scale(SWISS_PROT_PERCENT) / sum(SWISS_PROT_PERCENT.values())
    assert (load_model().coefficients @ shares).abs().max() < 1e-3


def test_relaxed_equals_tensor_at_the_corners() -> None:
    samples, on = bundles(4)
    assert samples.tokens is not None
    relaxed = Samples(relaxed=one_hot(samples.tokens))
    torch.testing.assert_close(
        StabilityReward()(relaxed, on).value, StabilityReward()(samples, on).value
    )


def test_gradients_agree_with_finite_differences() -> None:
    on = made_context([0.5, 0.0, 1.0], [1, 0, 0])
    probs = torch.rand(1, 3, 20, dtype=torch.float64).softmax(dim=-1).requires_grad_()

    def value(point: torch.Tensor) -> torch.Tensor:
        return StabilityReward()(Samples(relaxed=point), on).value

    assert torch.autograd.gradcheck(value, probs)


def test_it_reads_no_contact() -> None:
    samples, on = bundles(2)
    data = {key: value for key, value in on.data.items() if key not in ("contacts", "backbone")}
    bare = Context(index=on.index, data=data)
    assert torch.equal(StabilityReward()(samples, bare).value, StabilityReward()(samples, on).value)
    with pytest.raises(ValueError, match=r"reads context\.data\['burial'\]"):
        StabilityReward()(samples, Context(index=on.index))


def test_it_agrees_with_the_training_reward_in_part_only() -> None:
    """Related, or it could not judge; not the same, or it would not be held out."""
    samples, on = bundles(128)
    agreement = spearman(StabilityReward()(samples, on).value, BundleDesign()(samples, on).value)
    assert 0.3 < agreement < 0.8


def test_the_record_says_how_good_the_model_is() -> None:
    record = shipped_record()
    assert set(record["coefficients"]) == set(COLUMNS)
    assert all(set(column) == set(INDEX) for column in record["coefficients"].values())
    ssym = record["ssym"]
    assert 0.3 < ssym["spearman_direct"] < 1.0
    assert ssym["pearson_direct_with_inverse"] == pytest.approx(-1.0, abs=1e-3)
    assert ssym["rows_with_environment"] > 300
    assert {"2LZM", "4LYZ", "1EY0"} <= set(record["fitted_to"]["left_out_as_homologous_to_ssym"])


def test_the_script_makes_the_coefficients_that_ship(
    data_folder: Path, repository: Path, tmp_path: Path
) -> None:
    script = repository / "scripts/fit_stability_model.py"
    out = tmp_path / "stability.json"
    command = [sys.executable, str(script), "--data", str(data_folder), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    made, shipped = json.loads(out.read_text()), shipped_record()
    for column in COLUMNS:
        assert made["coefficients"][column] == pytest.approx(
            shipped["coefficients"][column], abs=1e-3
        )
    assert made["ssym"] == pytest.approx(shipped["ssym"], abs=2e-3)
