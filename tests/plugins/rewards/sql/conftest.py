"""A small database and a verifier on it; the cache is the test's own."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from suite.plugins.rewards.sql.examples import SCRIPT
from suite.plugins.rewards.sql.items import SqlItem
from suite.plugins.rewards.sql.verifier import SqlVerifier


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCRIPT)
    connection.close()
    return path


@pytest.fixture(scope="module")
def verifier() -> Iterator[SqlVerifier]:
    with SqlVerifier(workers=1, cpu_seconds=0.3) as one:
        yield one


class Asker:
    """Makes items on the shop and judges single answers."""

    def __init__(self, verifier: SqlVerifier, path: Path) -> None:
        self.verifier, self.path = verifier, path

    def item(self, *golds: str, **settings: object) -> SqlItem:
        row = {"database": str(self.path), "gold": list(golds), **settings}
        return self.verifier.item(row)

    def verdict(self, answer: str, *golds: str, **settings: object) -> str:
        return str(self.verifier.judge([answer], [self.item(*golds, **settings)])[0].verdict)

    def refused(self, gold: str) -> str | None:
        loaded = self.verifier.load([{"database": str(self.path), "gold": gold}])
        return loaded.refused[0].status if loaded.refused else None


@pytest.fixture
def ask(verifier: SqlVerifier, shop: Path) -> Asker:
    return Asker(verifier, shop)
