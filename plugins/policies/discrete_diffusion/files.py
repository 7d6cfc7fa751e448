"""A policy as a folder: config.json and model.safetensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from suite.core.errors import SuiteError

CONFIG, WEIGHTS = "config.json", "model.safetensors"
FAMILY = "discrete_diffusion"


def save(folder: Path, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
    """Write both files; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"family": FAMILY, **config}, indent=2, sort_keys=True)
    (folder / CONFIG).write_text(text + "\n")
    save_file({name: value.contiguous() for name, value in weights.items()}, folder / WEIGHTS)


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config without its family, and the weights.

    Raises:
        SuiteError: a file is missing, unreadable, or of another family.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise SuiteError(
                f"'{folder}' is no saved policy: it has no {name}.\n"
                f"A policy's folder holds {CONFIG} and {WEIGHTS}, as save_pretrained writes them."
            )
    try:
        config = json.loads((folder / CONFIG).read_text())
        weights = load_file(folder / WEIGHTS)
    except (json.JSONDecodeError, UnicodeDecodeError, SafetensorError) as error:
        raise SuiteError(
            f"a file in '{folder}' cannot be read: {error}.\n"
            "Copy the folder again, or save the policy anew."
        ) from None
    if not isinstance(config, dict) or config.pop("family", None) != FAMILY:
        raise SuiteError(
            f"'{folder / CONFIG}' does not describe a policy of the family '{FAMILY}'.\n"
            "Name the family that wrote it before the colon of --policy."
        )
    return config, weights


def fill(policy: nn.Module, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Load weights into a policy.

    Raises:
        SuiteError: they do not fit its network.
    """
    try:
        policy.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise SuiteError(
            f"the weights in '{folder}' do not fit the network of its config:\n{error}\n"
            "Do not override keys that shape the network when loading a policy."
        ) from None
