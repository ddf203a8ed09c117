"""Sorting, searching, and what there is in how many copies."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core._infer import is_inferring, unknown_size
from kerasish.ops._inputs import TensorLike, as_tensor, like, two_tensors

op = operation("keras.src.ops.numpy")


def _flat_if_no_axis(x: TensorLike, axis: int | None) -> tuple[Tensor, int]:
    x = as_tensor(x)
    return (x.reshape(-1), 0) if axis is None else (x, axis)


@op
def sort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Sort along an axis, the least first; None sorts the flattened tensor."""
    x, axis = _flat_if_no_axis(x, axis)
    return torch.sort(x, dim=axis).values


@op
def argsort(x: TensorLike, axis: int | None = -1) -> Tensor:
    """Give the places that would sort along an axis, as int32; equals keep their order."""
    x, axis = _flat_if_no_axis(x, axis)
    return torch.argsort(x, dim=axis, stable=True).to(torch.int32)


@op
def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> Tensor:
    """Give places such that the kth is where sorting would have it, with nothing greater before it."""
    if not isinstance(kth, int):
        raise ValueError(f"`kth` must be an integer; received {kth!r}.")
    x, axis = _flat_if_no_axis(x, axis)
    return torch.argsort(x, dim=axis, stable=True).to(torch.int32)


@op
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> Tensor:
    """Find the places at which values would go into a sorted vector, as int32.

    >>> searchsorted([1, 3, 5], [3, 4]).tolist()
    [1, 2]
    """
    sequence, values = two_tensors(sorted_sequence, values)
    if sequence.ndim != 1:
        raise ValueError(f"`sorted_sequence` must have one axis; received shape {tuple(sequence.shape)}.")
    dtype = torch.promote_types(sequence.dtype, values.dtype)
    return torch.searchsorted(sequence.to(dtype), values.to(dtype), side=side, out_int32=True)


@op
def digitize(x: TensorLike, bins: TensorLike) -> Tensor:
    """Give the number of the bin that each value falls in, as int32; bin i begins at `bins[i - 1]`."""
    x = as_tensor(x)
    x = x.to(torch.uint8) if x.dtype is torch.bool else x
    bins = like(bins, x)
    if bins.ndim != 1:
        raise ValueError(f"`bins` must be a vector; received shape {tuple(bins.shape)}.")
    return torch.bucketize(x, bins, right=True, out_int32=True)


@op
def bincount(x: TensorLike, weights: TensorLike = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """Count how often each number from 0 occurs, or add up its weights; the rows of a matrix each for themselves.

    >>> bincount([0, 2, 2]).tolist()
    [1, 0, 2]
    """
    if sparse:
        raise ValueError("`sparse` must be False: only dense tensors are supported.")
    x = as_tensor(x).to(torch.int64)
    weights = torch.ones_like(x, dtype=torch.int32) if weights is None else like(weights, x)
    length = max(minlength, int(x.max()) + 1 if x.numel() else 0)
    counts = torch.zeros((*x.shape[:-1], length), dtype=weights.dtype, device=x.device)
    return counts.scatter_add(-1, x, weights)


@op
def histogram(x: TensorLike, bins: int | TensorLike = 10, range: tuple[float, float] | None = None) -> tuple[Tensor, Tensor]:
    """Count the values in bins of one width: (counts, edges)."""
    x = as_tensor(x)
    if isinstance(bins, int):
        if bins < 1:
            raise ValueError(f"`bins` must be a positive integer, or the edges of the bins; received {bins}.")
    else:
        bins = like(bins, x).to(x.dtype)
    if is_inferring():
        edges = x.new_empty(bins + 1 if isinstance(bins, int) else bins.shape[0])
        return edges[1:], edges
    counts, edges = torch.histogram(x.cpu(), bins, **({} if range is None else {"range": range}))  # type: ignore[call-overload]
    return counts.to(x.device), edges.to(x.device)


@op
def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Find the different values, or slices along an axis: they, and then what else is asked for, in a tuple.

    Args:
        return_index: where each occurs first.
        return_inverse: which of them stands at each place.
        return_counts: how often each occurs.
        size, fill_value: cut or fill the result up to this length.
    """
    x = as_tensor(x)
    if is_inferring():
        count = unknown_size() if size is None else size
        values = x.new_empty(count if axis is None else [count if i == axis % x.ndim else n for i, n in enumerate(x.shape)])
        first = torch.empty(count, dtype=torch.int64)
        inverse = torch.empty(x.shape if axis is None else x.shape[axis], dtype=torch.int64)
        asked = [(return_index, first), (return_inverse, inverse), (return_counts, first)]
        results = [values, *(result for is_asked, result in asked if is_asked)]
        return results[0] if len(results) == 1 else tuple(results)
    values, inverse, counts = torch.unique(x, sorted=sorted, return_inverse=True, return_counts=True, dim=axis)
    dim = 0 if axis is None else axis
    results = [_fit(values, size, dim, 0 if fill_value is None else fill_value)]
    if return_index:
        flat = inverse.reshape(-1)
        places = torch.arange(flat.numel(), device=x.device)
        first = torch.full((values.shape[dim],), flat.numel(), device=x.device).scatter_reduce(0, flat, places, "amin")
        results.append(_fit(first, size, 0, 1))
    if return_inverse:
        results.append(inverse)
    if return_counts:
        results.append(_fit(counts, size, 0, 0))
    return results[0] if len(results) == 1 else tuple(results)


def _fit(x: Tensor, size: int | None, axis: int, fill: Any) -> Tensor:
    """Cut a tensor along an axis, or fill it up."""
    if size is None or x.shape[axis] == size:
        return x
    if x.shape[axis] > size:
        return x.narrow(axis, 0, size)
    shape: Sequence[int] = [size - n if i == axis % x.ndim else n for i, n in enumerate(x.shape)]
    return torch.cat([x, torch.full(shape, fill, dtype=x.dtype, device=x.device)], axis)
