"""Pooling over windows: the largest or the average value in each."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import View, padding_mode, per_axis, same_padding

_LARGEST = {1: torch.max_pool1d, 2: torch.max_pool2d, 3: torch.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


class _Pooling(Layer):
    _built_at_once = True
    rank: ClassVar[int]

    pool_size: Any
    strides: Any = None
    padding: str = "valid"
    data_format: Annotated[str | None, standardize_data_format] = None
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pool_size = per_axis(self.pool_size, self.rank, "pool_size")
        self.strides = self.pool_size if self.strides is None else per_axis(self.strides, self.rank, "strides")
        self.padding = padding_mode(self.padding)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_once()
        self._view = view = View(self.rank, self.data_format)
        self._sizes, self._steps = view.lift(self.pool_size), view.lift(self.strides)

        # Even windows that move by one are padded too much before the axis, and give one output too many there.
        same = self.padding == "same"
        self._surplus = [axis for axis, size in enumerate(self._sizes) if same and size % 2 == 0 and self._steps[axis] == 1]

    def _pool(self, function: Any, inputs: Tensor, **more: Any) -> Tensor:
        """Call torch's pooling on the view that it takes."""
        x = self._view.enter(inputs)
        if self.padding == "valid":
            return self._view.leave(function(x, self._sizes, self._steps, **more))
        # torch pads both sides alike; what "same" pads more after an axis, its ceil mode adds.
        pads = [same_padding(*sizes)[0] for sizes in zip(x.shape[2:], self._sizes, self._steps)]
        for axis in self._surplus:
            pads[axis] += 1
        x = function(x, self._sizes, self._steps, pads, ceil_mode=True, **more)
        for axis in self._surplus:
            x = x.narrow(axis + 2, 1, x.shape[axis + 2] - 1)
        return self._view.leave(x)


class _MaxPooling(_Pooling):
    def call(self, inputs: Tensor) -> Tensor:
        """Take the largest value in each window."""
        return self._pool(_LARGEST[self._view.rank], inputs)


class _AveragePooling(_Pooling):
    def call(self, inputs: Tensor) -> Tensor:
        """Take the average of each window, of what lies within the input."""
        return self._pool(_AVERAGE[self._view.rank], inputs, count_include_pad=False)


class MaxPooling1D(_MaxPooling):
    """Take the largest value in each window of steps.

    Args:
        pool_size: how many steps a window spans.
        strides: how far it moves; `pool_size` by default.
        padding: "valid" (whole windows only) or "same" (as many outputs as inputs / strides).
        data_format: "channels_last" (batch, steps, channels) or "channels_first".
        name: an automatic one by default.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, channels).

    >>> MaxPooling1D(2)(torch.tensor([[[1.0], [3.0], [2.0], [0.0]]])).flatten().tolist()
    [3.0, 2.0]
    """

    aliases = ("MaxPool1D",)
    rank = 1
    pool_size: Any = 2


class MaxPooling2D(_MaxPooling):
    """Take the largest value in each window of an image.

    Args:
        pool_size, strides: one number, or one for height and one for width.
        padding, data_format, name: as in MaxPooling1D.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, channels).

    >>> MaxPooling2D()(torch.zeros(2, 10, 10, 3)).shape
    torch.Size([2, 5, 5, 3])
    """

    aliases = ("MaxPool2D",)
    rank = 2
    pool_size: Any = (2, 2)


class MaxPooling3D(_MaxPooling):
    """Take the largest value in each window of a volume; the arguments are those of MaxPooling2D, with three axes of space.

    Shapes:
        (batch, depth, height, width, channels) → (batch, new_depth, new_height, new_width, channels).

    >>> MaxPooling3D()(torch.zeros(2, 4, 4, 4, 3)).shape
    torch.Size([2, 2, 2, 2, 3])
    """

    aliases = ("MaxPool3D",)
    rank = 3
    pool_size: Any = (2, 2, 2)


class AveragePooling1D(_AveragePooling):
    """Take the average of each window of steps; padding does not count.

    Args:
        pool_size: how many steps a window spans.
        strides, padding, data_format, name: as in MaxPooling1D.

    Shapes:
        (batch, steps, channels) → (batch, new_steps, channels).

    >>> AveragePooling1D(2)(torch.tensor([[[1.0], [3.0], [2.0], [0.0]]])).flatten().tolist()
    [2.0, 1.0]
    """

    aliases = ("AvgPool1D",)
    rank = 1


class AveragePooling2D(_AveragePooling):
    """Take the average of each window of an image; padding does not count.

    Args:
        pool_size: one number, or one for height and one for width.
        strides, padding, data_format, name: as in MaxPooling2D.

    Shapes:
        (batch, height, width, channels) → (batch, new_height, new_width, channels).

    >>> AveragePooling2D(2)(torch.zeros(2, 10, 10, 3)).shape
    torch.Size([2, 5, 5, 3])
    """

    aliases = ("AvgPool2D",)
    rank = 2


class AveragePooling3D(_AveragePooling):
    """Take the average of each window of a volume; the arguments are those of AveragePooling2D, with three axes of space.

    Shapes:
        (batch, depth, height, width, channels) → (batch, new_depth, new_height, new_width, channels).

    >>> AveragePooling3D(2)(torch.zeros(2, 4, 4, 4, 3)).shape
    torch.Size([2, 2, 2, 2, 3])
    """

    aliases = ("AvgPool3D",)
    rank = 3

    def call(self, inputs: Tensor) -> Tensor:
        """Take the average of each window; on the CPU torch has no kernel for half precision."""
        if inputs.dtype in (torch.float16, torch.bfloat16) and inputs.device.type == "cpu":
            return super().call(inputs.float()).to(inputs.dtype)
        return super().call(inputs)
