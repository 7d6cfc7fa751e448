"""How well a picture compresses: Black et al., arXiv:2305.13301, section 5.1."""

import io
from typing import ClassVar

import torch

from suite.core.errors import SuiteError, missing_extra
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.codec import pixels


class Compressibility(Reward):
    """Minus the size of a JPEG file, in kilobytes; plus with ``incompressible``.

    Args:
        quality: of the encoder, 1 to 95.
        incompressible: pay for large files.
    """

    unit = "kB"
    bounds = (float("-inf"), float("inf"))
    invalid_value = -100.0
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __init__(self, *, quality: int = 95, incompressible: bool = False) -> None:
        if not 1 <= quality <= 95:
            raise SuiteError(f"image/jpeg: 'quality' must be 1 to 95, got {quality}.")
        try:
            import PIL  # noqa: F401
        except ModuleNotFoundError as error:
            raise missing_extra("pillow", "image", needed_by="the reward 'image/jpeg'") from error
        self.quality, self.sign = quality, 1.0 if incompressible else -1.0

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None:
            raise SuiteError("image/jpeg reads pictures, and got none.")
        sizes = [self._kilobytes(one) for one in samples.values.detach().cpu()]
        return Scores.all_valid(self.sign * torch.tensor(sizes))

    def _kilobytes(self, picture: torch.Tensor) -> float:
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(pixels(picture)).save(file, format="JPEG", quality=self.quality)
        return file.tell() / 1000.0
