"""Installed plugins for tests: packages with dist-info on sys.path, as pip leaves them."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suite.core import registry

MANIFEST = """module = "{package}.plugin"

[[provides]]
kind = "reward"
name = "{package}/score"
help = "A score."
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A folder on sys.path into which distributions are installed."""

    folder: Path

    def install(
        self,
        distribution: str,
        *,
        plugin: str = "",
        manifest: str | None = MANIFEST,
        package: str | None = None,
        module: str | None = None,
    ) -> Path:
        """Write a package, its manifest and its dist-info; returns the package's folder.

        Args:
            distribution: the pip name.
            plugin: source of plugin.py.
            manifest: text with {package} to be filled in, or None for no manifest.
            package: the import name; made from ``distribution`` if None.
            module: what the entry point names; ``<package>.plugin`` if None.
        """
        package = package or distribution.replace("-", "_")
        folder = self.folder / package
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "plugin.py").write_text(plugin)
        if manifest is not None:
            (folder / "suite-plugin.toml").write_text(manifest.format(package=package))
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        entry = f"[suite.plugins]\nmain = {module or f'{package}.plugin'}\n"
        (info / "entry_points.txt").write_text(entry)
        importlib.invalidate_caches()
        registry.reset()
        return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site; what was found, loaded and imported is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    registry.reset()
    yield Site(folder=folder)
    for name in set(sys.modules) - before:
        where = getattr(sys.modules[name], "__file__", None)
        if where is not None and str(where).startswith(str(tmp_path)):
            del sys.modules[name]
    registry.reset()


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], str]:
    """The whole text of the SuiteError that a call raises."""
    from suite.core.errors import SuiteError

    def text(call: Callable[[], object]) -> str:
        with pytest.raises(SuiteError) as caught:
            call()
        return str(caught.value)

    return text
