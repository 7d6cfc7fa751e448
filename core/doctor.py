"""What this machine offers: printed by ``suite doctor``, probed by doing."""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterable

from suite.core import registry
from suite.core.cache import cache_folder
from suite.core.errors import DISTRIBUTION
from suite.core.execution.levels import ladder

PROGRAMS = ("ffmpeg", "chromium", "node", "iverilog", "bwrap")


def doctor() -> list[tuple[str, str]]:
    """(what, finding) rows."""
    rows = [
        ("python", platform.python_version()),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("cores", str(os.cpu_count())),
        ("memory", _memory()),
        *_torch(),
        *_packages(),
        ("cache", _writable()),
        ("data folder", os.environ.get("SUITE_DATA", "SUITE_DATA is not set")),
    ]
    rows += [(name, shutil.which(name) or "not found") for name in PROGRAMS]
    rows += ladder()
    broken = registry.broken()
    found = ", ".join(sorted({plugin.distribution for plugin in broken}))
    rows.append(("broken plugins", found or "none"))
    return rows


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.1f} GiB"


def _torch() -> Iterable[tuple[str, str]]:
    import torch

    yield "torch", f"{torch.__version__}, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(i)
            name = torch.cuda.get_device_name(i)
            yield f"gpu {i}", f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
    else:
        yield "gpu", "none that torch can use"


def _packages() -> Iterable[tuple[str, str]]:
    """Every extra: installed, or what is missing from it."""
    wanted: dict[str, list[str]] = {}
    for line in importlib.metadata.requires(DISTRIBUTION) or ():
        name, _, marker = line.partition(";")
        if "extra ==" in marker:
            extra = marker.split("extra ==")[1].strip().strip("'\"")
            wanted.setdefault(extra, []).append(_bare(name))
    for extra, names in sorted(wanted.items()):
        missing = [name for name in names if not _installed(name)]
        note = "installed" if not missing else f"missing {', '.join(missing)}"
        yield f"extra {extra}", note


def _bare(requirement: str) -> str:
    for sign in "<>=!~[ ;(":
        requirement = requirement.partition(sign)[0]
    return requirement.strip()


def _installed(name: str) -> bool:
    if name == DISTRIBUTION:
        return True
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _writable() -> str:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return f"{folder}: cannot be written ({error.strerror}); set SUITE_CACHE"
    return str(folder)
