"""The network that is trained: whole, or by low-rank adapters beside its frozen weights."""

from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from suite.core.errors import SuiteError
from suite.plugins.policies.diffusers.config import PipelineConfig


def prepare(network: Any, config: PipelineConfig) -> tuple[nn.Module, frozenset[str]]:
    """The network in eval mode (no dropout, ever), and the names of its trained weights."""
    network.requires_grad_(requires_grad=False).eval()
    if config.lora_rank:
        _add_lora(network, config)
    else:
        network.float()
    weights = dict(network.named_parameters())
    names = frozenset(name for name in weights if not config.lora_rank or "lora_" in name)
    for name in names:
        weights[name].data = weights[name].data.float()
        weights[name].requires_grad_(requires_grad=True)
    if config.checkpoint:
        enable_checkpoints(network)
    return network, names


def _add_lora(network: Any, config: PipelineConfig) -> None:
    from peft import LoraConfig

    alpha: Any = config.lora_alpha or config.lora_rank  # annotated int, and only ever divided
    shape = LoraConfig(
        r=config.lora_rank,
        lora_alpha=alpha,
        target_modules=list(config.lora_targets),
        init_lora_weights="gaussian",
    )
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            network.add_adapter(shape)
    except ValueError as error:
        raise SuiteError(
            f"policy.lora_targets = {list(config.lora_targets)} fits no layer of "
            f"{type(network).__name__}.\nName layers that it has, or set policy.lora_rank = 0."
        ) from error


def enable_checkpoints(network: Any) -> None:
    """Let a network of diffusers make its activations again in the backward pass, if it can."""
    if getattr(network, "_supports_gradient_checkpointing", False):
        network.enable_gradient_checkpointing(gradient_checkpointing_func=_recomputed)


def _recomputed(block: Any, *arguments: Any) -> Any:
    # A function of this module: diffusers' own is local, and cannot be pickled.
    return checkpoint(block, *arguments, use_reentrant=False, preserve_rng_state=False)
