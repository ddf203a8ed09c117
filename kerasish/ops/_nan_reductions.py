"""Reductions that pass over NaN."""

from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import Axis, TensorLike, as_float, as_tensor, is_empty
from kerasish.ops._reductions import amax, amin, argmax, argmin, cumprod, cumsum, prod, sum

op = operation("keras.src.ops.numpy")


def _filled(x: TensorLike, value: float) -> Tensor:
    """Put a value that makes no difference in the place of each NaN."""
    x = as_tensor(x)
    return torch.where(torch.isnan(x), value, x) if x.is_floating_point() or x.is_complex() else x


def _nothing(x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    """Say where there is nothing but NaN."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    return torch.isnan(x).all(axes, keepdim=keepdims)  # type: ignore[arg-type]


@op
def nansum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Add up what is not NaN.

    >>> nansum([1.0, float("nan"), 2.0]).item()
    3.0
    """
    return sum(_filled(x, 0), axis, keepdims)


@op
def nanprod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Multiply what is not NaN."""
    return prod(_filled(x, 1), axis, keepdims)


@op
def nanmean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average what is not NaN."""
    x = as_float(x)
    return x if is_empty(axis) else torch.nanmean(x, dim=axis, keepdim=keepdims)  # type: ignore[arg-type]


@op
def nanvar(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the variance of what is not NaN."""
    x = as_float(x)
    if is_empty(axis):
        return x - x
    return torch.nanmean((x - torch.nanmean(x, dim=axis, keepdim=True)).square(), dim=axis, keepdim=keepdims)  # type: ignore[arg-type]


@op
def nanstd(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the standard deviation of what is not NaN."""
    return torch.sqrt(nanvar(x, axis, keepdims))


@op
def nanmax(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the greatest of what is not NaN; NaN where there is nothing else."""
    x = as_tensor(x)
    if not x.is_floating_point():
        return amax(x, axis, keepdims)
    greatest = amax(_filled(x, float("-inf")), axis, keepdims)
    return torch.where(_nothing(x, axis, keepdims), float("nan"), greatest)


@op
def nanmin(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the least of what is not NaN; NaN where there is nothing else."""
    x = as_tensor(x)
    if not x.is_floating_point():
        return amin(x, axis, keepdims)
    least = amin(_filled(x, float("inf")), axis, keepdims)
    return torch.where(_nothing(x, axis, keepdims), float("nan"), least)


@op
def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Find the place of the greatest of what is not NaN, as int32; -1 where there is nothing else."""
    x = as_tensor(x)
    return torch.where(_nothing(x, axis, keepdims), -1, argmax(_filled(x, float("-inf")), axis, keepdims))


@op
def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Find the place of the least of what is not NaN, as int32; -1 where there is nothing else."""
    x = as_tensor(x)
    return torch.where(_nothing(x, axis, keepdims), -1, argmin(_filled(x, float("inf")), axis, keepdims))


@op
def nancumsum(x: TensorLike, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Compute the running sum, with NaN as 0."""
    return cumsum(_filled(x, 0), axis, dtype)


@op
def nancumprod(x: TensorLike, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Compute the running product, with NaN as 1."""
    return cumprod(_filled(x, 1), axis, dtype)
