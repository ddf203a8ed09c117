"""RandomTranslation: images moved a little while a model learns."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.random._seeds import SeedGenerator, generator_for

# Torch's names for what lies beyond the edge.
_PADDING = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}


class RandomTranslation(Layer):
    """Move each image by a random part of its size while training; leave it alone otherwise.

    Args:
        height_factor, width_factor: the largest move as a part of the height and of the width, both ways; or a pair, the
            least and the most: negative is up and left.
        fill_mode: what lies beyond the edge: "reflect", "constant" (`fill_value`) or "nearest". "wrap" is not supported.
        interpolation: "bilinear" or "nearest".
        seed: a whole number for the same moves in each run.
        fill_value: the value beyond the edge for "constant".
        data_format: "channels_last" or "channels_first".

    Shapes:
        (batch, height, width, channels) → the same.

    >>> layer = RandomTranslation(0.5, 0.5)
    >>> layer(torch.ones(1, 4, 4, 1), training=True).shape
    torch.Size([1, 4, 4, 1])
    """

    _casts_ints = True
    _noted_as_training = True  # in Keras's files

    height_factor: Any
    width_factor: Any
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | SeedGenerator | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.data_format = standardize_data_format(self.data_format)
        if self.fill_mode not in _PADDING:
            raise ValueError(f"`fill_mode` must be one of {', '.join(_PADDING)}; received {self.fill_mode!r}.")
        if self.interpolation not in ("bilinear", "nearest"):
            raise ValueError(f"`interpolation` must be 'bilinear' or 'nearest'; received {self.interpolation!r}.")
        self._height = _bounds(self.height_factor, "height_factor")
        self._width = _bounds(self.width_factor, "width_factor")
        self._numbers = SeedGenerator(self.seed) if isinstance(self.seed, int) else self.seed
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Move the images, if `training`."""
        if not training:
            return inputs
        images = inputs.permute(0, 3, 1, 2) if self.data_format == "channels_last" else inputs
        part = torch.rand(2, images.shape[0], generator=generator_for(self._numbers, images.device), device=images.device)
        # The grid holds where each place comes from, in halves of the size: moving down by a part is looking up by twice it.
        down, right = (-2.0 * (low + (high - low) * p) for (low, high), p in zip((self._height, self._width), part))
        one, zero = torch.ones_like(down), torch.zeros_like(down)
        moves = torch.stack([one, zero, right, zero, one, down], dim=1).reshape(-1, 2, 3).to(images.dtype)
        grid = F.affine_grid(moves, list(images.shape), align_corners=False)
        filled = images - self.fill_value if self.fill_value else images
        moved = F.grid_sample(filled, grid, self.interpolation, _PADDING[self.fill_mode], align_corners=False)
        moved = moved + self.fill_value if self.fill_value else moved
        return moved.permute(0, 2, 3, 1) if self.data_format == "channels_last" else moved


def _bounds(factor: Any, argument: str) -> tuple[float, float]:
    low, high = factor if isinstance(factor, (list, tuple)) else (-factor, factor)
    if not -1.0 <= low <= high <= 1.0:
        raise ValueError(f"`{argument}` must lie between -1 and 1, the lower bound first; received {factor!r}.")
    return float(low), float(high)
