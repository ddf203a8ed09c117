"""Images brought to a size: cut from the middle, or resized."""

from typing import Annotated

from torch import Tensor

from kerasish._base._settings import standardize_data_format
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import positive
from kerasish.ops.image import resize
from kerasish.ops.image._forms import check_choice, form_of


class CenterCrop(Layer):
    """Cut the middle out of images; where they are too small for that, resize the middle part of the right shape.

    Args:
        height, width: the size of the outputs.
        data_format: "channels_last" or "channels_first".

    Shapes:
        (batch, height, width, channels) or one image → the same with the new height and width; floats.

    >>> CenterCrop(1, 2)(torch.arange(12.0).view(1, 3, 4, 1)).flatten().tolist()
    [5.0, 6.0]
    """

    _built_at_once = True
    _casts_ints = True

    height: int
    width: int
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "height", "width")
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Cut."""
        images, form = form_of(inputs, self.data_format)
        sizes = (self.height, self.width)
        surplus = [images.shape[axis] - size for axis, size in zip(form.space, sizes)]
        if min(surplus) < 0:
            return resize(images, sizes, crop_to_aspect_ratio=True, data_format=self.data_format)
        for axis, size, more in zip(form.space, sizes, surplus):
            images = images.narrow(axis, more // 2, size)
        return images


class Resizing(Layer):
    """Make images of another size.

    Args:
        height, width: the size of the outputs.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether the middle of the images, of the new shape, is resized, so that nothing is distorted.
        pad_to_aspect_ratio: whether the images get a rim instead, for the same end.
        fill_mode: "constant", the only way to fill the rim.
        fill_value: the rim's value.
        antialias: whether what is made smaller is smoothed first.
        data_format: "channels_last" or "channels_first".

    Shapes:
        (batch, height, width, channels) or one image → the same with the new height and width; floats.

    >>> Resizing(2, 2)(torch.ones(1, 5, 5, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    _built_at_once = True
    _casts_ints = True

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: str = "constant"
    fill_value: float = 0.0
    antialias: bool = False
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "height", "width")
        self.interpolation = str(self.interpolation).lower()
        check_choice("interpolation", self.interpolation, ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))
        check_choice("fill_mode", self.fill_mode, ("constant",))
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError("`crop_to_aspect_ratio` and `pad_to_aspect_ratio` exclude each other; both are True.")
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Resize."""
        return resize(
            inputs,
            (self.height, self.width),
            self.interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )
