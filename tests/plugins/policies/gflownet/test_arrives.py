"""Trained by trajectory balance, the small policy draws molecules as the target says."""

import pytest
import torch

from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.records import Samples
from suite.core.scoring import score
from suite.core.trainer import Trainer
from suite.tests.plugins.policies.gflownet import test_exact

BETA = 0.1
SETTINGS = {
    "train.num_steps": 150,
    "train.learning_rate": 0.02,
    "train.group_size": 128,
    "train.schedule": "cosine",
    "algo.beta": BETA,
    "controls.enabled": False,
}


@pytest.mark.parametrize(("algo", "furthest"), [("tb", 0.08), ("subtb", 0.15)])
def test_molecules_come_in_proportion_to_their_reward(algo: str, furthest: float) -> None:
    """Total variation over all 92 graphs of three atoms at most; about .58 before training."""
    built = build(resolve_request(Request(task="molecule/micro", algo=algo, settings=SETTINGS)))
    freeze_base(built)
    found = test_exact.FOUND["three atoms"]
    record = found.record()
    keys, place = test_exact.classes(test_exact.SPACES["three atoms"], found.graphs)
    assert built.codec is not None
    assert built.run.reward is not None
    natives = built.codec.decode(record.sample)
    value = built.run.reward(Samples(native=natives), record.context).value
    first = torch.tensor([int((place == c).nonzero()[0]) for c in range(len(keys))])
    target = (value[first].double() / BETA).softmax(dim=0)

    def distance() -> float:
        log_prob = score(built.run.policy, record).log_prob.detach().sum(dim=1)
        return float(0.5 * (test_exact.summed(log_prob.exp(), place) - target).abs().sum())

    assert distance() > 0.4
    Trainer(built.run, built.algorithm).train()
    assert distance() < furthest
