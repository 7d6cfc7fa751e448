"""Desirabilities against numbers that a hand can check, the corpus, and the statistics."""

import math

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_metric, make_reward
from suite.domains.molecule.chemistry import GraphCodec, parse
from suite.domains.molecule.contexts import MadeMolecules
from suite.domains.molecule.corpus import CORES, GROUPS, made_molecules
from suite.domains.molecule.desirability import DESIRABILITIES, geometric_mean, sa_score
from suite.domains.molecule.metrics import MoleculeStatistics, tanimoto_diversity
from suite.domains.molecule.reward import Desirability

NOTHING = Context(index=torch.zeros(1, dtype=torch.long))


def score(parts: tuple[str, ...], *smiles: str) -> list[float]:
    return Desirability(parts=parts)(Samples(native=smiles), NOTHING).value.tolist()


def test_the_logp_window_falls_by_half_a_unit_of_logp() -> None:
    """Crippen's logP of octane is 3.3668 (8 carbons with their hydrogens): .3668 above 3."""
    assert score(("logp",), "CCCCCCCC")[0] == pytest.approx(1 - 0.3668 / 2, abs=1e-4)
    assert score(("logp",), "c1ccccc1O")[0] == 1.0
    assert score(("logp",), "OCC(O)C(O)C(O)C(O)CO")[0] == 0.0


def test_alerts_count_each_objection() -> None:
    """An aldehyde is one; of a peroxide Brenk's list says three things."""
    assert score(("alerts",), "c1ccccc1O", "CCC=O", "CCOOCC") == pytest.approx([1.0, 0.5, 0.25])


def test_accessibility_maps_the_published_range_to_one_and_zero() -> None:
    phenol = parse("c1ccccc1O")
    assert phenol is not None
    assert score(("accessibility",), "c1ccccc1O")[0] == pytest.approx((10 - sa_score(phenol)) / 9)
    assert score(("accessibility",), "c1ccccc1O")[0] > 0.9
    strange = "C1CC2(C1)C1(CC1)C21CC1"
    assert score(("accessibility",), strange)[0] < 0.7


def test_several_parts_are_their_geometric_mean() -> None:
    parts = ("qed", "logp", "alerts")
    each = [score((part,), "CCOOCC")[0] for part in parts]
    assert score(parts, "CCOOCC")[0] == pytest.approx(math.prod(each) ** (1 / 3), rel=1e-5)
    assert geometric_mean([0.0, 1.0]) == 0.0


def test_what_is_no_molecule_gets_nothing_and_a_reason() -> None:
    found = Desirability(parts=("qed",))(Samples(native=("c1ccc", "CC", "")), NOTHING)
    assert found.value.tolist()[0] == found.value.tolist()[2] == 0.0
    assert bool(found.valid.all())  # the model's fault, not the machine's
    assert found.reason == ("its syntax is wrong", None, "it is empty")
    assert found.parts["is_molecule"].tolist() == [0.0, 1.0, 0.0]


def test_training_and_held_out_reward_share_no_part() -> None:
    from suite.tasks.molecule.druglike import TASK

    assert TASK.reward is not None
    assert TASK.held_out_reward is not None
    used = set(TASK.reward.config["parts"]), set(TASK.held_out_reward.config["parts"])
    assert used[0] | used[1] == set(DESIRABILITIES)
    assert not used[0] & used[1]


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(SuiteError, match="no desirability named 'qde'"):
        make_reward("molecule/desirability", {"parts": ("qde",)})


# --- the corpus ---------------------------------------------------------------------------------


def test_every_core_and_group_is_a_molecule() -> None:
    assert [text for text in (*CORES, *GROUPS) if parse(text) is None] == []


def test_a_made_molecule_depends_on_its_number_alone() -> None:
    assert made_molecules(0, 30, 12)[20:] == made_molecules(20, 10, 12)


def test_the_base_learns_from_a_mixed_lot() -> None:
    """Good and bad: there is room above the corpus, and signal in it."""
    made = made_molecules(0, 400, 12)
    value = torch.tensor(score(("qed", "logp", "alerts"), *made))
    assert 0.4 < float(value.mean()) < 0.6
    assert float(value.std()) > 0.15


def test_held_out_molecules_are_none_of_the_demonstrations() -> None:
    contexts = MadeMolecules(num_demonstrations=500)
    codec = GraphCodec()
    train = set(codec.decode(contexts.demonstrations(torch.arange(500))[1]))
    held_out = set(codec.decode(contexts.held_out_demonstrations(torch.arange(300))[1]))
    assert len(held_out) > 150
    assert not train & held_out


# --- statistics ---------------------------------------------------------------------------------


def test_statistics_count_by_hand() -> None:
    metric = MoleculeStatistics(codec=GraphCodec(), known=frozenset({"CCO"}))
    natives = ("CCO", "OCC", "c1ccccc1", "CC", "c1ccc")
    found = metric(Samples(native=natives), NOTHING)
    assert found["validity"] == pytest.approx(4 / 5)
    assert found["uniqueness"] == pytest.approx(3 / 4)
    assert found["novelty"] == pytest.approx(2 / 3)
    assert 1.0 < found["sa"] < 10.0


def test_diversity_is_the_mean_tanimoto_distance() -> None:
    one, other = parse("CCO"), parse("c1ccccc1")
    assert one is not None
    assert other is not None
    assert tanimoto_diversity([one, one]) == 0.0
    assert tanimoto_diversity([one, other]) == 1.0  # no atom environment in common
    assert tanimoto_diversity([one, one, other]) == pytest.approx(2 / 3)
    assert tanimoto_diversity([one]) == 0.0


def test_a_set_without_a_molecule_has_a_validity_alone() -> None:
    metric = make_metric("molecule/made_statistics", {"num_known": 10})
    empty = Samples(tokens=torch.zeros(3, 12 + 66, dtype=torch.long))
    assert metric(empty, NOTHING) == {"validity": 0.0}
