"""Places: taking, replacing and adding where indices and masks say."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from kerasish import ops
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import crossing


def gather(params: Any, indices: Any, validate_indices: None = None, axis: int | None = None, batch_dims: int = 0) -> Any:
    """Take slices along an axis.

    Args:
        params: the tensor.
        indices: places, whole numbers of any shape.
        validate_indices: has no say: a place that is not there raises, on the CPU.
        axis: the axis, by default the first one after the batch.
        batch_dims: so many first axes are walked together.
    """
    if not batch_dims:
        return ops.take(params, indices, axis=0 if axis is None else axis)
    x, places = _to_tensor(params), _to_tensor(indices).long()
    batch_dims = batch_dims + places.dim() if batch_dims < 0 else batch_dims
    axis = batch_dims if axis is None else axis + x.dim() if axis < 0 else axis
    if axis < batch_dims:
        raise ValueError(f"`axis` must not be one of the {batch_dims} batch axes; received {axis}.")
    return torch.stack([gather(row, place, None, axis - 1, batch_dims - 1) for row, place in zip(x, places)])


def gather_nd(params: Any, indices: Any, batch_dims: int = 0) -> Any:
    """Take the parts that the last axis of `indices` tells the places of; so many first axes are walked together."""
    x, places = _to_tensor(params), _to_tensor(indices).long()
    if batch_dims:
        return torch.stack([gather_nd(row, place, batch_dims - 1) for row, place in zip(x, places)])
    return x[tuple(places.unbind(-1))] if places.shape[-1] else x.expand(*places.shape[:-1], *x.shape)


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None) -> Any:
    """Keep what the mask is true for; its axes are the first ones, or those from `axis` on."""
    return _to_tensor(tensor)[(slice(None),) * (axis or 0) + (_to_tensor(mask, "bool"),)]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose between two; without them, give the places where the condition holds, int64, shape (found, axes)."""
    if (x is None) != (y is None):
        raise ValueError("`x` and `y` must be given both, or neither.")
    return torch.nonzero(_to_tensor(condition)) if x is None else ops.where(condition, x, y)


def _updated(tensor: Any, indices: Any, updates: Any, change: Callable) -> Any:
    made = _to_tensor(tensor)
    return change(made, tuple(_to_tensor(indices).long().unbind(-1)), _to_tensor(updates, made.dtype))


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` are replaced."""
    return _updated(tensor, indices, updates, lambda x, places, values: x.index_put(places, values))


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` have something added, as often as they are named."""
    return _updated(tensor, indices, updates, lambda x, places, values: x.index_put(places, values, accumulate=True))


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` have something taken away, as often as they are named."""
    return _updated(tensor, indices, updates, lambda x, places, values: x.index_put(places, -values, accumulate=True))


def tensor_scatter_nd_max(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` are the greatest of what is there and what is given."""
    return _updated(tensor, indices, updates, functools.partial(_compared, kind="amax"))


def tensor_scatter_nd_min(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` are the least of what is there and what is given."""
    return _updated(tensor, indices, updates, functools.partial(_compared, kind="amin"))


def _compared(x: Any, places: tuple, values: Any, kind: str) -> Any:
    deep = len(places)
    row = torch.zeros_like(places[0])
    for size, place in zip(x.shape, places):
        row = row * size + place
    flat = x.reshape(-1, *x.shape[deep:])
    values = values.reshape(-1, *x.shape[deep:])
    row = row.reshape(-1, *[1] * (flat.dim() - 1)).expand_as(values)
    return flat.scatter_reduce(0, row, values, kind).reshape(x.shape)


def scatter_nd(indices: Any, updates: Any, shape: Any) -> Any:
    """Make a tensor of zeros with `updates` added at `indices`."""
    values = _to_tensor(updates)
    return tensor_scatter_nd_add(values.new_zeros([int(part) for part in shape]), indices, values)


def dynamic_partition(data: Any, partitions: Any, num_partitions: int) -> list[Any]:
    """Sort the parts of a tensor into so many lists, by the number that `partitions` has for each."""
    x, numbers = _to_tensor(data), _to_tensor(partitions)
    return [x[numbers == number] for number in range(num_partitions)]


def dynamic_stitch(indices: Sequence[Any], data: Sequence[Any]) -> Any:
    """Put the rows of several tensors to the places that `indices` says; a later one wins."""
    places = [_to_tensor(part).long() for part in indices]
    rows = [_to_tensor(part) for part in data]
    size = max(int(part.max()) for part in places if part.numel()) + 1
    made = rows[0].new_zeros(size, *rows[0].shape[places[0].dim() :])
    for place, part in zip(places, rows):
        made[place.reshape(-1)] = part.reshape(-1, *made.shape[1:])
    return made


def unravel_index(indices: Any, dims: Any) -> Any:
    """Give the places, a row for each axis, of numbers that count through a tensor of these sizes."""
    places = _to_tensor(indices)
    return torch.stack(torch.unravel_index(places.long(), [int(size) for size in dims])).to(places.dtype)


PLACES: dict[str, Callable] = crossing(gather, gather_nd, boolean_mask, where, scatter_nd, dynamic_partition, dynamic_stitch)
PLACES |= crossing(tensor_scatter_nd_update, tensor_scatter_nd_add, tensor_scatter_nd_sub)
PLACES |= crossing(tensor_scatter_nd_max, tensor_scatter_nd_min, unravel_index)
