"""Pictures between tensors, captions and files."""

import base64
import struct
import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples
from suite.domains.image.detectors import matched
from suite.domains.image.scenes import caption, read_caption, render


class PictureCodec(Codec):
    """A native object is a picture [3, H, H] in [-1, 1], or a caption of which one is drawn."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        return Samples(values=torch.stack([_tensor(one) for one in natives]))

    def decode(self, samples: Samples) -> tuple[object, ...]:
        if samples.values is None:
            raise SuiteError("these samples hold no pictures.")
        return tuple(samples.values.detach().cpu())

    def text(self, native: object) -> str:
        """What the held-out detector sees."""
        picture = _tensor(native)
        if picture.shape != (3, 32, 32):
            return f"picture of {picture.shape[-1]} pixels"
        return caption(matched(picture.unsqueeze(0))[0]) or "nothing"

    def picture(self, native: object) -> str:
        """As a PNG in a data URI."""
        return f"data:image/png;base64,{base64.b64encode(png(pixels(_tensor(native)))).decode()}"


def _tensor(native: object) -> Tensor:
    if isinstance(native, str):
        import random

        try:
            return render(read_caption(native), random.Random(native))
        except ValueError as error:
            raise SuiteError(f"{error}.\nA picture or a caption is wanted.") from error
    return torch.as_tensor(native, dtype=torch.float32)


def pixels(picture: Tensor) -> Any:
    """[C, H, W] in [-1, 1] as uint8 [H, W, 3]; one channel becomes three."""
    shown = picture.expand(3, -1, -1) if picture.shape[0] == 1 else picture[:3]
    levels = ((shown.clamp(-1.0, 1.0) + 1.0) * 127.5).round()
    return levels.permute(1, 2, 0).to(torch.uint8).contiguous().numpy()


def png(image: Any) -> bytes:
    """A PNG file of uint8 [H, W, 3], by the standard library alone: ISO/IEC 15948."""
    height, width = image.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
