"""Keys and values of every layer in one tensor that leads with rows and has room for all tokens.

A buffer is [N, K, 2, heads, L, width]: K layers, L tokens. A state has read its first tokens; what
lies beyond is scratch, which the next pass writes in place, so that a token costs no copy of those
before it. Two states that go on from one state with different tokens need a buffer each
(``take_state`` copies).
"""

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class BufferedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's part of a buffer, [N, 2, heads, L, width], of which ``past`` tokens are read."""

    def __init__(self, buffer: Tensor, past: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.buffer, self.past = buffer, past
        self.device, self.dtype = buffer.device, buffer.dtype
        self.keys, self.values = self._read(past)
        self.is_initialized = True

    def _read(self, length: int) -> tuple[Tensor, Tensor]:
        return self.buffer[:, 0, :, :length], self.buffer[:, 1, :, :length]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write new tokens behind those that were read; returns all."""
        end = self.past + key_states.shape[-2]
        self.buffer[:, 0, :, self.past : end] = key_states
        self.buffer[:, 1, :, self.past : end] = value_states
        self.past = end
        self.keys, self.values = self._read(end)
        return self.keys, self.values


def on_buffer(buffer: Tensor, past: int) -> DynamicCache:
    """A cache of transformers that reads ``past`` tokens of a buffer, and writes on in it."""
    cache = DynamicCache()
    cache.layers = [BufferedLayer(layer, past) for layer in buffer.unbind(dim=1)]
    return cache


def with_room(cache: DynamicCache, rows: Tensor, length: int) -> Tensor:
    """A buffer of ``length`` tokens for ``rows`` [N] of what a pass left in ``cache``."""
    layers: list[Any] = list(cache.layers)
    first = layers[0].keys
    shape = (len(rows), len(layers), 2, first.shape[1], length, first.shape[-1])
    buffer = torch.empty(shape, dtype=first.dtype, device=first.device)
    for index, layer in enumerate(layers):
        past = layer.keys.shape[-2]
        buffer[:, index, 0, :, :past] = layer.keys.index_select(0, rows)
        buffer[:, index, 1, :, :past] = layer.values.index_select(0, rows)
    return buffer
