"""Images turned over, rotated, zoomed, sheared, cropped and stretched at random while a model learns."""

import math
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.layers._layer import Layer
from kerasish.layers._random_image_layer import _RandomImageLayer, bounds_of
from kerasish.layers._spatial import positive
from kerasish.ops.image import resize
from kerasish.ops.image._forms import check_choice, form_of
from kerasish.ops.image._sampling import INTERPOLATIONS, transform
from kerasish.random._seeds import SeedGenerator, generator_for


class RandomFlip(_RandomImageLayer):
    """Turn each image over, or not, at random while training; leave it alone otherwise.

    Args:
        mode: "horizontal" (left and right change places), "vertical" or "horizontal_and_vertical".
        seed: a whole number for the same choices in each run.
        data_format: "channels_last" or "channels_first".

    >>> RandomFlip("horizontal")(torch.ones(1, 4, 4, 1), training=True).shape
    torch.Size([1, 4, 4, 1])
    """

    mode: str = "horizontal_and_vertical"
    seed: int | SeedGenerator | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("mode", self.mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def _change(self, images: Tensor) -> Tensor:
        across, over = self._draw(images, (0, 1), (0, 1))
        if self.mode != "vertical":
            images = torch.where(across < 0.5, images.flip(3), images)
        if self.mode != "horizontal":
            images = torch.where(over < 0.5, images.flip(2), images)
        return images


class _RandomMap(_RandomImageLayer):
    """Look each image up at places that a random map (batch, 6) gives."""

    _fill_modes: ClassVar[tuple[str, ...]] = ("reflect", "wrap", "constant", "nearest")

    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | SeedGenerator | None = None
    fill_value: float = 0.0
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("fill_mode", self.fill_mode, self._fill_modes)
        check_choice("interpolation", self.interpolation, INTERPOLATIONS)

    def _map(self, images: Tensor) -> tuple[Tensor, ...]:
        """Give `a0, a1, b0, b1`: where a pixel is looked up, counted from the middle; each (batch, 1, 1, 1)."""
        raise NotImplementedError

    def _change(self, images: Tensor) -> Tensor:
        a0, a1, b0, b1 = (part.flatten() for part in self._map(images))
        middle_x, middle_y = (images.shape[3] - 1) / 2, (images.shape[2] - 1) / 2
        a2 = middle_x - a0 * middle_x - a1 * middle_y
        b2 = middle_y - b0 * middle_x - b1 * middle_y
        return self._looked_up(images, a0, a1, a2, b0, b1, b2)

    def _looked_up(self, images: Tensor, *map_of_each: Tensor) -> Tensor:
        """Look the pixel (x, y) up at `(a0 x + a1 y + a2, b0 x + b1 y + b2)`; each of the six is (batch,)."""
        none = torch.zeros_like(map_of_each[0])
        return transform(images, torch.stack([*map_of_each, none, none], 1), self.interpolation, self.fill_mode, self.fill_value)


class RandomRotation(_RandomMap):
    """Rotate each image about its middle by a random angle while training; leave it alone otherwise.

    Args:
        factor: the largest angle as a part of a whole turn, both ways; or a pair, the least and the most: positive is
            counter-clockwise.
        fill_mode: what lies beyond the edge: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: a whole number for the same angles in each run.
        fill_value: the value beyond the edge for "constant".
        data_format: "channels_last" or "channels_first".

    >>> RandomRotation((0.5, 0.5))(torch.tensor([[[[1.0], [2.0]]]]), training=True).round().flatten().tolist()
    [2.0, 1.0]
    """

    factor: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self.factor = bounds_of(self.factor, "factor")

    def _map(self, images: Tensor) -> tuple[Tensor, ...]:
        angle = self._draw(images, self.factor) * (2 * math.pi)
        cosine, sine = angle.cos(), angle.sin()
        return cosine, -sine, sine, cosine


class RandomZoom(_RandomMap):
    """Zoom each image about its middle by a random factor while training; leave it alone otherwise.

    Args:
        height_factor, width_factor: by which part of its size an image shows more at most, both ways; or a pair, the least
            and the most: positive makes things smaller. Without `width_factor` the shape of things stays.
        fill_mode: what lies beyond the edge: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: a whole number for the same factors in each run.
        fill_value: the value beyond the edge for "constant".
        data_format: "channels_last" or "channels_first".

    >>> RandomZoom(0.2)(torch.ones(1, 4, 4, 1), training=True).shape
    torch.Size([1, 4, 4, 1])
    """

    height_factor: Any
    width_factor: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._height = bounds_of(self.height_factor, "height_factor")
        self._width = None if self.width_factor is None else bounds_of(self.width_factor, "width_factor")
        if min(self._height[0], self._width[0] if self._width else 0) <= -1:
            told = f"{self.height_factor!r} and {self.width_factor!r}"
            raise ValueError(f"`height_factor` and `width_factor` must be above -1, where nothing is left; received {told}.")

    def _map(self, images: Tensor) -> tuple[Tensor, ...]:
        if self._width is None:
            height = width = self._draw(images, self._height) + 1
        else:
            height, width = (part + 1 for part in self._draw(images, self._height, self._width))
        none = torch.zeros_like(height)
        return width, none, none, height


class RandomTranslation(_RandomMap):
    """Move each image by a random part of its size while training; leave it alone otherwise.

    Args:
        height_factor, width_factor: the largest move as a part of the height and of the width, both ways; or a pair, the
            least and the most: negative is up and left.
        fill_mode: what lies beyond the edge: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: a whole number for the same moves in each run.
        fill_value: the value beyond the edge for "constant".
        data_format: "channels_last" or "channels_first".

    Shapes:
        (batch, height, width, channels) or one image → the same; floats.

    >>> RandomTranslation((0.5, 0.5), 0.0)(torch.tensor([[[[1.0]], [[2.0]]]]), training=True).flatten().tolist()
    [1.0, 1.0]
    """

    height_factor: Any
    width_factor: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self._height = bounds_of(self.height_factor, "height_factor")
        self._width = bounds_of(self.width_factor, "width_factor")

    def _change(self, images: Tensor) -> Tensor:
        down, right = (part.flatten() for part in self._draw(images, self._height, self._width))
        one, none = torch.ones_like(down), torch.zeros_like(down)
        return self._looked_up(images, one, none, -right * images.shape[3], none, one, -down * images.shape[2])


class RandomCrop(_RandomImageLayer):
    """Cut a part out of images, at a place that is random for each batch while training.

    Otherwise, or where the images are too small for that, the middle part of the right shape is resized.

    Args:
        height, width: the size of the outputs.
        seed: a whole number for the same places in each run.
        data_format: "channels_last" or "channels_first".

    Shapes:
        (batch, height, width, channels) or one image → the same with the new height and width; floats.

    >>> RandomCrop(2, 3)(torch.ones(1, 5, 5, 1), training=True).shape
    torch.Size([1, 2, 3, 1])
    """

    height: int
    width: int
    seed: int | SeedGenerator | None = None
    data_format: Annotated[str | None, standardize_data_format] = None
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "height", "width")

    def call(self, inputs: Tensor, training: bool = True) -> Tensor:
        """Cut."""
        images, form = form_of(inputs, self.data_format)
        sizes = (self.height, self.width)
        surplus = [images.shape[axis] - size for axis, size in zip(form.space, sizes)]
        if not training or min(surplus) < 0:
            return resize(images, sizes, crop_to_aspect_ratio=True, data_format=self.data_format)
        device = images.device
        drawn = torch.rand(2, generator=generator_for(self._numbers, device), device=device)
        for axis, size, more, part in zip(form.space, sizes, surplus, drawn.unbind(0)):
            # Picked by index: where the part begins is known on the device alone.
            begin = (part * (more + 1)).long().clamp(max=more)
            images = images.index_select(axis, begin + torch.arange(size, device=device))
        return images


class RandomWidth(Layer):
    """Stretch a batch of images to a random width while training; leave it alone otherwise.

    A layer of TensorFlow.js. The width of its outputs is not known before a batch comes.

    Args:
        factor: the largest change as a part of the width, both ways; or a pair, the least and the most.
        interpolation: "bilinear" or "nearest".
        seed: a whole number for the same widths in each run.

    Shapes:
        (batch, height, width, channels) → (batch, height, another width, channels); floats.

    >>> RandomWidth((1.0, 1.0))(torch.ones(1, 2, 3, 1), training=True).shape
    torch.Size([1, 2, 6, 1])
    """

    _casts_ints = True
    _built_at_once = True

    factor: Any
    interpolation: str = "bilinear"
    seed: int | SeedGenerator | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._bounds = bounds_of(self.factor, "factor", most=math.inf)
        if self._bounds[0] <= -1:
            raise ValueError(f"`factor` must be above -1, where nothing is left; received {self.factor!r}.")
        check_choice("interpolation", self.interpolation, INTERPOLATIONS)
        self._numbers = SeedGenerator(self.seed) if isinstance(self.seed, int) else self.seed
        self._build_at_once()

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Stretch, if `training`."""
        images, form = form_of(inputs, "channels_last")
        if not training:
            return images
        low, high = self._bounds
        # Drawn on the host: a size must be known there.
        host = torch.device("cpu")
        part = torch.rand((), generator=generator_for(self._numbers, host), device=host).item() * (high - low) + low
        height, width = (images.shape[axis] for axis in form.space)
        sizes = (height, max(int(width * (1 + part)), 1))
        return resize(images, sizes, self.interpolation, data_format="channels_last")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the images, with an unknown width."""
        return (*input_shape[:-2], None, input_shape[-1])
