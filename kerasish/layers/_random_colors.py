"""Images made brighter, of another contrast or without colours at random while a model learns."""

from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.layers._random_image_layer import _RandomImageLayer, bounds_of, range_of
from kerasish.ops.image import rgb_to_grayscale
from kerasish.random._seeds import SeedGenerator


class RandomBrightness(_RandomImageLayer):
    """Make each image brighter or darker by a random amount while training; leave it alone otherwise.

    Args:
        factor: the largest change as a part of the range of values, both ways; or a pair, the least and the most.
        value_range: the least and the greatest value of the images, at which the outputs are cut off.
        seed: a whole number for the same amounts in each run.
        data_format: "channels_last" or "channels_first".

    >>> RandomBrightness((0.5, 0.5), value_range=(0, 1))(torch.zeros(1, 1, 1, 1), training=True).item()
    0.5
    """

    factor: Any
    value_range: Any = (0, 255)
    seed: int | SeedGenerator | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.factor = bounds_of(self.factor, "factor")
        self.value_range = list(range_of(self.value_range))

    def _change(self, images: Tensor) -> Tensor:
        low, high = self.value_range
        return (images + (self._draw(images, self.factor) * (high - low)).to(images.dtype)).clamp(low, high)


class RandomContrast(_RandomImageLayer):
    """Spread the values of each channel about their mean, or draw them near, while training; leave images alone otherwise.

    `(x - mean) * factor + mean` with a random factor of `1 - lower` to `1 + upper`.

    Args:
        factor: lower and upper alike, or the pair of them; between 0 and 1.
        value_range: the least and the greatest value of the images, at which the outputs are cut off.
        seed: a whole number for the same factors in each run.
        data_format: "channels_last" or "channels_first".

    >>> RandomContrast(0.5)(torch.ones(1, 2, 2, 1), training=True).flatten().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    factor: Any
    value_range: Any = (0, 255)
    seed: int | SeedGenerator | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        pair = self.factor if isinstance(self.factor, (list, tuple)) else (self.factor, self.factor)
        bounds_of(pair, "factor", least=0.0)
        self._lower, self._upper = pair
        self._range = range_of(self.value_range)

    def _change(self, images: Tensor) -> Tensor:
        factor = self._draw(images, (1 - self._lower, 1 + self._upper)).to(images.dtype)
        mean = images.mean((2, 3), keepdim=True)
        return ((images - mean) * factor + mean).clamp(*self._range)


class RandomGrayscale(_RandomImageLayer):
    """Take the colours out of some images while training; leave all alone otherwise.

    Args:
        factor: which part of the images, 0 to 1.
        data_format: "channels_last" or "channels_first".
        seed: a whole number for the same choices in each run.

    >>> RandomGrayscale(1.0)(torch.tensor([[[[1.0, 0.0, 0.0]]]]), training=True).flatten().unique().numel()
    1
    """

    factor: float = 0.5
    data_format: Annotated[str | None, standardize_data_format] = None
    seed: int | SeedGenerator | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds_of((0, self.factor), "factor", least=0.0)

    def _change(self, images: Tensor) -> Tensor:
        grey = rgb_to_grayscale(images, "channels_first").expand_as(images)
        return torch.where(self._draw(images, (0, 1)) < self.factor, grey, images)
