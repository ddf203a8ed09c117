"""Reductions: sums, means, extremes and their places over some axes, and running sums."""

from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core import torch_dtype
from kerasish.ops._inputs import Axis, TensorLike, as_float, as_tensor, is_empty, positive_axis, two_floats, without_bool

op = operation("keras.src.ops.numpy")
math_op = operation("keras.src.ops.math")

_SUMMED_IN_INT32 = (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32)


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


@op
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Add up over some axes, or all of them; small integers and bools are added in int32.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0).tolist()
    [4.0, 6.0]
    """
    x = as_tensor(x)
    if is_empty(axis):
        return x
    return torch.sum(x, dim=axis, keepdim=keepdims, dtype=torch.int32 if x.dtype in _SUMMED_IN_INT32 else None)  # type: ignore[arg-type]


@op
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average over some axes, or all of them; of integers this is a float."""
    x = as_float(x)
    return x if is_empty(axis) else torch.mean(x, dim=axis, keepdim=keepdims)  # type: ignore[arg-type]


@op
def prod(x: TensorLike, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """Multiply over some axes, or all of them; small integers and bools are multiplied in int32."""
    x = as_tensor(x)
    if dtype is None:
        kind = torch.int32 if x.dtype in _SUMMED_IN_INT32 else x.dtype
    else:
        kind = torch_dtype(dtype)
    if axis is None and not keepdims:
        return torch.prod(x, dtype=kind)
    for one in sorted((positive_axis(a, x.ndim) for a in _axes(axis, x.ndim)), reverse=True):
        x = torch.prod(x, dim=one, keepdim=keepdims, dtype=kind)
    return x.to(kind)


@op
def max(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Tensor:
    """Find the greatest over some axes, or all of them; at least `initial`."""
    x = as_tensor(x)
    if initial is None:
        return x if is_empty(axis) else torch.amax(x, _axes(axis, x.ndim), keepdims)
    if 0 in x.shape:
        return torch.full_like(torch.sum(x, dim=axis, keepdim=keepdims, dtype=x.dtype), initial)  # type: ignore[arg-type]
    return torch.clamp(torch.amax(x, _axes(axis, x.ndim), keepdims), min=initial).to(x.dtype)


@op
def min(x: TensorLike, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Tensor:
    """Find the least over some axes, or all of them; at most `initial`."""
    x = as_tensor(x)
    if initial is None:
        return x if is_empty(axis) else torch.amin(x, _axes(axis, x.ndim), keepdims)
    if 0 in x.shape:
        return torch.full_like(torch.sum(x, dim=axis, keepdim=keepdims, dtype=x.dtype), initial)  # type: ignore[arg-type]
    return torch.clamp(torch.amin(x, _axes(axis, x.ndim), keepdims), max=initial).to(x.dtype)


@op
def amax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the greatest over some axes, or all of them, as `max` does."""
    x = as_tensor(x)
    return x if is_empty(axis) else torch.amax(x, _axes(axis, x.ndim), keepdims)


@op
def amin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the least over some axes, or all of them, as `min` does."""
    x = as_tensor(x)
    return x if is_empty(axis) else torch.amin(x, _axes(axis, x.ndim), keepdims)


@op
def ptp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the range, greatest minus least, over some axes or all of them."""
    x = as_tensor(x)
    if is_empty(axis):
        return torch.zeros_like(x)
    axes = _axes(axis, x.ndim)
    return torch.amax(x, axes, keepdims) - torch.amin(x, axes, keepdims)


@op
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Find the place of the greatest along an axis, or in the flattened tensor, as int32."""
    x = as_tensor(x)
    return torch.argmax(without_bool(x), dim=axis, keepdim=keepdims).to(torch.int32)


@op
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Find the place of the least along an axis, or in the flattened tensor, as int32."""
    x = as_tensor(x)
    return torch.argmin(without_bool(x), dim=axis, keepdim=keepdims).to(torch.int32)


@op
def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the variance, the mean squared distance from the mean, over some axes or all of them."""
    x = as_float(x)
    return torch.zeros_like(x) if is_empty(axis) else torch.var(x, dim=axis, correction=0, keepdim=keepdims)  # type: ignore[arg-type]


@op
def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the standard deviation, the square root of `var`."""
    x = as_float(x)
    return torch.zeros_like(x) if is_empty(axis) else torch.std(x, dim=axis, correction=0, keepdim=keepdims)  # type: ignore[arg-type]


@op
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Say whether any element along some axes, or any at all, is true (not 0)."""
    x = as_tensor(x).to(torch.bool)
    return x if is_empty(axis) else torch.any(x, _axes(axis, x.ndim), keepdims)


@op
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Say whether all elements along some axes, or all there are, are true (not 0)."""
    x = as_tensor(x).to(torch.bool)
    return x if is_empty(axis) else torch.all(x, _axes(axis, x.ndim), keepdims)


@op
def count_nonzero(x: TensorLike, axis: Axis = None) -> Tensor:
    """Count what is not 0 over some axes, or all of them, as int32."""
    x = as_tensor(x) != 0
    return x.to(torch.int32) if is_empty(axis) else torch.sum(x, dim=axis, dtype=torch.int32)  # type: ignore[arg-type]


@op
def cumsum(x: TensorLike, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Compute the running sum along an axis, or of the flattened tensor.

    >>> cumsum([1, 2, 3]).tolist()
    [1, 3, 6]
    """
    x, axis, kind = _running(x, axis, dtype)
    return torch.cumsum(x, axis, dtype=kind)


@op
def cumprod(x: TensorLike, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Compute the running product along an axis, or of the flattened tensor."""
    x, axis, kind = _running(x, axis, dtype)
    return torch.cumprod(x, axis, dtype=kind)


def _running(x: TensorLike, axis: int | None, dtype: Any) -> tuple[Tensor, int, torch.dtype]:
    x = as_tensor(x)
    kind = torch_dtype(dtype) if dtype is not None else x.dtype
    if axis is None:
        x, axis = x.reshape(-1), 0
    return x, axis, torch.int32 if kind is torch.bool else kind


@op
def average(x: TensorLike, axis: Axis = None, weights: TensorLike = None) -> Tensor:
    """Average with weights, which have the shape of `x` or the length of its one axis.

    >>> average([1.0, 3.0], weights=[3, 1]).item()
    1.5
    """
    given = as_tensor(x)
    x = as_float(given)
    if is_empty(axis):
        return x
    if weights is None:
        return torch.mean(x, dim=axis)  # type: ignore[arg-type]
    x, weights = two_floats(given, weights)
    if weights.shape != x.shape:
        if weights.ndim != 1 or not isinstance(axis, int):
            raise ValueError(
                f"`weights` must have the shape of `x`, {tuple(x.shape)}, or one axis where `axis` is one; "
                f"received shape {tuple(weights.shape)} and axis {axis}."
            )
        shape = [1] * x.ndim
        shape[axis] = -1
        weights = weights.reshape(shape).expand_as(x)
    return torch.sum(x * weights, dim=axis) / torch.sum(weights, dim=axis)  # type: ignore[arg-type]


@math_op
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute `log(sum(exp(x)))` over some axes, or all of them, without overflow."""
    x = as_tensor(x)
    return torch.logsumexp(x, _axes(axis, x.ndim), keepdims)
