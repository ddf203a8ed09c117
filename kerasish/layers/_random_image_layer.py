"""What layers that change images at random while a model learns share: seeds, bounds and forms."""

from typing import Annotated, Any

import torch
from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.layers._layer import Layer
from kerasish.ops.image._forms import form_of
from kerasish.random._seeds import SeedGenerator, generator_for


class _RandomImageLayer(Layer):
    """Change each image of a batch while training; leave all alone otherwise. A subclass gives `_change`.

    A call of such a layer by itself is training, unless it or a model around it is told `training=False` or put into `eval()`.

    It declares `seed`; images are (batch, height, width, channels) or one of these, or with channels first, and come out as
    floats.
    """

    _casts_ints = True
    _noted_as_training = True  # in Keras's files
    _built_at_once = True

    seed: int | SeedGenerator | None = None
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._numbers = SeedGenerator(self.seed) if isinstance(self.seed, int) else self.seed
        self._build_at_once()

    def call(self, inputs: Tensor, training: bool = True) -> Tensor:
        """Change the images, if `training`, as it is where nobody says otherwise."""
        if not training:
            return inputs
        images, form = form_of(inputs, self.data_format)
        return form.leave(self._change(form.enter(images)))

    def _change(self, images: Tensor) -> Tensor:
        """Change images (batch, channels, height, width)."""
        raise NotImplementedError

    def _draw(self, images: Tensor, bounds: tuple[float, float], *bounds_of_more: tuple[float, float]) -> Any:
        """Draw a number between these bounds for each image: (batch, 1, 1, 1); for more bounds a tuple of such."""
        generator = generator_for(self._numbers, images.device)
        dtype = torch.float64 if images.dtype is torch.float64 else torch.float32
        both = (bounds, *bounds_of_more)
        shape = (len(both), images.shape[0], 1, 1, 1)
        drawn = torch.rand(shape, generator=generator, dtype=dtype, device=images.device).unbind(0)
        scaled = tuple(part * (high - low) + low for part, (low, high) in zip(drawn, both))
        return scaled if bounds_of_more else scaled[0]


def bounds_of(factor: Any, argument: str, least: float = -1.0, most: float = 1.0) -> tuple[float, float]:
    """Give the bounds that a factor means: a pair, or `-factor` and `factor`.

    Raises:
        ValueError: they are no numbers between `least` and `most`.
    """
    pair = tuple(factor) if isinstance(factor, (list, tuple)) else (-abs(factor), abs(factor)) if _is_number(factor) else ()
    if len(pair) != 2 or not all(map(_is_number, pair)) or not least <= min(pair) <= max(pair) <= most:
        raise ValueError(f"`{argument}` must be a number, or a pair, between {least} and {most}; received {factor!r}.")
    return float(min(pair)), float(max(pair))


def range_of(value_range: Any) -> tuple[float, float]:
    """Give the least and the greatest value of images.

    Raises:
        ValueError: they are no pair of numbers.
    """
    if not isinstance(value_range, (list, tuple)) or len(value_range) != 2 or not all(map(_is_number, value_range)):
        raise ValueError(f"`value_range` must be a pair of numbers, the least and the greatest; received {value_range!r}.")
    return min(value_range), max(value_range)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
