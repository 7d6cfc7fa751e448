"""A saved oracle through the registry's door."""

from pathlib import Path

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.oracle import OracleSettings, train_oracle
from suite.core.oracle_files import save_oracle
from suite.core.records import Context, Samples


def test_a_saved_oracle_is_a_reward_by_name(tmp_path: Path) -> None:
    tokens = torch.randint(4, (300, 3))
    oracle = train_oracle(
        tokens, tokens.sum(dim=1).float(), OracleSettings(model="ridge"), 0, num_letters=4
    )
    save_oracle(oracle, tmp_path)
    config = {"folder": str(tmp_path), "unit": "kcal/mol"}
    reward = registry.make_reward("learned/oracle", config)
    context = Context(index=torch.zeros(5, dtype=torch.long))
    scores = reward(Samples(tokens=tokens[:5]), context)
    expected = oracle(torch.nn.functional.one_hot(tokens[:5], 4))
    torch.testing.assert_close(scores.value, expected)
    assert reward.unit == "kcal/mol"
    assert reward.differentiable


def test_a_missing_folder_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no oracle can be read"):
        registry.make_reward("learned/oracle", {"folder": str(tmp_path / "absent")})
