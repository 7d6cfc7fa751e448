"""Plugins are found by reading folders; nothing of them is imported."""

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.core.discovery import (
    PACKAGE_ROOT,
    Source,
    built_in_sources,
    installed_sources,
    local_source,
    manifest_path,
)

Refusal = Callable[[Callable[[], object]], str]
ENTRY = "[console_scripts]\nx = y:z\n\n[suite.plugins]\n# a comment = no\nmain = pack.plugin:attr\n"


def metadata(folder: Path, name: str, entry_points: str = ENTRY) -> None:
    path = folder / name
    path.mkdir(parents=True)
    (path / "entry_points.txt").write_text(entry_points)


def test_the_search_finds_what_importlib_metadata_finds() -> None:
    """On this very environment, whatever is installed in it."""
    theirs = {
        (entry.dist.name, entry.module)
        for entry in importlib.metadata.entry_points(group="suite.plugins")
        if entry.dist is not None
    }
    assert {(s.distribution, s.module) for s in installed_sources()} == theirs


@pytest.mark.parametrize(
    "place",
    ["site/a_b-1.0.dist-info", "site/a_b.egg-info", "site/a_b-1.0-py3.11.egg-info"],
)
def test_every_form_of_metadata_is_found(tmp_path: Path, place: str) -> None:
    metadata(tmp_path, place)

    sources = installed_sources([str(tmp_path / "site")])

    assert sources == [Source(distribution="a-b", module="pack.plugin")]
    theirs = importlib.metadata.distributions(path=[str(tmp_path / "site")])
    assert [entry.module for d in theirs for entry in d.entry_points.select(group="suite.plugins")]


def test_an_unpacked_egg_is_found(tmp_path: Path) -> None:
    metadata(tmp_path, "a_b-1.0-py3.11.egg/EGG-INFO")

    sources = installed_sources([str(tmp_path / "a_b-1.0-py3.11.egg")])

    assert sources == [Source(distribution="a-b", module="pack.plugin")]


def test_the_first_of_two_copies_counts_as_for_imports(tmp_path: Path) -> None:
    metadata(tmp_path, "one/a_b-2.0.dist-info")
    metadata(tmp_path, "two/A.B-1.0.dist-info", ENTRY.replace("pack", "old"))

    folders = [str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "not there")]

    assert [source.module for source in installed_sources(folders)] == ["pack.plugin"]


def test_the_name_is_that_of_the_metadata_and_not_of_the_folder(tmp_path: Path) -> None:
    metadata(tmp_path, "my_pack-1.0.dist-info")
    (tmp_path / "my_pack-1.0.dist-info" / "METADATA").write_text("Name: My.Pack\nVersion: 1.0\n")

    assert installed_sources([str(tmp_path)])[0].distribution == "My.Pack"


def test_a_distribution_without_our_group_is_none_of_ours(tmp_path: Path) -> None:
    metadata(tmp_path, "a-1.dist-info", "[suite.plugins.more]\nmain = a.plugin\n")
    metadata(tmp_path, "b-1.dist-info", "[other]\nmain = suite.plugins\n")

    assert installed_sources([str(tmp_path)]) == []


def test_built_in_manifests_stand_in_their_plugins_folder() -> None:
    found = [source.manifest for source in built_in_sources()]

    assert found
    assert found == sorted(path for path in found if path is not None)
    assert all(path is not None and PACKAGE_ROOT in path.parents for path in found)


def test_a_manifest_is_located_without_importing_its_package(site: Any) -> None:
    folder = site.install("far-away", plugin="raise RuntimeError")
    (folder / "__init__.py").write_text("raise RuntimeError")

    path = manifest_path(Source(distribution="far-away", module="far_away.plugin"))

    assert path == folder / "suite-plugin.toml"
    assert "far_away" not in sys.modules


def test_a_package_that_is_gone_is_named(refusal: Refusal) -> None:
    source = Source(distribution="gone-pack", module="gone_pack_of_nobody.plugin")

    assert refusal(lambda: manifest_path(source)) == (
        "the entry point of gone-pack names the module 'gone_pack_of_nobody.plugin', but no "
        "package 'gone_pack_of_nobody' can be imported.\nReinstall gone-pack."
    )


def test_a_package_without_a_manifest_is_told_where_it_belongs(site: Any, refusal: Refusal) -> None:
    folder = site.install("bare", manifest=None)

    assert refusal(lambda: manifest_path(Source(distribution="bare", module="bare.plugin"))) == (
        "bare registers the plugin 'bare.plugin' but has no suite-plugin.toml beside its top-level "
        f"package.\nSearched: {folder}.\nShip bare/suite-plugin.toml as package data of bare."
    )


def test_a_module_that_is_no_package_is_refused(site: Any, refusal: Refusal) -> None:
    (site.folder / "single.py").write_text("")

    message = refusal(lambda: manifest_path(Source(distribution="single", module="single")))

    assert "single.py is one module, and not a package" in message


def test_a_local_plugin_needs_both_of_its_files(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "suite_local.py").write_text("")

    assert refusal(lambda: local_source(tmp_path)).startswith(
        f"a local plugin was asked for, but {tmp_path} has no suite_local.toml.\n"
    )
