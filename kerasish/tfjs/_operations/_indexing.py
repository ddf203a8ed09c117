"""Indexing: what takes values from places, and puts them there."""

from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations._edge import OPERATIONS, operation
from kerasish.tfjs._tensor import as_torch


@operation("slice", strings=True)
def _slice(x: Plain, begin: Any, size: Any = None) -> Plain:
    begins = [begin] if isinstance(begin, int) else list(begin)
    sizes = [] if size is None else [size] if isinstance(size, int) else list(size)
    cut = []
    for axis, first in enumerate(begins):
        length = sizes[axis] if axis < len(sizes) else -1
        whole = x.shape[axis]  # None of a symbol's unknown axis
        last = whole if length == -1 else first + length
        if first < 0 or last is not None and (last < first or whole is not None and last > whole):
            raise ValueError(f"A slice from {begins} of size {sizes or 'the rest'} does not lie in shape {list(x.shape)}.")
        cut.append(slice(first, last))
    return x[tuple(cut)]


for _rank in (1, 2, 3, 4):
    OPERATIONS[f"slice{_rank}d"] = OPERATIONS["slice"]


@operation("stridedSlice", strings=True)
def _strided_slice(
    x: Plain, begin: Any, end: Any, strides: Any = None, begin_mask: int = 0, end_mask: int = 0, ellipsis_mask: int = 0,
    new_axis_mask: int = 0, shrink_axis_mask: int = 0,
) -> Plain:  # fmt: skip
    steps = [1] * len(begin) if strides is None else list(strides)
    if ellipsis_mask and (ellipsis_mask & (ellipsis_mask - 1)):
        raise ValueError(f"`ellipsis_mask` names one entry at most; received {ellipsis_mask}.")
    made, axis = x, 0
    own = sum(1 for place in range(len(begin)) if not (new_axis_mask | ellipsis_mask) >> place & 1)
    for place, (first, last, step) in enumerate(zip(begin, end, steps)):
        bit = 1 << place
        if ellipsis_mask & bit:
            axis += x.dim() - own
        elif new_axis_mask & bit:
            made, axis = made.unsqueeze(axis), axis + 1
        elif shrink_axis_mask & bit:
            made = made.select(axis, first)
        else:
            limits = slice(None if begin_mask & bit else first, None if end_mask & bit else last, step)
            if step > 0:
                made = made[(slice(None),) * axis + (limits,)]
            else:
                places = list(range(made.shape[axis]))[limits]
                made = made.index_select(axis, torch.tensor(places, dtype=torch.long, device=x.device))
            axis += 1
    return made


@operation("gather", 1, strings=True)
def _gather(x: Plain, indices: Any, axis: int = 0, batch_dims: int = 0) -> Plain:
    places = as_torch(indices).long()
    axis = axis % x.ndim
    if not 0 <= batch_dims <= min(axis, places.ndim):
        raise ValueError(f"`batch_dims` must be at most `axis` and the rank of `indices`; received {batch_dims}.")
    size = x.shape[axis]  # None of a symbol's unknown axis
    if places.numel() and (places.min() < 0 or size is not None and places.max() >= size):
        raise ValueError(f"Indices must be from 0 to {size and size - 1}; received {places.min()} to {places.max()}.")
    lead = x.shape[:batch_dims]
    if tuple(places.shape[:batch_dims]) != tuple(lead):
        raise ValueError(f"The batch axes must be {list(lead)} in `indices` too; received {list(places.shape)}.")
    if not batch_dims:
        flat = torch.index_select(x, axis, places.reshape(-1))
        return flat.unflatten(axis, tuple(places.shape)) if places.ndim else flat.squeeze(axis)
    rows, taken = x.reshape(-1, *x.shape[batch_dims:]), places.reshape(-1, *places.shape[batch_dims:])
    made = torch.stack([torch.index_select(row, axis - batch_dims, own.reshape(-1)) for row, own in zip(rows, taken)])
    return made.reshape(*lead, *x.shape[batch_dims:axis], *places.shape[batch_dims:], *x.shape[axis + 1 :])


@operation("gatherND", 1, method=False, strings=True)
def _gather_nd(x: Plain, indices: Any) -> Plain:
    return x[tuple(as_torch(indices).long().unbind(-1))]


@operation("scatterND", 2, method=False)
def _scatter_nd(indices: Plain, updates: Plain, shape: Any) -> Plain:
    made = torch.zeros(tuple(shape), dtype=updates.dtype, device=updates.device)
    return made.index_put(tuple(indices.long().unbind(-1)), updates, accumulate=True)


@operation("tensorScatterUpdate", 3, method=False)
def _tensor_scatter_update(tensor: Plain, indices: Plain, updates: Plain) -> Plain:
    return tensor.index_put(tuple(indices.long().unbind(-1)), updates.to(tensor.dtype))


@operation("sparseToDense", 0, method=False)
def _sparse_to_dense(sparse_indices: Any, sparse_values: Any, output_shape: Any, default_value: Any = 0) -> Plain:
    places, values = as_torch(sparse_indices).long(), as_torch(sparse_values)
    made = torch.full(tuple(output_shape), float(default_value), device=values.device).to(values.dtype)
    places = places.reshape(-1, 1) if places.dim() < 2 else places
    return made.index_put(tuple(places.unbind(-1)), values)


@operation("diag", method=False)
def _diag(x: Plain) -> Plain:
    return torch.diag_embed(x.reshape(-1)).reshape(*x.shape, *x.shape)


@operation("booleanMaskAsync", 1, method=False, strings=True)
def _boolean_mask(tensor: Plain, mask: Any, axis: int = 0) -> Plain:
    chosen = as_torch(mask).bool()
    before = tensor.shape[:axis]
    if tuple(tensor.shape[axis : axis + chosen.dim()]) != tuple(chosen.shape):
        raise ValueError(
            f"`mask` must have the shape of the tensor's axes from {axis} on; "
            f"received {list(chosen.shape)} for {list(tensor.shape)}."
        )
    flat = tensor.reshape(*before, -1, *tensor.shape[axis + chosen.dim() :])
    return flat.index_select(axis, torch.nonzero(chosen.reshape(-1)).reshape(-1))


@operation("whereAsync", method=False)
def _where_async(condition: Plain) -> Plain:
    return torch.nonzero(condition)


@operation("setdiff1dAsync", 2, method=False, strings=True)
def _setdiff(x: Plain, y: Plain) -> list[Plain]:
    places = torch.nonzero(~torch.isin(x, y)).reshape(-1)
    return [x[places], places]
