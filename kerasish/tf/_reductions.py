"""Reductions along axes, running totals, segments, and what counts and ranks numbers."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from kerasish import ops
from kerasish.core import KerasTensor
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import across, as_input, crossing, named
from kerasish.tf._dtypes import real_dtype


def _reducing(reduce: Callable, keeps_ints: bool = False) -> Callable:
    def reduced(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = as_input(input_tensor)
        axis = tuple(axis) if isinstance(axis, list) else axis
        made = reduce(x, axis=axis, keepdims=keepdims)
        if keeps_ints and isinstance(x, torch.Tensor) and not x.is_floating_point() and not x.is_complex():
            made = torch.div(reduce(x.double(), axis=axis, keepdims=keepdims), 1, rounding_mode="trunc")
        return made if isinstance(made, KerasTensor) or not keeps_ints else made.to(x.dtype)

    reduced.__doc__ = reduce.__doc__
    return reduced


def argmax(input: Any, axis: int | None = None, output_type: Any = "int64") -> Any:
    """Give the places of the greatest along an axis, the first one by default."""
    return ops.cast(ops.argmax(input, axis=0 if axis is None else axis), real_dtype(output_type))


def argmin(input: Any, axis: int | None = None, output_type: Any = "int64") -> Any:
    """Give the places of the least along an axis, the first one by default."""
    return ops.cast(ops.argmin(input, axis=0 if axis is None else axis), real_dtype(output_type))


def count_nonzero(input: Any, axis: Any = None, keepdims: bool = False, dtype: Any = "int64") -> Any:
    """Count what is not zero."""
    return ops.cast(ops.sum(ops.cast(ops.not_equal(input, 0), "int64"), axis=axis, keepdims=keepdims), real_dtype(dtype))


def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Give the root of the sum of the squares."""
    return ops.sqrt(_reducing(ops.sum)(ops.square(input_tensor), axis, keepdims))


def zero_fraction(value: Any) -> Any:
    """Give the share of zeros, float32."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


# Along an axis, element after element.


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """Add up along an axis: each element with all before it; `exclusive` leaves itself out."""
    x = _to_tensor(x)
    x = torch.flip(x, (axis,)) if reverse else x
    made = torch.cumsum(x, axis, dtype=x.dtype)
    made = made - x if exclusive else made
    return torch.flip(made, (axis,)) if reverse else made


def cumprod(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """Multiply along an axis: each element with all before it; `exclusive` leaves itself out."""
    x = _to_tensor(x)
    x = torch.flip(x, (axis,)) if reverse else x
    if exclusive:
        x = torch.cat([torch.ones_like(x.narrow(axis, 0, 1)), x.narrow(axis, 0, x.shape[axis] - 1)], axis)
    made = torch.cumprod(x, axis, dtype=x.dtype)
    return torch.flip(made, (axis,)) if reverse else made


def cumulative_logsumexp(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """Give log(sum(exp(…))) of each element with all before it; `exclusive` leaves itself out."""
    x = as_input(x)
    x = torch.flip(x, (axis,)) if reverse else x
    if exclusive:
        x = torch.cat([torch.full_like(x.narrow(axis, 0, 1), -torch.inf), x.narrow(axis, 0, x.shape[axis] - 1)], axis)
    made = torch.logcumsumexp(x, axis)
    return torch.flip(made, (axis,)) if reverse else made


def is_non_decreasing(x: Any) -> Any:
    """Say whether no element is less than the one before."""
    x = _to_tensor(x).reshape(-1)
    return (x[1:] >= x[:-1]).all()


def is_strictly_increasing(x: Any) -> Any:
    """Say whether each element is greater than the one before."""
    x = _to_tensor(x).reshape(-1)
    return (x[1:] > x[:-1]).all()


# Segments: rows that share a number.


def _segments(reduce: str, is_sorted: bool) -> Callable:
    def segmented(data: Any, segment_ids: Any, num_segments: Any = None) -> Any:
        data, ids = _to_tensor(data), _to_tensor(segment_ids).long()
        if is_sorted and bool((ids[1:] < ids[:-1]).any()):
            raise ValueError("`segment_ids` must not decrease; tf.math.unsorted_segment_* take them in any order.")
        rows = data.reshape(ids.numel(), *data.shape[ids.dim() :])
        count = int(ids.max()) + 1 if num_segments is None else int(num_segments)
        known = ids.reshape(-1) >= 0  # rows with a negative number belong nowhere
        return _reduced(rows[known], ids.reshape(-1)[known], count, reduce, is_sorted)

    segmented.__name__ = f"{'segment' if is_sorted else 'unsorted_segment'}_{reduce}"
    segmented.__doc__ = f"Give the {reduce} of the rows of each segment, shape (segments, ...)."
    if not is_sorted:
        return segmented
    return functools.wraps(segmented)(lambda data, segment_ids: segmented(data, segment_ids))


def _reduced(rows: Any, ids: Any, count: int, reduce: str, is_sorted: bool) -> Any:
    if reduce in ("mean", "sqrt_n"):
        total = _reduced(rows, ids, count, "sum", is_sorted)
        sizes = torch.bincount(ids, minlength=count).clamp(min=1).reshape(-1, *[1] * (rows.dim() - 1)).to(rows.dtype)
        made = total / (sizes.sqrt() if reduce == "sqrt_n" else sizes)
        return made if rows.is_floating_point() else made.to(rows.dtype)
    empty = 1 if reduce == "prod" else 0
    if not is_sorted and reduce in ("max", "min"):
        limits = torch.finfo(rows.dtype) if rows.is_floating_point() else torch.iinfo(rows.dtype)
        empty = limits.min if reduce == "max" else limits.max
    made = rows.new_full((count, *rows.shape[1:]), empty)
    kind = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    places = ids.reshape(-1, *[1] * (rows.dim() - 1)).expand_as(rows)
    return made.scatter_reduce(0, places, rows, kind, include_self=kind in ("sum", "prod"))


# Counting and ranking.


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    """Sort along an axis."""
    made = ops.sort(values, axis=axis)
    return ops.flip(made, axis=axis) if _falls(direction) else made


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    """Give the places that sort along an axis, int32; equal ones stay in order."""
    x = _to_tensor(values)
    return torch.argsort(x, dim=axis, descending=_falls(direction), stable=True).to(torch.int32)


def _falls(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"`direction` must be 'ASCENDING' or 'DESCENDING'; received {direction!r}.")
    return direction == "DESCENDING"


class Unique(NamedTuple):
    """What `unique` gives."""

    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    """What `unique_with_counts` gives."""

    y: Any
    idx: Any
    count: Any


class TopKV2(NamedTuple):
    """What `top_k` gives."""

    values: Any
    indices: Any


def unique(x: Any, out_idx: Any = "int32") -> Unique:
    """Give the different values in the order of their first place, and for each element which of them it is."""
    values, which = torch.unique(_to_tensor(x), return_inverse=True)
    places = torch.arange(which.numel(), device=which.device)
    first = torch.full((len(values),), which.numel(), device=which.device).scatter_reduce(0, which, places, "amin")
    order = torch.argsort(first)
    return Unique(values[order], torch.argsort(order)[which].to(real_dtype(out_idx)))


def unique_with_counts(x: Any, out_idx: Any = "int32") -> UniqueWithCounts:
    """Give what `unique` gives, and how often each value occurs."""
    values, which = unique(x, out_idx)
    return UniqueWithCounts(values, which, torch.bincount(which, minlength=len(values)).to(which.dtype))


def top_k(input: Any, k: int = 1, sorted: bool = True, index_type: Any = "int32") -> Any:
    """Give the greatest along the last axis, and their places."""
    values, places = ops.top_k(input, k, sorted)
    return TopKV2(values, ops.cast(places, real_dtype(index_type)))


def invert_permutation(x: Any) -> Any:
    """Give the permutation that undoes one."""
    return torch.argsort(_to_tensor(x)).to(_to_tensor(x).dtype)


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = "int32", axis: None = None
) -> Any:
    """Count how often each number from 0 on occurs, or add up its weights.

    Args:
        arr: whole numbers.
        weights: one for each.
        minlength, maxlength: so many counts at least, at most; numbers beyond are left out.
        dtype: the dtype of counts.
        axis: only None: all numbers are counted together.
    """
    if axis is not None:
        raise ValueError(f"`axis` must be None; received {axis}. Count rows with tf.map_fn.")
    x = _to_tensor(arr).reshape(-1).long()
    weights = None if weights is None else _to_tensor(weights).reshape(-1)
    made = torch.bincount(x, weights, minlength=int(minlength or 0))
    made = made if maxlength is None else made[: int(maxlength)]
    return made.to(real_dtype(dtype) if weights is None else weights.dtype)


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: int | None = None, weights: Any = None, dtype: Any = "int32"
) -> Any:
    """Count the pairs of label and prediction, shape (classes, classes); rows are labels."""
    labels, predictions = _to_tensor(labels).reshape(-1).long(), _to_tensor(predictions).reshape(-1).long()
    count = int(torch.maximum(labels.max(), predictions.max())) + 1 if num_classes is None else int(num_classes)
    values = torch.ones_like(labels) if weights is None else _to_tensor(weights).reshape(-1)
    made = values.new_zeros(count, count)
    return made.index_put((labels, predictions), values, accumulate=True).to(real_dtype(dtype))


def histogram_fixed_width(values: Any, value_range: Any, nbins: int = 100, dtype: Any = "int32") -> Any:
    """Count the numbers in bins of one width; what is out of the range counts in the first or the last."""
    places = histogram_fixed_width_bins(values, value_range, nbins)
    return torch.bincount(places.reshape(-1), minlength=nbins).to(real_dtype(dtype))


def histogram_fixed_width_bins(values: Any, value_range: Any, nbins: int = 100, dtype: Any = "int32") -> Any:
    """Give the number of the bin that each number falls into."""
    low, high = (float(part) for part in value_range)
    places = torch.floor((_to_tensor(values).double() - low) / (high - low) * nbins)
    return places.clamp(0, nbins - 1).to(real_dtype(dtype))


REDUCTIONS: dict[str, Callable] = {
    f"reduce_{name}": across(_reducing(getattr(ops, name))) for name in ("sum", "prod", "max", "min", "all", "any")
}
REDUCTIONS |= {"reduce_mean": across(_reducing(ops.mean, keeps_ints=True)), "reduce_std": across(_reducing(ops.std))}
REDUCTIONS |= {"reduce_variance": across(_reducing(ops.var)), "reduce_logsumexp": across(_reducing(ops.logsumexp))}
REDUCTIONS |= crossing(argmax, argmin, count_nonzero, reduce_euclidean_norm, zero_fraction)
REDUCTIONS |= crossing(cumsum, cumprod, cumulative_logsumexp, is_non_decreasing, is_strictly_increasing)
REDUCTIONS |= crossing(*[_segments(name, True) for name in ("sum", "mean", "prod", "max", "min")])
REDUCTIONS |= crossing(*[_segments(name, False) for name in ("sum", "mean", "prod", "max", "min", "sqrt_n")])

RANKING = crossing(sort, argsort, unique, unique_with_counts, top_k, invert_permutation, bincount, confusion_matrix)
RANKING |= crossing(histogram_fixed_width, histogram_fixed_width_bins) | named(ops, "in_top_k searchsorted")
