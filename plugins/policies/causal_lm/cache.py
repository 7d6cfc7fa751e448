"""Keys and values of every layer in one tensor that leads with rows and has room for all tokens.

A buffer is [N, K, 2, heads, L, width]: K layers, L tokens. A row has read its first tokens; what
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
    """One layer's part of a buffer, [N, 2, heads, L, width]: takes one more token of each row.

    Args:
        places: of the new tokens, [N] long: rows may be of different ages. One number: all of one.
        end: tokens that a pass reads, the new ones among them; what a row has not read itself
            is for the mask to hide.
    """

    def __init__(self, buffer: Tensor, places: Tensor | int, end: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.buffer, self.places, self.end = buffer, places, end
        self.device, self.dtype = buffer.device, buffer.dtype
        self.keys, self.values = self._read(end - 1)
        self.is_initialized = True

    def _read(self, length: int) -> tuple[Tensor, Tensor]:
        return self.buffer[:, 0, :, :length], self.buffer[:, 1, :, :length]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write the new tokens, [N, heads, 1, width]; returns all."""
        rows: Any = slice(None)
        if isinstance(self.places, Tensor):
            rows = torch.arange(len(self.places), device=self.device)
        self.buffer[rows, 0, :, self.places] = key_states[:, :, 0]
        self.buffer[rows, 1, :, self.places] = value_states[:, :, 0]
        self.keys, self.values = self._read(self.end)
        return self.keys, self.values


def on_buffer(buffer: Tensor, places: Tensor | int, end: int) -> DynamicCache:
    """A cache of transformers on a buffer, for one more token of each row; see BufferedLayer."""
    cache = DynamicCache()
    cache.layers = [BufferedLayer(layer, places, end) for layer in buffer.unbind(dim=1)]
    return cache


def with_room(cache: DynamicCache, rows: Tensor, length: int) -> Tensor:
    """A buffer of ``length`` tokens for ``rows`` [N] of what a pass left in ``cache``."""
    layers: list[Any] = list(cache.layers)
    first = layers[0].keys
    shape = (len(rows), len(layers), 2, first.shape[1], length, first.shape[-1])
    # Zeros: what a row has not read is hidden by a mask, which does not hide a nan.
    buffer = torch.zeros(shape, dtype=first.dtype, device=first.device)
    for index, layer in enumerate(layers):
        past = layer.keys.shape[-2]
        buffer[:, index, 0, :, :past] = layer.keys.index_select(0, rows)
        buffer[:, index, 1, :, :past] = layer.values.index_select(0, rows)
    return buffer
