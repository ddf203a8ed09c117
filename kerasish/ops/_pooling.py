"""Pooling over one to three spatial axes; channels last takes views only."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from kerasish._base._settings import standardize_data_format
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor
from kerasish.ops._layout import channels_first, channels_last, spatial_rank
from kerasish.ops._padding import check_padding, per_axis, same_pooling

op = operation("keras.src.ops.nn")

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
_ADAPTIVE_AVERAGE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


def _pool(kernels: dict[int, Callable], inputs: TensorLike, size: Any, strides: Any, padding: str, data_format: Any, **how: Any):
    x = as_tensor(inputs)
    rank = spatial_rank(x)
    last = standardize_data_format(data_format) == "channels_last"
    window = per_axis(size, rank, "pool_size")
    steps = window if strides is None else per_axis(strides, rank, "strides")
    if last:
        x = channels_first(x)
    surplus: Sequence[int] = ()
    if check_padding(padding) == "same":
        sides, surplus = same_pooling(x.shape[2:], window, steps)
        y = kernels[rank](x, window, steps, sides, ceil_mode=True, **how)
    else:
        y = kernels[rank](x, window, steps, **how)
    for axis, extra in enumerate(surplus, 2):
        if extra:
            y = y.narrow(axis, extra, y.shape[axis] - extra)
    return channels_last(y) if last else y


@op
def max_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Take the greatest of each window; windows lie `strides` apart, side by side by default.

    >>> max_pool([[[1.0], [3.0], [2.0]]], 2, padding="same").flatten().tolist()
    [3.0, 2.0]
    """
    return _pool(_MAX, inputs, pool_size, strides, padding, data_format)


@op
def average_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Average each window; what "same" adds at the borders does not count.

    >>> average_pool([[[1.0], [3.0], [2.0]]], 2, padding="same").flatten().tolist()
    [2.0, 2.0]
    """
    return _pool(_AVERAGE, inputs, pool_size, strides, padding, data_format, count_include_pad=False)


def _adaptive(kernels: dict[int, Callable], inputs: TensorLike, output_size: Any, data_format: Any) -> Tensor:
    x = as_tensor(inputs)
    rank = spatial_rank(x)
    size = per_axis(output_size, rank, "output_size")
    if standardize_data_format(data_format) == "channels_last":
        return channels_last(kernels[rank](channels_first(x), size))
    return kernels[rank](x, size)


@op
def adaptive_max_pool(inputs: TensorLike, output_size: int | Sequence[int], data_format: str | None = None) -> Tensor:
    """Take the greatest of each window, of windows as large as it takes to give `output_size` places."""
    return _adaptive(_ADAPTIVE_MAX, inputs, output_size, data_format)


@op
def adaptive_average_pool(inputs: TensorLike, output_size: int | Sequence[int], data_format: str | None = None) -> Tensor:
    """Average each window, of windows as large as it takes to give `output_size` places."""
    return _adaptive(_ADAPTIVE_AVERAGE, inputs, output_size, data_format)
