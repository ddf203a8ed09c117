"""Shapes: what gives values another shape, order or border."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.tfjs._operations._edge import OPERATIONS, at_edge, operation
from kerasish.tfjs._operations._reductions import axes_of
from kerasish.tfjs._tensor import as_torch, methods


@operation("reshape", strings=True)
def _reshape(x: Plain, shape: Any) -> Plain:
    return torch.reshape(x, tuple(shape))


@operation("reshapeAs", 2, method=True)
def _reshape_as(x: Plain, other: Plain) -> Plain:
    return torch.reshape(x, other.shape)


del OPERATIONS["reshapeAs"]  # a method only


def _as_rank(rank: int) -> None:
    def reshape(self: Any, *sizes: int) -> Any:
        if len(sizes) != rank:
            raise ValueError(f"as{rank}D takes {rank} sizes; received {sizes}.")
        return OPERATIONS["reshape"](self, list(sizes))

    reshape.__name__ = f"as{rank}D"
    methods[f"as{rank}d"] = reshape


for _rank in (2, 3, 4, 5):
    _as_rank(_rank)


def _flatten(self: Any) -> Any:
    return OPERATIONS["reshape"](self, [-1])


def _as_scalar(self: Any) -> Any:
    return OPERATIONS["reshape"](self, [])


_flatten.__name__, _as_scalar.__name__ = "flatten", "asScalar"
methods.update(as1d=_flatten, flatten=_flatten, asscalar=_as_scalar)


@operation("expandDims", strings=True)
def _expand_dims(x: Plain, axis: int = 0) -> Plain:
    return torch.unsqueeze(x, axis)


@operation("squeeze", strings=True)
def _squeeze(x: Plain, axis: Any = None) -> Plain:
    if axis is None:
        return torch.squeeze(x)
    axes = axes_of(x, axis)
    wrong = [place for place in axes if x.shape[place] != 1]
    if wrong:
        raise ValueError(f"`axis` must name axes of size 1; axis {wrong[0]} of shape {list(x.shape)} has {x.shape[wrong[0]]}.")
    return torch.squeeze(x, axes)


@operation("transpose", strings=True)
def _transpose(x: Plain, perm: Any = None, conjugate: bool = False) -> Plain:
    order = tuple(reversed(range(x.ndim))) if perm is None else tuple(perm)
    made = torch.permute(x, order)
    return torch.conj(made).resolve_conj() if conjugate else made


@operation("reverse", strings=True)
def _reverse(x: Plain, axis: Any = None) -> Plain:
    return torch.flip(x, axes_of(x, axis))


@operation("tile", strings=True)
def _tile(x: Plain, reps: Any) -> Plain:
    return torch.tile(x, tuple(reps))


@operation("broadcastTo", strings=True)
def _broadcast_to(x: Plain, shape: Any) -> Plain:
    return torch.broadcast_to(x, tuple(shape))


@operation("broadcastArgs", 2, method=False)
def _broadcast_args(s0: Plain, s1: Plain) -> Plain:
    sizes = np.broadcast_shapes(s0.long().tolist(), s1.long().tolist())
    return torch.tensor(sizes, dtype=torch.int32, device=s0.device)


@operation("ensureShape", method=False, strings=True)
def _ensure_shape(x: Plain, shape: Any) -> Plain:
    if len(shape) != x.dim() or any(want not in (None, have) for want, have in zip(shape, x.shape)):
        raise ValueError(f"A tensor of shape {list(shape)} was expected; received {list(x.shape)}.")
    return x


# Borders.


@operation("pad")
def _pad(x: Plain, paddings: Any, constant_value: float = 0) -> Plain:
    return ops.pad(x, [tuple(pair) for pair in paddings], constant_values=constant_value)


def _pad_of_rank(rank: int) -> None:
    def pad(x: Plain, paddings: Any, constant_value: float = 0) -> Plain:
        pairs = [paddings] if rank == 1 else paddings
        if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"pad{rank}d takes {rank} pairs (before, after); received {paddings!r:.80}.")
        return _pad(x, pairs, constant_value)

    operation(f"pad{rank}d", method=False)(pad)


for _rank in (1, 2, 3, 4):
    _pad_of_rank(_rank)


@operation("mirrorPad")
def _mirror_pad(x: Plain, paddings: Any, mode: str) -> Plain:
    return ops.pad(x, [tuple(pair) for pair in paddings], mode=mode)


# Several of them.


def _joined(function: Callable) -> Callable:
    def join(tensors: Any, axis: int = 0) -> Plain:
        if isinstance(tensors, (list, tuple)) and not tensors:
            raise ValueError("A list of at least one tensor must be given; received an empty one.")
        parts = [as_torch(part) for part in tensors]
        if len({part.dtype for part in parts}) > 1:
            kind = functools.reduce(torch.promote_types, (part.dtype for part in parts))
            parts = [part.to(kind) for part in parts]
        return function(parts, dim=axis)

    return join


OPERATIONS.update(
    concat=at_edge("concat", _joined(torch.cat), 0, strings=True), stack=at_edge("stack", _joined(torch.stack), 0, strings=True)
)


def _listed(x: Any) -> list:
    return list(x) if isinstance(x, (list, tuple)) else [x]


methods["concat"] = lambda self, x, axis=0: OPERATIONS["concat"]([self, *_listed(x)], axis)
methods["stack"] = lambda self, x, axis=0: OPERATIONS["stack"]([self, *_listed(x)], axis)


@operation("unstack", strings=True)
def _unstack(x: Plain, axis: int = 0) -> list[Plain]:
    return list(torch.unbind(x, axis))


@operation("split", strings=True)
def _split(x: Plain, num_or_size_splits: Any, axis: int = 0) -> list[Plain]:
    if isinstance(num_or_size_splits, int):
        if x.shape[axis] % num_or_size_splits:
            raise ValueError(f"`num_or_size_splits` must divide axis {axis} of {list(x.shape)}; received {num_or_size_splits}.")
        return list(torch.split(x, x.shape[axis] // num_or_size_splits, axis))
    sizes = list(num_or_size_splits)
    if -1 in sizes:
        sizes[sizes.index(-1)] = x.shape[axis] - sum(size for size in sizes if size != -1)
    return list(torch.split(x, sizes, axis))


@operation("meshgrid", 0, method=False)
def _meshgrid(x: Any = None, y: Any = None, indexing: Any = "xy") -> list[Plain]:
    indexing = indexing.get("indexing", "xy") if isinstance(indexing, Mapping) else indexing
    if indexing not in ("xy", "ij"):
        raise ValueError(f"`indexing` must be 'xy' or 'ij'; received {indexing!r}.")
    parts = [as_torch(part) for part in (x, y) if part is not None]
    return list(torch.meshgrid(*parts, indexing=indexing)) if parts else []


# Blocks of space as parts of the batch, and of the channels.


def _blocks(x: Plain, block_shape: Any, pairs: Any, what: str) -> tuple[list[int], list[tuple[int, int]]]:
    sizes, borders = [int(size) for size in block_shape], [(int(first), int(last)) for first, last in pairs]
    if len(sizes) != len(borders) or x.ndim < 1 + len(sizes):
        raise ValueError(
            f"`block_shape` and `{what}` must have one entry for each of at most {x.ndim - 1} spatial axes of {list(x.shape)}; "
            f"received {sizes} and {borders}."
        )
    return sizes, borders


@operation("spaceToBatchND")
def space_to_batch(x: Plain, block_shape: Any, paddings: Any) -> Plain:
    """Move the places within blocks of space to the batch: (n, s…, c) → (n · blocks, s / block…, c)."""
    sizes, borders = _blocks(x, block_shape, paddings, "paddings")
    rank = len(sizes)
    x = ops.pad(x, [(0, 0), *borders, *[(0, 0)] * (x.ndim - 1 - rank)])
    uneven = [axis for axis, size in enumerate(sizes, 1) if x.shape[axis] % size]
    if uneven:
        raise ValueError(f"Padded axis {uneven[0]} of size {x.shape[uneven[0]]} must be a multiple of {sizes[uneven[0] - 1]}.")
    spread = [part for axis, size in enumerate(sizes, 1) for part in (x.shape[axis] // size, size)]
    x = x.reshape(x.shape[0], *spread, *x.shape[rank + 1 :])
    order = [*range(2, 2 * rank + 1, 2), 0, *range(1, 2 * rank + 1, 2), *range(2 * rank + 1, x.ndim)]
    made = x.permute(order)
    return made.reshape(-1, *made.shape[rank + 1 :])


@operation("batchToSpaceND")
def batch_to_space(x: Plain, block_shape: Any, crops: Any) -> Plain:
    """Undo `spaceToBatchND`, and cut the borders off: (n · blocks, s…, c) → (n, s · block…, c)."""
    sizes, borders = _blocks(x, block_shape, crops, "crops")
    rank, count = len(sizes), 1
    for size in sizes:
        count *= size
    if x.shape[0] % count:
        raise ValueError(f"The batch must be a multiple of the block's {count} places; received shape {list(x.shape)}.")
    made = x.reshape(*sizes, x.shape[0] // count, *x.shape[1:])
    order = [rank] + [part for axis in range(rank) for part in (rank + 1 + axis, axis)] + list(range(2 * rank + 1, made.ndim))
    made = made.permute(order).reshape(
        x.shape[0] // count, *(size * x.shape[axis] for axis, size in enumerate(sizes, 1)), *x.shape[rank + 1 :]
    )
    for axis, (first, last) in enumerate(borders, 1):
        made = made.narrow(axis, first, made.shape[axis] - first - last)
    return made


@operation("depthToSpace")
def _depth_to_space(x: Plain, block_size: int, data_format: str = "NHWC") -> Plain:
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError(f"`data_format` must be 'NHWC' or 'NCHW'; received {data_format!r}.")
    return ops.depth_to_space(x, block_size, "channels_last" if data_format == "NHWC" else "channels_first")


# TensorFlow.js's names for one number of axes.
for _rank in (1, 2, 3, 4):
    OPERATIONS.update({f"{_name}{_rank}d": OPERATIONS[_name] for _name in ("concat", "reverse")})
