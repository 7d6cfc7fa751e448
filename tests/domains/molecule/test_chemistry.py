"""Molecules in and out: round trips, every graph of a policy, and what is refused."""

import base64

import pytest
import torch
from rdkit import Chem

from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.registry import make_policy
from suite.core.report.pictures import safe_picture
from suite.core.rollout import rollout
from suite.domains.molecule.chemistry import GraphCodec, parse, plain_smiles, why_not
from suite.domains.molecule.corpus import made_molecules

ASPIRIN_PART = "CC(=O)Nc1ccccc1"


def test_made_molecules_survive_the_round_trip() -> None:
    made = made_molecules(0, 200, 12)
    codec = GraphCodec()
    tokens = codec.encode(made).tokens
    assert codec.decode(Samples(tokens=tokens)) == made


def test_two_spellings_are_one_molecule_whatever_the_order_of_atoms() -> None:
    codec = GraphCodec()
    found = codec.decode(codec.encode(("OCC", "C(O)C", "[CH3][CH2][OH]")))
    assert found == ("CCO", "CCO", "CCO")


def test_tokens_are_elements_then_bonds_of_pairs_in_order() -> None:
    codec = GraphCodec(max_nodes=3, elements=("C", "N", "O"))
    tokens = codec.encode(("C=O", "CN")).tokens
    assert tokens is not None
    # Atoms C, O; pairs (0, 1), (0, 2), (1, 2): a double bond between the first two.
    assert tokens.tolist() == [[1, 3, 0, 2, 0, 0], [1, 2, 0, 1, 0, 0]]


def test_every_graph_that_an_untrained_policy_builds_is_a_molecule() -> None:
    settings = {"valences": (4, 3, 2, 1, 2, 1), "max_nodes": 12, "max_rings": 2}
    policy = make_policy("gflownet/tiny", settings)
    context = Context(index=torch.zeros(256, dtype=torch.long))
    drawn = rollout(policy, context, Streams(0, 0, "train", range(256)))
    texts = GraphCodec().decode(drawn.sample)
    assert all(parse(str(text)) is not None for text in texts)
    assert len(set(texts)) > 50
    assert max(Chem.MolFromSmiles(str(text)).GetNumAtoms() for text in texts) <= 12


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("c1ccccc", "its syntax is wrong"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C, 5, is greater than permitted"),
        ("c1cccc1", "Can't kekulize"),
        ("", "it is empty"),
    ],
)
def test_a_string_that_is_no_molecule_is_named_with_the_reason(smiles: str, reason: str) -> None:
    assert parse(smiles) is None
    assert reason in why_not(smiles)
    with pytest.raises(SuiteError) as caught:
        GraphCodec().encode((smiles,))
    assert str(caught.value).startswith(f"'{smiles}' is not a molecule: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("CCCCCCCCCCCCC", "it has 13 heavy atoms"),
        ("CBr", "it holds Br"),
        ("C[N+](C)(C)C", "N is charged"),
        ("CC.CC", "it is in several pieces"),
        ("CS(C)(=O)=O", "S has 6 bonds"),
        ("C[CH2]", "C has 3 bonds"),
    ],
)
def test_a_molecule_that_no_graph_holds_is_refused(smiles: str, reason: str) -> None:
    with pytest.raises(SuiteError) as caught:
        GraphCodec().encode((smiles,))
    assert f"'{smiles}' cannot be a graph of this task: {reason}" in str(caught.value)


def test_a_graph_that_breaks_valences_has_no_smiles() -> None:
    codec = GraphCodec(max_nodes=3, elements=("C", "N", "O"))
    assert codec.decode(Samples(tokens=torch.tensor([[3, 3, 0, 3, 0, 0], [0] * 6]))) == ("", "")


def test_stereochemistry_is_left_out() -> None:
    molecule = parse("C[C@H](N)C(=O)O")
    assert molecule is not None
    assert plain_smiles(molecule) == "CC(N)C(=O)O"


def test_a_molecule_is_drawn_for_the_report_and_what_is_none_is_not() -> None:
    drawn = GraphCodec().picture("CCO")
    assert drawn is not None
    assert safe_picture(drawn) == drawn
    text = base64.b64decode(drawn.partition(",")[2]).decode()
    assert "<svg" in text
    assert "OH" in text or ">O<" in text or "atom-2" in text
    assert "http" not in text.replace("http://www.w3.org", "").replace("http://www.rdkit.org", "")
    assert GraphCodec().picture("CCO") != GraphCodec().picture("CCN")
    assert GraphCodec().picture("") is None
    assert GraphCodec().picture("C(") is None
