"""Where plugins are: the manifests of the suite itself and of every installed distribution.

Nothing is imported. ``importlib.metadata`` would answer the same question, but importing it (with
``email``, ``csv`` and ``zipfile``) and parsing each distribution's metadata costs more CPU time
than all else that a listing does, so the folders of ``sys.path`` are read directly. Editable
installs (their dist-info stands in site-packages), develop installs (an egg-info on sys.path) and
unpacked eggs are found; distributions inside zip files are not.
"""

import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from suite.core.errors import DISTRIBUTION, SuiteError
from suite.core.manifest import FILE_NAME

GROUP = "suite.plugins"
PACKAGE_ROOT = Path(__file__).resolve().parent.parent
BUILT_IN = ("plugins/*/*", "domains/*", "tasks/*")
LOCAL_MODULE = "suite_local"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One plugin that claims to exist.

    Attributes:
        distribution: the pip name of the package it came in.
        module: where the entry point says that the hook answers are; None: the manifest says it.
        manifest: the file, or None: it stands beside the module's top-level package.
        folder: where ``module`` is, if it is not on sys.path (a suite_local.py).
    """

    distribution: str
    module: str | None = None
    manifest: Path | None = None
    folder: Path | None = None


def built_in_sources(root: Path = PACKAGE_ROOT) -> list[Source]:
    """The manifests that ship with the suite, in order of their paths."""
    found = [path for folder in BUILT_IN for path in root.glob(f"{folder}/{FILE_NAME}")]
    return [Source(distribution=DISTRIBUTION, manifest=path) for path in sorted(found)]


def installed_sources(paths: Iterable[str] | None = None) -> list[Source]:
    """One source for every entry point in group ``suite.plugins``, ordered by distribution.

    Of two copies of a distribution the first on the path counts, as it does for imports.
    """
    sources: list[Source] = []
    seen: set[str] = set()
    for folder in sys.path if paths is None else paths:
        for metadata, stem in _metadata_folders(folder or os.curdir):
            key = re.sub(r"[-_.]+", "-", stem.partition("-")[0]).lower()
            if key in seen:
                continue
            seen.add(key)
            modules = _plugin_modules(os.path.join(metadata, "entry_points.txt"))
            if modules:
                name = _distribution_name(metadata) or key
                sources += [Source(distribution=name, module=module) for module in modules]
    return sorted(sources, key=lambda source: (source.distribution, source.module or ""))


def local_source(folder: Path) -> Source:
    """The ``suite_local.py`` of a folder, with its manifest ``suite_local.toml`` beside it.

    Raises:
        SuiteError: one of the two files is missing.
    """
    files = [folder / f"{LOCAL_MODULE}.py", folder / f"{LOCAL_MODULE}.toml"]
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise SuiteError(
            f"a local plugin was asked for, but {folder} has no {' and no '.join(missing)}.\n"
            f"Known: a local plugin is {files[0].name} with its manifest {files[1].name}.\n"
            f"Write the missing file, or leave the local plugin out."
        )
    return Source(distribution=str(files[0]), module=LOCAL_MODULE, manifest=files[1], folder=folder)


def manifest_path(source: Source) -> Path:
    """Where a source's manifest is; the top-level package is located and not imported.

    Raises:
        SuiteError: the package is not importable, is a single module, or has no manifest.
    """
    if source.manifest is not None:
        return source.manifest
    assert source.module is not None
    package = source.module.partition(".")[0]
    spec = importlib.util.find_spec(package)  # a top-level name: finding it runs none of its code
    if spec is None:
        raise SuiteError(
            f"the entry point of {source.distribution} names the module '{source.module}', but no "
            f"package '{package}' can be imported.\nReinstall {source.distribution}."
        )
    folders = list(spec.submodule_search_locations or ())
    for folder in folders:
        path = Path(folder) / FILE_NAME
        if path.is_file():
            return path
    where = ", ".join(folders) or f"{spec.origin} is one module, and not a package"
    raise SuiteError(
        f"{source.distribution} registers the plugin '{source.module}' but has no {FILE_NAME} "
        f"beside its top-level package.\nSearched: {where}.\n"
        f"Ship {package}/{FILE_NAME} as package data of {source.distribution}."
    )


def _metadata_folders(folder: str) -> Iterator[tuple[str, str]]:
    """(folder, stem) of each dist-info, egg-info and egg of one entry of sys.path."""
    if folder.endswith(".egg"):
        yield os.path.join(folder, "EGG-INFO"), os.path.basename(folder).removesuffix(".egg")
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # not there, or a zip file
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield os.path.join(folder, name), name.rpartition(".")[0]


def _plugin_modules(entry_points: str) -> list[str]:
    """The module of each entry point in GROUP; an attribute after a colon is dropped."""
    try:
        with open(entry_points, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return []
    modules, section = [], ""
    for line in map(str.strip, text.splitlines() if GROUP in text else ()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            value = line.partition("=")[2].partition("[")[0]
            modules.append(value.partition(":")[0].strip())
    return modules


def _distribution_name(metadata: str) -> str | None:
    """The ``Name:`` line of a METADATA or PKG-INFO file: folder names are normalised."""
    for name in ("METADATA", "PKG-INFO"):
        try:
            with open(os.path.join(metadata, name), encoding="utf-8") as file:
                for line in file:
                    if line.startswith("Name:"):
                        return line.partition(":")[2].strip()
        except (OSError, UnicodeDecodeError):
            continue
    return None
