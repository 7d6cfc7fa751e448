"""One sandbox a level for the whole session; a program's limits are small, so that tests are."""

import subprocess
from collections.abc import Iterator

import pytest

from suite.core.execution.levels import Level, why_not
from suite.core.execution.limits import Limits
from suite.core.execution.sandbox import Sandbox

SMALL = Limits(cpu_seconds=1.0, wall_seconds=3.0, memory_mb=256, output_bytes=1 << 16)


def available(level: Level) -> None:
    """Skip where the machine lacks what the level is made of."""
    reason = why_not(level)
    if reason is None:
        return
    if level is Level.L3 and "bubblewrap is not installed" in reason:
        pytest.skip("no bubblewrap")
    allowed = ["unshare", "--user", "--pid", "--fork", "true"]
    if level >= Level.L2 and subprocess.run(allowed, capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces")
    pytest.fail(f"{level.name} does not work here: {reason}")


@pytest.fixture(scope="session", params=[Level.L1, Level.L2, Level.L3], ids=lambda one: one.name)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of two workers at each level that protects verdicts."""
    available(request.param)
    with Sandbox(request.param, workers=2, limits=SMALL) as made:
        yield made


@pytest.fixture(scope="session")
def strong() -> Iterator[Sandbox]:
    """A sandbox at L2, where one level is enough."""
    available(Level.L2)
    with Sandbox(Level.L2, workers=2, limits=SMALL) as made:
        yield made
