"""Pooling over all of space: to one value a channel, or to a given number of them."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.layers._input_spec import InputSpec
from kerasish.layers._layer import Layer
from kerasish.layers._spatial import View, per_axis

_LARGEST = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
_AVERAGE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


class _GlobalPooling(Layer):
    _built_at_once = True
    rank: ClassVar[int]

    data_format: Annotated[str | None, standardize_data_format] = None
    keepdims: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_once()
        first = 1 if self.data_format == "channels_last" else 2
        self._axes = tuple(range(first, first + self.rank))


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs: Tensor) -> Tensor:
        """Take the largest value of each channel."""
        return inputs.amax(self._axes, self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs: Tensor) -> Tensor:
        """Take the average of each channel."""
        return inputs.mean(self._axes, self.keepdims)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """Take the largest value of each channel over all steps.

    Args:
        data_format: "channels_last" (batch, steps, channels) or "channels_first".
        keepdims: whether the axis of steps stays, with size 1.

    Shapes:
        (batch, steps, channels) → (batch, channels).

    >>> GlobalMaxPooling1D()(torch.tensor([[[1.0], [3.0]]])).tolist()
    [[3.0]]
    """

    aliases = ("GlobalMaxPool1D",)
    rank = 1


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """Take the largest value of each channel of an image; the arguments are those of GlobalMaxPooling1D.

    Shapes:
        (batch, height, width, channels) → (batch, channels).

    >>> GlobalMaxPooling2D()(torch.ones(2, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    aliases = ("GlobalMaxPool2D",)
    rank = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """Take the largest value of each channel of a volume; the arguments are those of GlobalMaxPooling1D.

    Shapes:
        (batch, depth, height, width, channels) → (batch, channels).

    >>> GlobalMaxPooling3D()(torch.ones(2, 4, 4, 4, 3)).shape
    torch.Size([2, 3])
    """

    aliases = ("GlobalMaxPool3D",)
    rank = 3


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """Take the average of each channel over all steps, or over those that a mask leaves.

    Args:
        data_format: "channels_last" (batch, steps, channels) or "channels_first".
        keepdims: whether the axis of steps stays, with size 1.

    Shapes:
        (batch, steps, channels) and a mask (batch, steps) → (batch, channels).

    >>> GlobalAveragePooling1D()(torch.tensor([[[1.0], [3.0]]]), mask=torch.tensor([[True, False]])).tolist()
    [[1.0]]
    """

    aliases = ("GlobalAvgPool1D",)
    rank = 1
    _starts_mask = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Any = None) -> Tensor:
        """Take the average of each channel over the steps that count."""
        if mask is None:
            return inputs.mean(self._axes, self.keepdims)
        counts = mask.bool().unsqueeze(2 if self.data_format == "channels_last" else 1)
        total = torch.where(counts, inputs, 0).sum(self._axes, self.keepdims)
        return total / counts.to(inputs.dtype).sum(self._axes, self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """No steps are left to be masked."""


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """Take the average of each channel of an image; the arguments are those of GlobalAveragePooling1D.

    Shapes:
        (batch, height, width, channels) → (batch, channels).

    >>> GlobalAveragePooling2D()(torch.ones(2, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    aliases = ("GlobalAvgPool2D",)
    rank = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """Take the average of each channel of a volume; the arguments are those of GlobalAveragePooling1D.

    Shapes:
        (batch, depth, height, width, channels) → (batch, channels).

    >>> GlobalAveragePooling3D()(torch.ones(2, 4, 4, 4, 3)).shape
    torch.Size([2, 3])
    """

    aliases = ("GlobalAvgPool3D",)
    rank = 3


class _AdaptivePooling(Layer):
    rank: ClassVar[int]
    _pools: ClassVar[dict]

    output_size: Any
    data_format: Annotated[str | None, standardize_data_format] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.output_size = per_axis(self.output_size, self.rank, "output_size")
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._view = View(self.rank, self.data_format)
        self._sizes = self._view.lift(self.output_size)

    def call(self, inputs: Tensor) -> Tensor:
        """Cut space into as many parts as outputs are wanted, and pool each."""
        view = self._view
        return view.leave(self._pools[view.rank](view.enter(inputs), self._sizes))


class AdaptiveMaxPooling1D(_AdaptivePooling):
    """Take the largest value in each of `output_size` parts of the steps.

    Args:
        output_size: the number of parts; they overlap by one step where they do not fit evenly.
        data_format: "channels_last" (batch, steps, channels) or "channels_first".

    Shapes:
        (batch, steps, channels) → (batch, output_size, channels).

    >>> AdaptiveMaxPooling1D(4)(torch.zeros(2, 10, 3)).shape
    torch.Size([2, 4, 3])
    """

    rank = 1
    _pools = _LARGEST


class AdaptiveMaxPooling2D(_AdaptivePooling):
    """Take the largest value in each of `output_size` parts of an image; the arguments are those of AdaptiveMaxPooling1D.

    >>> AdaptiveMaxPooling2D(4)(torch.zeros(2, 10, 10, 3)).shape
    torch.Size([2, 4, 4, 3])
    """

    rank = 2
    _pools = _LARGEST


class AdaptiveMaxPooling3D(_AdaptivePooling):
    """Take the largest value in each of `output_size` parts of a volume; the arguments are those of AdaptiveMaxPooling1D.

    >>> AdaptiveMaxPooling3D(2)(torch.zeros(2, 5, 5, 5, 3)).shape
    torch.Size([2, 2, 2, 2, 3])
    """

    rank = 3
    _pools = _LARGEST


class AdaptiveAveragePooling1D(_AdaptivePooling):
    """Take the average of each of `output_size` parts of the steps; the arguments are those of AdaptiveMaxPooling1D.

    >>> AdaptiveAveragePooling1D(4)(torch.zeros(2, 10, 3)).shape
    torch.Size([2, 4, 3])
    """

    rank = 1
    _pools = _AVERAGE


class AdaptiveAveragePooling2D(_AdaptivePooling):
    """Take the average of each of `output_size` parts of an image; the arguments are those of AdaptiveMaxPooling1D.

    >>> AdaptiveAveragePooling2D(4)(torch.zeros(2, 10, 10, 3)).shape
    torch.Size([2, 4, 4, 3])
    """

    rank = 2
    _pools = _AVERAGE


class AdaptiveAveragePooling3D(_AdaptivePooling):
    """Take the average of each of `output_size` parts of a volume; the arguments are those of AdaptiveMaxPooling1D.

    >>> AdaptiveAveragePooling3D(2)(torch.zeros(2, 5, 5, 5, 3)).shape
    torch.Size([2, 2, 2, 2, 3])
    """

    rank = 3
    _pools = _AVERAGE
