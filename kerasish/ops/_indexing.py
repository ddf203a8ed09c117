"""Indexing: elements picked by place or condition, and written to places."""

import builtins
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.core._infer import is_inferring, known_shape, unknown_size
from kerasish.ops._inputs import NUMBERS, TensorLike, as_tensor, like, operands, positive_axis

op = operation("keras.src.ops.numpy")
core_op = operation("keras.src.ops.core")


@op
def get_item(x: TensorLike, key: Any) -> Tensor:
    """Give `x[key]`. A part of an axis of a symbol whose size is not known has no known size: it may be cut short."""
    x, key = as_tensor(x), tuple(key) if isinstance(key, list) and not _is_index_list(key) else key
    return x[_whole_where_unknown(key, known_shape(x.shape)) if is_inferring() else key]


def _whole_where_unknown(key: Any, shape: tuple) -> Any:
    """Give a key that takes the whole of an axis of unknown size in place of a part of it."""
    parts = key if isinstance(key, tuple) else (key,)
    taken = [0 if part is None or part is Ellipsis else part.dim() if _is_mask(part) else 1 for part in parts]
    axis, whole = 0, []
    for i, (part, count) in enumerate(zip(parts, taken)):
        if part is Ellipsis:
            axis = len(shape) - sum(taken[i + 1 :])
        unknown = isinstance(part, builtins.slice) and axis < len(shape) and shape[axis] is None
        whole.append(builtins.slice(None) if unknown else part)
        axis += count
    return tuple(whole) if isinstance(key, tuple) else whole[0]


def _is_mask(part: Any) -> bool:
    """Say whether a part of a key picks by truth values, of as many axes as it has."""
    return isinstance(part, Tensor) and part.dtype is torch.bool


def _is_index_list(key: list) -> bool:
    return builtins.all(isinstance(part, (int, bool, list)) for part in key)


@op
def where(condition: TensorLike, x1: TensorLike = None, x2: TensorLike = None) -> Tensor:
    """Take `x1` where the condition holds and `x2` elsewhere; without them, give the places where it holds.

    >>> where([True, False], [1.0, 2.0], 0).tolist()
    [1.0, 0.0]
    """
    condition = as_tensor(condition).to(torch.bool)
    if x1 is None and x2 is None:
        return _places(condition)
    if x1 is None or x2 is None:
        raise ValueError("`x1` and `x2` go together; received only one of them.")
    if isinstance(x1, Tensor) and isinstance(x2, NUMBERS) or isinstance(x2, Tensor) and isinstance(x1, NUMBERS):
        x1, x2 = operands(x1, x2)
    if not isinstance(x1, Tensor) and not (isinstance(x1, NUMBERS) and isinstance(x2, Tensor)):
        x1 = like(x1, condition)
    if not isinstance(x2, Tensor) and not (isinstance(x2, NUMBERS) and isinstance(x1, Tensor) and x1.ndim):
        x2 = like(x2, condition)
    return torch.where(condition, x1, x2)  # type: ignore[call-overload]


@op
def nonzero(x: TensorLike) -> Tensor:
    """Give the places of what is not 0, one row for each axis, as int32."""
    return _places(as_tensor(x)).to(torch.int32)


def _places(x: Tensor) -> Tensor:
    """Where there is something: a row for each axis."""
    if is_inferring():
        return torch.empty((x.ndim, unknown_size()), dtype=torch.int64)
    return torch.nonzero(x).T


@op
def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> Tensor:
    """Take from the choice of the first condition that holds, or the default."""
    result = as_tensor(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = torch.where(as_tensor(condition).to(torch.bool), as_tensor(choice), result)
    return result


def _from_the_front(indices: TensorLike, size: int, device: torch.device) -> Tensor:
    """Count places from the front, those below 0 too."""
    indices = as_tensor(indices).to(device, torch.int64)
    return torch.where(indices < 0, indices + size, indices)


@op
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Pick elements along an axis, or of the flattened tensor, by their places.

    Shapes: `x.shape[:axis] + indices.shape + x.shape[axis + 1:]`

    >>> take([10, 20, 30], [[0, -1]]).tolist()
    [[10, 30]]
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = positive_axis(axis, x.ndim)
    if isinstance(indices, int):
        return x.select(axis, indices)
    indices = _from_the_front(indices, x.shape[axis], x.device)
    if axis == 0 and x.ndim == 2:
        return F.embedding(indices, x)
    picked = torch.index_select(x, axis, indices.reshape(-1))
    return picked if indices.ndim == 1 else picked.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


@op
def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Pick elements along an axis at places of their own for each position on the other axes."""
    x = as_tensor(x)
    if axis is None:
        x, axis = x.reshape(-1), 0
        indices = as_tensor(indices).reshape(-1)
    return torch.take_along_dim(x, _from_the_front(indices, x.shape[axis], x.device), axis)


@op
def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Tensor, ...]:
    """Turn places in a flattened tensor into places along each axis."""
    indices = as_tensor(indices)
    return tuple(place.to(indices.dtype) for place in torch.unravel_index(indices, tuple(shape)))


@core_op
def slice(inputs: TensorLike, start_indices: TensorLike, shape: Sequence[int]) -> Tensor:
    """Cut out a box: it begins at `start_indices` and has this shape.

    >>> slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, 2)).tolist()
    [[2, 3], [5, 6]]
    """
    inputs = as_tensor(inputs)
    for axis, (start, length) in enumerate(zip(start_indices, shape)):
        inputs = torch.narrow(inputs, axis, start, length)
    return inputs


@core_op
def slice_update(inputs: TensorLike, start_indices: TensorLike, updates: TensorLike) -> Tensor:
    """Give a copy with a box overwritten: it begins at `start_indices` and has the shape of `updates`."""
    inputs = as_tensor(inputs)
    updates = like(updates, inputs).to(inputs.dtype)
    if not isinstance(start_indices, Tensor):
        box = tuple(builtins.slice(int(s), int(s) + length) for s, length in zip(start_indices, updates.shape))
        outputs = inputs.clone()
        outputs[box] = updates
        return outputs
    places = []
    for axis, length in enumerate(updates.shape):
        sizes = [1] * updates.ndim
        sizes[axis] = length
        places.append((start_indices[axis] + torch.arange(length, device=inputs.device)).reshape(sizes))
    return inputs.index_put(tuple(places), updates)


@core_op
def scatter(indices: TensorLike, values: TensorLike, shape: Sequence[int]) -> Tensor:
    """Make a tensor of zeros and add values at places in it.

    Shapes: indices (..., k), values (..., *shape[k:])

    >>> scatter([[0], [2], [0]], [1.0, 2.0, 3.0], (3,)).tolist()
    [4.0, 0.0, 2.0]
    """
    values = as_tensor(values)
    indices = like(indices, values).to(torch.int64)
    depth = indices.shape[-1]
    zeros = torch.zeros(tuple(shape), dtype=values.dtype, device=values.device)
    places = tuple(indices.reshape(-1, depth).unbind(-1))
    return zeros.index_put(places, values.reshape(-1, *shape[depth:]), accumulate=True)


@core_op
def scatter_update(inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None) -> Tensor:
    """Give a copy with the values at some places overwritten, or joined with the updates.

    Args:
        indices: (n, k), places along the first k axes.
        updates: (n, *inputs.shape[k:]).
        reduction: None overwrites; "add", "mul", "max" and "min" join, at places named twice with both updates.
    """
    inputs = as_tensor(inputs)
    indices = like(indices, inputs).to(torch.int64)
    updates = like(updates, inputs).to(inputs.dtype)
    places = tuple(indices.unbind(-1))
    if reduction in (None, "add"):
        return inputs.index_put(places, updates, accumulate=reduction == "add")
    if reduction not in _REDUCTIONS:
        raise ValueError(f"`reduction` must be None, 'add', 'mul', 'max' or 'min'; received {reduction!r}.")
    depth = indices.shape[-1]
    row = torch.zeros_like(indices[..., 0])
    for place, size in zip(places, inputs.shape):
        row = row * size + torch.where(place < 0, place + size, place)
    width = inputs[(0,) * depth].numel() if inputs.numel() else 0
    flat = inputs.reshape(-1, width)
    rows = row.reshape(-1, 1).expand(-1, width)
    return flat.scatter_reduce(0, rows, updates.reshape(-1, width), _REDUCTIONS[reduction]).reshape(inputs.shape)


_REDUCTIONS = {"max": "amax", "min": "amin", "mul": "prod"}


@op
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """Take the k-th diagonal of a matrix, or make a matrix with a vector as its k-th diagonal."""
    return torch.diag(as_tensor(x), k)


@op
def diagflat(x: TensorLike, k: int = 0) -> Tensor:
    """Make a matrix with the flattened values as its k-th diagonal."""
    return torch.diagflat(as_tensor(x), k)


@op
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Take the diagonals of the matrices that two axes make."""
    return torch.diagonal(as_tensor(x), offset, axis1, axis2)


@op
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Add up the diagonals of the matrices that two axes make."""
    x = as_tensor(x)
    small = x.dtype in (torch.bool, torch.int8, torch.int16, torch.uint8, torch.int32)
    return torch.diagonal(x, offset, axis1, axis2).sum(-1, dtype=torch.int32 if small else x.dtype)
