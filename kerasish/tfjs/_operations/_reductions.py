"""Reductions: what is computed along axes, and what sorts, counts and searches."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.tfjs._operations._arithmetic import floating
from kerasish.tfjs._operations._edge import operation


def axes_of(x: Plain, axis: Any) -> tuple[int, ...]:
    """Give the axes that an argument names; of None all."""
    if axis is None:
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _reduced(name: str, function: Callable) -> None:
    def reduce(x: Plain, axis: Any = None, keep_dims: bool = False) -> Plain:
        # Torch takes no axes for all of them; here they are none: every value is its own sum.
        axes = axes_of(x, axis) if x.ndim else ()
        return function(x, axes, keep_dims) if axes else function(x.unsqueeze(0), (0,), False)

    operation(name)(reduce)


def _product(x: Plain, axes: tuple[int, ...], keep: bool) -> Plain:
    return ops.prod(x, axis=axes, keepdims=keep)


_reduced("sum", lambda x, axes, keep: torch.sum(x, axes, keepdim=keep))
_reduced("mean", lambda x, axes, keep: torch.mean(floating(x), axes, keepdim=keep))
_reduced("max", lambda x, axes, keep: torch.amax(x, axes, keepdim=keep))
_reduced("min", lambda x, axes, keep: torch.amin(x, axes, keepdim=keep))
_reduced("prod", _product)
_reduced("logSumExp", lambda x, axes, keep: torch.logsumexp(floating(x), axes, keepdim=keep))
_reduced("all", lambda x, axes, keep: ops.all(x, axis=axes, keepdims=keep))
_reduced("any", lambda x, axes, keep: ops.any(x, axis=axes, keepdims=keep))


@operation("argMax")
def _arg_max(x: Plain, axis: int = 0) -> Plain:
    return torch.argmax(x.int() if x.dtype is torch.bool else x, dim=axis)


@operation("argMin")
def _arg_min(x: Plain, axis: int = 0) -> Plain:
    return torch.argmin(x.int() if x.dtype is torch.bool else x, dim=axis)


@operation("moments", method=False)
def _moments(x: Plain, axis: Any = None, keep_dims: bool = False) -> dict[str, Plain]:
    axes = axes_of(x, axis)
    mean = torch.mean(floating(x), axes, keepdim=True)
    variance = torch.mean(torch.square(x - mean), axes, keepdim=keep_dims)
    return {"mean": mean if keep_dims else torch.mean(floating(x), axes), "variance": variance}


@operation("norm")
def _norm(x: Plain, ord: Any = "euclidean", axis: Any = None, keep_dims: bool = False) -> Plain:
    if ord not in ("euclidean", "fro", 1, 2, math.inf, -math.inf):
        raise ValueError(f"`ord` must be 'euclidean', 'fro', 1, 2, infinity or -infinity; received {ord!r}.")
    axes = axes_of(x, axis)
    length = 2 if isinstance(ord, str) else ord
    if axis is None or len(axes) == 1:
        # Of all axes: the norm of all values in one row.
        return torch.linalg.vector_norm(x, length, axes, keepdim=keep_dims)
    return torch.linalg.matrix_norm(x, "fro" if isinstance(ord, str) else ord, axes, keepdim=keep_dims)


@operation("euclideanNorm")
def _euclidean_norm(x: Plain, axis: Any = None, keep_dims: bool = False) -> Plain:
    return torch.linalg.vector_norm(x, dim=axes_of(x, axis), keepdim=keep_dims)


def _cumulated(x: Plain, axis: int, exclusive: bool, reverse: bool, function: Callable, first: float) -> Plain:
    x = x.flip(axis) if reverse else x
    if exclusive:
        head = torch.full_like(x.narrow(axis, 0, 1), first)
        x = torch.cat([head, x.narrow(axis, 0, x.shape[axis] - 1)], dim=axis)
    made = function(x, dim=axis)
    return made.flip(axis) if reverse else made


@operation("cumsum")
def _cumsum(x: Plain, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Plain:
    return _cumulated(x, axis, exclusive, reverse, torch.cumsum, 0)


@operation("cumprod")
def _cumprod(x: Plain, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Plain:
    return _cumulated(x, axis, exclusive, reverse, torch.cumprod, 1)


@operation("softmax")
def _softmax(logits: Plain, dim: int = -1) -> Plain:
    return torch.softmax(logits, dim=dim)


@operation("logSoftmax")
def _log_softmax(logits: Plain, axis: int = -1) -> Plain:
    return torch.log_softmax(logits, dim=axis)


@operation("topk")
def _topk(x: Plain, k: int = 1, sorted: bool = True) -> dict[str, Plain]:
    # By a stable sort, which gives equal values by their places as TensorFlow.js does; torch.topk gives any.
    if not 0 <= k <= x.shape[-1]:
        raise ValueError(f"`k` must be at most the size of the last axis, {x.shape[-1]}; received {k}.")
    values, indices = torch.sort(x, dim=-1, descending=True, stable=True) if sorted else torch.topk(x, k, sorted=False)
    return {"values": values[..., :k], "indices": indices[..., :k]}


@operation("unique", strings=True)
def _unique(x: Plain, axis: int = 0) -> dict[str, Plain]:
    # In the order in which they first come, and not sorted as torch gives them.
    values, inverse = torch.unique(x, dim=axis, return_inverse=True)
    count = values.shape[axis]
    places = torch.arange(inverse.numel(), device=x.device)
    first = torch.full((count,), inverse.numel(), device=x.device).scatter_reduce(0, inverse, places, "amin")
    order = torch.argsort(first)
    return {"values": values.index_select(axis, order), "indices": torch.argsort(order)[inverse]}


@operation("inTopKAsync", 2, method=False)
def _in_top_k(predictions: Plain, targets: Plain, k: int = 1) -> Plain:
    lead = targets.shape
    found = ops.in_top_k(targets.int().reshape(-1), predictions.reshape(-1, predictions.shape[-1]), k)
    return found.reshape(lead)


def _counted(x: Plain, weights: Plain, size: int) -> Plain:
    kept = (x >= 0) & (x < size)
    weighed = weights.expand(x.shape)[kept] if weights.numel() else None
    # No weights are an empty tensor, whose dtype is that of the counts.
    return torch.bincount(x[kept].long(), weighed, minlength=size).to(weights.dtype)


@operation("bincount", 2, method=False)
def _bincount(x: Plain, weights: Plain, size: int) -> Plain:
    if x.dim() != 1:
        raise ValueError(f"bincount takes one axis; received shape {list(x.shape)}. denseBincount takes two.")
    return _counted(x, weights, size)


@operation("denseBincount", 2, method=False)
def _dense_bincount(x: Plain, weights: Plain, size: int, binary_output: bool = False) -> Plain:
    if x.dim() not in (1, 2):
        raise ValueError(f"denseBincount takes one axis or two; received shape {list(x.shape)}.")
    if weights.numel() and weights.shape != x.shape:
        raise ValueError(f"`weights` must have the shape of `x`, {list(x.shape)}; received {list(weights.shape)}.")
    rows = [x] if x.dim() == 1 else list(x)
    weighed = [weights] * len(rows) if x.dim() == 1 or not weights.numel() else list(weights)
    made = torch.stack([_counted(row, weight, size) for row, weight in zip(rows, weighed)])
    made = (made > 0).to(made.dtype) if binary_output else made
    return made[0] if x.dim() == 1 else made


@operation("searchSorted", 2, method=False)
def _search_sorted(sorted_sequence: Plain, values: Plain, side: str = "left") -> Plain:
    if side not in ("left", "right"):
        raise ValueError(f"`side` must be 'left' or 'right'; received {side!r}.")
    return torch.searchsorted(sorted_sequence.contiguous(), values.contiguous(), right=side == "right")


@operation("lowerBound", 2, method=False)
def _lower_bound(sorted_sequence: Plain, values: Plain) -> Plain:
    return _search_sorted(sorted_sequence, values)


@operation("upperBound", 2, method=False)
def _upper_bound(sorted_sequence: Plain, values: Plain) -> Plain:
    return _search_sorted(sorted_sequence, values, "right")


@operation("unsortedSegmentSum", 2)
def _unsorted_segment_sum(x: Plain, segment_ids: Plain, num_segments: int) -> Plain:
    return ops.segment_sum(x, segment_ids, num_segments=num_segments)


@operation("math.confusionMatrix", 2)
def _confusion_matrix(labels: Plain, predictions: Plain, num_classes: int) -> Plain:
    places = labels.long() * num_classes + predictions.long()
    return torch.bincount(places, minlength=num_classes**2).reshape(num_classes, num_classes)
