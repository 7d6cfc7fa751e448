"""What every test stands on: one thread, a fixed seed, a cache of its own, and no silent skips.

The threads are set in the environment before anything imports torch, so that the processes which
tests start inherit them.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import hypothesis
import numpy as np
import pytest
import torch

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def pytest_configure(config: pytest.Config) -> None:
    """Start single-threaded, with property tests that draw the same examples every time."""
    torch.set_num_threads(1)
    # A busy machine is no reason to fail: the deadline would time one example.
    hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("suite")
    # Options of this session (two workers in CI) are not for the pytest runs that tests start.
    os.environ.pop("PYTEST_ADDOPTS", None)


# --- skips -------------------------------------------------------------------------------------


def allowed_skips() -> frozenset[str]:
    """The permitted reasons; comments and blank lines of the file do not count."""
    lines = (line.strip() for line in ALLOWED_SKIPS.read_text().splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """Why a report does not count as run, None if it does.

    An expected failure counts as not run whether or not it then fails: pytest marks both with
    ``wasxfail``. The prefixes are pytest's own and not part of what the author wrote.
    """
    expected_failure = getattr(report, "wasxfail", None)
    if expected_failure is not None:
        return str(expected_failure).removeprefix("reason: ").removeprefix("[NOTRUN] ")
    if not report.skipped:
        return None
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(text).removeprefix("Skipped: ")


def refuse_unlisted_skip(report: Any) -> Any:
    """The report, turned into a failure where its reason is not on the list.

    Changing the report where it is made, and not adding them up at the end, names the test, sets
    pytest's own exit status and needs nothing more under pytest-xdist.
    """
    reason = skip_reason(report)
    if reason is not None and reason not in allowed_skips():
        report.outcome = "failed"
        report.longrepr = (
            f"{report.nodeid}: '{reason}' is not a permitted reason to skip or to fail.\n"
            f"Permitted are the lines of tests/{ALLOWED_SKIPS.name}; make the test run instead."
        )
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Outermost, so that pytest has already turned expected failures into skips."""
    return refuse_unlisted_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """The same for a module that skips as a whole."""
    return refuse_unlisted_skip((yield))


# --- surroundings ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Every test starts from the same global random states."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - third-party code reads the old global state
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def suite_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh cache for the session, shared by its worker processes.

    SUITE_TEST_CACHE names one to keep instead, which saves the training of the base policies.
    """
    session_root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        session_root = session_root.parent
    folder = Path(os.environ.get("SUITE_TEST_CACHE", session_root / "suite-cache")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUITE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the working tree."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data that SUITE_DATA names."""
    named = os.environ.get("SUITE_DATA")
    if not named:
        pytest.skip("no data folder (set SUITE_DATA)")
    folder = Path(named).resolve()
    # A wrong path is a mistake to mend, not a reason to skip.
    assert folder.is_dir(), f"SUITE_DATA names {folder}, which is not a folder"
    return folder


# --- browser -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Chromium:
    """A headless browser; every call starts with a profile of its own."""

    executable: str
    profiles: Path

    def render(self, page: Path, image: Path, *, width: int = 1200, height: int = 900) -> Path:
        """Draw a local HTML file, network off, and write a PNG of width x height pixels."""
        shot = (f"--screenshot={image.resolve()}", f"--window-size={width},{height}")
        self._run(page, *shot)
        assert image.is_file(), f"Chromium wrote no image of {page}"
        return image

    def document(self, page: Path) -> str:
        """The page's HTML after its scripts have run."""
        return self._run(page, "--dump-dom").stdout

    def _run(self, page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        profile = self.profiles / f"profile-{len(list(self.profiles.iterdir()))}"
        profile.mkdir()
        command = [self.executable, *CHROMIUM_FLAGS, f"--user-data-dir={profile}", *arguments]
        # No name resolves: a page that needs the network shows it.
        command += ["--host-resolver-rules=MAP * ~NOTFOUND", page.resolve().as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Chromium:
    """Chromium, or a skip where the machine has none."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip("no Chromium")
    return Chromium(executable=found, profiles=tmp_path_factory.mktemp("chromium"))
