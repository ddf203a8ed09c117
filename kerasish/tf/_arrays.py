"""Arrays: shapes, dtypes, cutting and joining."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from kerasish import ops
from kerasish.core import KerasTensor, is_symbolic
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import across, as_input, crossing
from kerasish.tf._dtypes import real_dtype
from kerasish.tf._shape import TensorShape


def cast(x: Any, dtype: Any) -> Any:
    """Convert to a dtype; a fraction is cut off where that counts."""
    return ops.cast(as_input(x), real_dtype(dtype))


def shape(input: Any, out_type: Any = "int32") -> Any:
    """Give the sizes as a tensor, or those of a symbol as a tuple."""
    if is_symbolic(input):
        return ops.shape(input)
    return torch.tensor(tuple(_to_tensor(input).shape), dtype=real_dtype(out_type))


def shape_n(input: Sequence[Any], out_type: Any = "int32") -> list[Any]:
    """Give the sizes of each of several tensors."""
    return [shape(part, out_type) for part in input]


def size(input: Any, out_type: Any = "int32") -> Any:
    """Give the number of elements as a tensor."""
    return torch.tensor(_to_tensor(input).numel(), dtype=real_dtype(out_type))


def rank(input: Any) -> Any:
    """Give the number of axes as a tensor."""
    return torch.tensor(as_input(input).ndim, dtype=torch.int32)


def reshape(tensor: Any, shape: Any) -> Any:
    """Give the same numbers another shape; one size may be -1."""
    return ops.reshape(tensor, tuple(int(part) for part in np.asarray(shape)))


def ensure_shape(x: Any, shape: Any) -> Any:
    """Give the tensor back if it has this shape; None is any size.

    Raises:
        ValueError: it has another.
    """
    mine = tuple(as_input(x).shape)
    if shape is not None and (len(mine) != len(shape) or any(w not in (None, m) for m, w in zip(mine, shape))):
        raise ValueError(f"`x` must have the shape {tuple(shape)}; received {mine}.")
    return x


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Give the shape to which two broadcast."""
    return TensorShape(torch.broadcast_shapes(tuple(shape_x), tuple(shape_y)))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """Give the shape to which two broadcast, as a tensor."""
    return torch.tensor(torch.broadcast_shapes(*[tuple(int(size) for size in part) for part in (shape_x, shape_y)])).int()


def split(value: Any, num_or_size_splits: Any, axis: int = 0) -> list[Any]:
    """Cut into so many equal parts, or into parts of these sizes."""
    if isinstance(num_or_size_splits, int):
        return list(ops.split(value, num_or_size_splits, axis=axis))
    sizes = [int(part) for part in num_or_size_splits]
    return list(torch.split(_to_tensor(value), sizes, dim=axis))


def squeeze(input: Any, axis: Any = None) -> Any:
    """Drop axes of size 1: those named, or all."""
    return ops.squeeze(input, axis=tuple(axis) if isinstance(axis, list) else axis)


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    """Put rows before and after each axis; `paddings` has shape (axes, 2)."""
    kind, widths = mode.lower(), [[int(part) for part in pair] for pair in paddings]
    return ops.pad(tensor, widths, mode=kind, constant_values=constant_values if kind == "constant" else None)


def tile(input: Any, multiples: Any) -> Any:
    """Repeat along each axis."""
    return ops.tile(input, [int(part) for part in multiples])


def identity(input: Any) -> Any:
    """Give a copy."""
    return ops.copy(input)


def is_tensor(x: Any) -> bool:
    """Say whether this is a tensor, a Variable or a symbol."""
    return isinstance(x, (torch.Tensor, KerasTensor))


def identity_n(input: Sequence[Any]) -> list[Any]:
    """Give copies of several tensors."""
    return [identity(part) for part in input]


def slice_(input_: Any, begin: Any, size: Any) -> Any:
    """Cut out a piece of a size that begins at a place; a size of -1 goes to the end."""
    x = as_input(input_)
    starts = [int(place) for place in begin]
    sizes = [x.shape[axis] - starts[axis] if int(part) == -1 else int(part) for axis, part in enumerate(size)]
    return ops.slice(x, starts, sizes)


def strided_slice(input_: Any, begin: Any, end: Any, strides: Any = None) -> Any:
    """Cut along each axis from `begin` to below `end`, in steps of `strides`, 1 by default, which may be negative."""
    x = _to_tensor(input_)
    steps = [1] * len(begin) if strides is None else [int(step) for step in strides]
    for axis, (first, last, step) in enumerate(zip(begin, end, steps)):
        places = torch.arange(x.shape[axis], device=x.device)[int(first) : int(last)] if step > 0 else None
        if places is None:
            numbers = range(x.shape[axis])[int(first) : int(last) : step]
            places = torch.tensor(list(numbers), dtype=torch.int64, device=x.device)
        x = x.index_select(axis, places[::step] if step > 0 else places)
    return x


def reverse_sequence(input: Any, seq_lengths: Any, seq_axis: int | None = None, batch_axis: int | None = None) -> Any:
    """Turn round the first so many elements of each row."""
    x, lengths = _to_tensor(input), _to_tensor(seq_lengths).long()
    along, over = 1 if seq_axis is None else seq_axis, 0 if batch_axis is None else batch_axis
    rows = x.movedim((over, along), (0, 1))
    places = torch.arange(rows.shape[1], device=x.device).expand(rows.shape[0], -1)
    lengths = lengths.unsqueeze(1)
    places = torch.where(places < lengths, lengths - 1 - places, places)
    return torch.stack([row[place] for row, place in zip(rows, places)]).movedim((0, 1), (over, along))


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = "int32") -> Any:
    """Give the places where values would keep the last axis sorted."""
    return torch.searchsorted(_to_tensor(sorted_sequence), _to_tensor(values), side=side).to(real_dtype(out_type))


def bitcast(input: Any, type: Any) -> Any:
    """Read the same bytes as another dtype."""
    return _to_tensor(input).view(real_dtype(type))


def parallel_stack(values: Sequence[Any]) -> Any:
    """Put tensors one above another."""
    return ops.stack(values)


SHAPING: dict[str, Callable] = {
    "broadcast_to": across(ops.broadcast_to, input="x"),
    "concat": across(ops.concatenate, values="xs"),
    "expand_dims": across(ops.expand_dims, input="x"),
    "repeat": across(ops.repeat, input="x"),
    "reverse": across(ops.flip, tensor="x"),
    "roll": across(ops.roll, input="x"),
    "stack": across(ops.stack, values="x"),
    "stop_gradient": across(ops.stop_gradient, input="variable"),
    "transpose": across(ops.transpose, a="x", perm="axes"),
    "unstack": across(ops.unstack, value="x"),
    "broadcast_static_shape": broadcast_static_shape,
}
SHAPING |= crossing(cast, shape, shape_n, size, rank, reshape, ensure_shape, broadcast_dynamic_shape, split, squeeze, pad, tile)
SHAPING |= crossing(identity, identity_n, strided_slice, reverse_sequence, searchsorted, bitcast, parallel_stack, slice_)
