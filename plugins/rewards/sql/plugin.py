"""The hook answer; sqlglot and the engines wait inside the function."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.errors import SuiteError, missing_extra
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.reward import Reward


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``; the manifest promises that it is one of the two."""
    from suite.core.verifier import VerifierReward

    try:
        from suite.plugins.rewards.sql.parts import REASONING_SQL
        from suite.plugins.rewards.sql.verifier import SqlVerifier
    except ModuleNotFoundError as error:
        if error.name != "sqlglot":
            raise
        raise missing_extra("sqlglot", "sql", needed_by=name) from error
    own = {"weights": REASONING_SQL} if name == "sql/reasoning_sql" else {}
    settings: dict[str, Any] = {**own, **config}
    try:
        return VerifierReward(SqlVerifier(**settings))
    except TypeError as error:
        raise SuiteError(f"{name}: {error}.\nThe settings are in docs/verifiers/sql.md.") from error
