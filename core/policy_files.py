"""A saved policy: a folder with config.json and model.safetensors.

config.json holds the settings that rebuild the policy and, under "family", who reads them: a
policy's registered name, or the part of it before the slash where all its sizes share a format.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from suite.core.errors import SuiteError

CONFIG, WEIGHTS = "config.json", "model.safetensors"


def save_policy(
    folder: Path, family: str, settings: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> None:
    """Write both files; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**settings, "family": family}, indent=2, sort_keys=True)
    (folder / CONFIG).write_text(text + "\n")
    save_file(on_disk(weights), folder / WEIGHTS)


def on_disk(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as safetensors takes them: on the CPU, contiguous, each with memory of its own.

    Tied weights are written under both names; loading fills the one tensor twice.
    """
    seen: set[int] = set()
    plain = {}
    for name, value in weights.items():
        kept = value.detach().cpu().contiguous()
        tied = kept.data_ptr() in seen
        seen.add(kept.data_ptr())
        plain[name] = kept.clone() if tied else kept
    return plain


def read_settings(folder: Path, family: str) -> dict[str, Any]:
    """The settings of a saved policy, without its family.

    Args:
        folder: what ``save_policy`` wrote.
        family: who asks; "a/b" reads what "a/b" or "a" wrote.

    Raises:
        SuiteError: a file is missing or unreadable, or another family wrote it.
    """
    _need(folder, CONFIG)
    _need(folder, WEIGHTS)
    try:
        settings = json.loads((folder / CONFIG).read_text())
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise _unreadable(folder, error) from None
    wrote = settings.pop("family", None) if isinstance(settings, dict) else None
    if wrote not in (family, family.partition("/")[0]):
        by = f"it is of '{wrote}'" if wrote else "it names none"
        raise SuiteError(
            f"'{folder / CONFIG}' does not describe a policy of the family '{family}': {by}.\n"
            "Name the family that wrote it before the colon of --policy: `suite list policies`."
        )
    return dict(settings)


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of a saved policy.

    Raises:
        SuiteError: the file is missing or unreadable.
    """
    _need(folder, WEIGHTS)
    try:
        return load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise _unreadable(folder, error) from None


def fill(policy: nn.Module, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Load weights into a policy.

    Raises:
        SuiteError: they do not fit its network.
    """
    try:
        policy.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise SuiteError(
            f"the weights in '{folder}' do not fit the policy that its settings and [policy] "
            f"describe: {_first_misfit(error)}.\n"
            "Drop the [policy] keys that shape the network, or name another folder."
        ) from None


def write_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a new folder that appears under its name only when it is complete.

    Raises:
        SuiteError: the folder is in use, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SuiteError(
            f"'{folder}' exists and is not an empty folder; nothing was written.\n"
            "Name a folder that does not exist."
        )
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write(partial)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise SuiteError(
            f"'{folder}' cannot be written: {getattr(error, 'strerror', None) or error}.\n"
            "Free space, or name another folder."
        ) from error


def _need(folder: Path, name: str) -> None:
    if not folder.is_dir():
        raise SuiteError(f"there is no folder '{folder}'.\nName what `suite export` wrote.")
    if not (folder / name).is_file():
        raise SuiteError(
            f"'{folder}' is no saved policy: it has no {name}.\n"
            f"A policy's folder holds {CONFIG} and {WEIGHTS}, as `suite export` writes them. For "
            "the folder of a run, write --policy run:FOLDER."
        )


def _unreadable(folder: Path, error: Exception) -> SuiteError:
    return SuiteError(
        f"a file in '{folder}' cannot be read: {error}.\n"
        "Copy the folder again, or save the policy anew."
    )


def _first_misfit(error: RuntimeError) -> str:
    """One clause of torch's list: a size that differs before a name that is missing."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines()[1:]]
    sizes = [line for line in lines if line.startswith("size mismatch")]
    return re.sub(r"torch\.Size\(|(?<=\])\)", "", (sizes or lines or [str(error)])[0])
