"""One verifier for the folder, with small limits."""

from collections.abc import Iterator

import pytest

from suite.plugins.rewards.code.verifier import CodeVerifier


@pytest.fixture(scope="session")
def verifier() -> Iterator[CodeVerifier]:
    with CodeVerifier(cpu_seconds=1.0, wall_seconds=4.0, memory_mb=256) as made:
        yield made
