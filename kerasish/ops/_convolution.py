"""Convolutions over one to three spatial axes; channels last takes views only."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, like
from kerasish.ops._layout import channels_first, channels_last, spatial_rank, torch_kernel
from kerasish.ops._padding import check_padding, pad_same, per_axis, transposed_sides

op = operation("keras.src.ops.nn")

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
    groups: int,
    last: bool,
) -> Tensor:
    """Convolve with a torch kernel (out, in / groups, …); `last` says whether the channels of `x` are."""
    if last:
        x = channels_first(x)
    sides: Any = (0,) * len(strides)
    if padding == "same":
        x, sides = pad_same(x, weight.shape[2:], strides, dilation)
    y = _CONV[x.ndim - 2](x, weight, bias, strides, sides, dilation, groups)
    return channels_last(y) if last else y


@op
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve over one to three spatial axes.

    Args:
        inputs: (batch, …, channels), or (batch, channels, …) if `data_format` is "channels_first".
        kernel: (…, channels / groups, filters); fewer channels than `inputs` has make groups.
        padding: "valid" or "same"; the latter gives `ceil(size / stride)` places along each axis.

    >>> conv([[[1.0], [2.0], [3.0]]], [[[1.0]], [[1.0]]]).flatten().tolist()
    [3.0, 5.0]
    """
    x = as_tensor(inputs)
    rank = spatial_rank(x)
    weight = torch_kernel(like(kernel, x))
    last = standardize_data_format(data_format) == "channels_last"
    channels = x.shape[-1] if last else x.shape[1]
    if channels % weight.shape[1]:
        raise ValueError(f"The kernel's input channels, {weight.shape[1]}, must divide those of the inputs, {channels}.")
    return convolve(
        x,
        weight,
        None,
        per_axis(strides, rank, "strides"),
        check_padding(padding),
        per_axis(dilation_rate, rank, "dilation_rate"),
        channels // weight.shape[1],
        last,
    )


def depthwise_weight(kernel: Tensor) -> Tensor:
    """Arrange a kernel (…, channels, multiplier) as torch's (channels * multiplier, 1, …)."""
    rank = kernel.ndim - 2
    return kernel.permute((rank, rank + 1, *range(rank))).flatten(0, 1).unsqueeze(1)


@op
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve each channel by itself, with a kernel (…, channels, multiplier)."""
    x = as_tensor(inputs)
    rank = spatial_rank(x)
    kernel = like(kernel, x)
    last = standardize_data_format(data_format) == "channels_last"
    channels = x.shape[-1] if last else x.shape[1]
    if channels != kernel.shape[-2]:
        raise ValueError(f"The kernel must have the inputs' channels, {channels}; received {kernel.shape[-2]}.")
    return convolve(
        x,
        depthwise_weight(kernel),
        None,
        per_axis(strides, rank, "strides"),
        check_padding(padding),
        per_axis(dilation_rate, rank, "dilation_rate"),
        channels,
        last,
    )


@op
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve each channel by itself, then mix the channels with a kernel (1, …, channels * multiplier, filters)."""
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, 1, "valid", data_format)


def convolve_transposed(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    padding: str,
    output_padding: Sequence[int | None],
    dilation: Sequence[int],
    last: bool,
) -> Tensor:
    """Convolve transposed with a torch kernel (in, out, …); `last` says whether the channels of `x` are."""
    if last:
        x = channels_first(x)
    numbers = zip(weight.shape[2:], strides, dilation, output_padding)
    sides = [transposed_sides(window, stride, step, padding, more) for window, stride, step, more in numbers]
    kernel = _CONV_TRANSPOSE[x.ndim - 2]
    if all(before >= 0 and before - after < max(s, d) for (before, after), s, d in zip(sides, strides, dilation)):
        # torch cuts both sides alike and can add after; what it cannot is to cut more after than before.
        extra = [max(before - after, 0) for before, after in sides]
        y = kernel(x, weight, bias, strides, [before for before, _ in sides], extra, 1, dilation)
        rest = [(0, max(after - before, 0)) for before, after in sides]
    else:
        y = kernel(x, weight, bias, strides, 0, 0, 1, dilation)
        rest = sides
    if any(before or after for before, after in rest):
        y = F.pad(y, [-width for side in reversed(rest) for width in side])
    return channels_last(y) if last else y


@op
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Convolve transposed: what a convolution's gradient does to its inputs, which makes them larger.

    Args:
        inputs: (batch, …, channels), or (batch, channels, …) if `data_format` is "channels_first".
        kernel: (…, filters, channels).
        padding: "same" gives `size * stride` places, "valid" `(size - 1) * stride + max(window, stride)`.
        output_padding: how much longer the result is than the least that would do; chosen so by default.
    """
    x = as_tensor(inputs)
    rank = spatial_rank(x)
    weight = torch_kernel(like(kernel, x))
    last = standardize_data_format(data_format) == "channels_last"
    channels = x.shape[-1] if last else x.shape[1]
    if channels != weight.shape[0]:
        raise ValueError(f"The kernel must have the inputs' channels, {channels}; received {weight.shape[0]}.")
    return convolve_transposed(
        x,
        weight,
        None,
        per_axis(strides, rank, "strides"),
        check_padding(padding),
        (None,) * rank if output_padding is None else per_axis(output_padding, rank, "output_padding", least=0),
        per_axis(dilation_rate, rank, "dilation_rate"),
        last,
    )
