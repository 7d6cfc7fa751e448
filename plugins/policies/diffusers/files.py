"""A policy's weights as diffusers reads them."""

import copy
from pathlib import Path
from typing import Any

from suite.plugins.policies.diffusers.adapters import Adapter


def save_pipeline(adapter: Adapter, folder: Path) -> None:
    """The whole pipeline, `DiffusionPipeline.from_pretrained(folder)`; adapters are merged."""
    network: Any = adapter.network
    if adapter.config.lora_rank:
        network = copy.deepcopy(network)
        network.fuse_lora()
        network.unload_lora()
    # The frozen pipeline is shared: a shallow copy takes the network.
    whole = copy.copy(adapter.pipeline)
    whole.register_modules(**{adapter.network_name: network})
    whole.save_pretrained(folder)


def save_lora(adapter: Adapter, folder: Path) -> None:
    """The adapters alone, for a pipeline's `load_lora_weights(folder)`."""
    from peft.utils import get_peft_model_state_dict

    name, network = adapter.network_name, adapter.network
    settings: Any = network.peft_config
    adapter.pipeline.save_lora_weights(
        folder,
        **{
            f"{name}_lora_layers": get_peft_model_state_dict(network),
            f"{name}_lora_adapter_metadata": settings["default"].to_dict(),
        },
    )
