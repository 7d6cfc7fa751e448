"""Networks that are trained on first use and kept in the cache, under all that they depend on."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from suite.core import cache

WEIGHTS = "network.safetensors"


def trained(
    name: str,
    network: nn.Module,
    train: Callable[[nn.Module], Mapping[str, float]],
    *,
    settings: Mapping[str, Any],
    code: Sequence[str],
) -> nn.Module:
    """``network`` with its trained weights, frozen: from the cache, or by ``train`` in place.

    Args:
        name: what `suite cache list` calls it.
        network: with its initial weights, which depend on ``settings`` alone.
        train: fits it, and answers what is to be noted of that.
        settings: whatever the weights depend on beside the code.
        code: file names beside this one whose text the weights depend on.
    """
    digest = hashlib.blake2b(digest_size=10)
    for file in (Path(__file__).name, *code):
        digest.update(Path(__file__).with_name(file).read_bytes())
    description: dict[str, Any] = {
        "task": name,
        "settings": dict(settings),
        "code": digest.hexdigest(),
        "torch": torch.__version__,
    }
    key = cache.cache_key(description)
    with cache.locked(key):
        found = cache.lookup(key)
        if found is None:
            note = train(network)
            with TemporaryDirectory() as folder:
                weights = Path(folder) / WEIGHTS
                save_file({k: v.contiguous() for k, v in network.state_dict().items()}, weights)
                noted = json.loads(json.dumps({**description, **note}, default=repr))
                found = cache.store(key, {WEIGHTS: weights}, noted)
        network.load_state_dict(load_file(found / WEIGHTS))
    return network.requires_grad_(requires_grad=False).eval()
