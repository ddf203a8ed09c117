"""Shapes: axes reordered, added, removed and repeated; nothing is computed."""

import builtins
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.core import torch_dtype
from kerasish.ops._inputs import Axis, TensorLike, as_tensor, positive_axis

op = operation("keras.src.ops.numpy")


@op
def reshape(x: TensorLike, newshape: int | Sequence[int]) -> Tensor:
    """Give the same values another shape, in which one size may be -1."""
    return torch.reshape(as_tensor(x), tuple(newshape) if hasattr(newshape, "__len__") else (newshape,))  # type: ignore[arg-type]


@op
def ravel(x: TensorLike) -> Tensor:
    """Flatten to one axis."""
    return torch.ravel(as_tensor(x))


@op
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Put the axes in the order given, or in reversed order."""
    x = as_tensor(x)
    return x.permute(tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


@op
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes."""
    return torch.swapaxes(as_tensor(x), axis1, axis2)


@op
def moveaxis(x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Move axes to other places; the rest keep their order."""
    return torch.moveaxis(as_tensor(x), source, destination)  # type: ignore[arg-type]


@op
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """Add axes of size 1, which will stand at the places given."""
    x = as_tensor(x)
    if isinstance(axis, int):
        return x.unsqueeze(axis)
    ndim = x.ndim + len(axis)
    for one in sorted(positive_axis(one, ndim) for one in axis):
        x = x.unsqueeze(one)
    return x


@op
def squeeze(x: TensorLike, axis: Axis = None) -> Tensor:
    """Remove axes of size 1: those given, or all."""
    x = as_tensor(x)
    if axis is None:
        return torch.squeeze(x)
    axes = [positive_axis(one, x.ndim) for one in ((axis,) if isinstance(axis, int) else axis)]
    for one in axes:
        if x.shape[one] != 1:
            raise ValueError(f"`axis` must name axes of size 1; axis {one} of the shape {tuple(x.shape)} is not.")
    return torch.squeeze(x, tuple(axes))


@op
def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Repeat axes of size 1, and add axes in front, without copying."""
    return torch.broadcast_to(as_tensor(x), tuple(shape))


@op
def tile(x: TensorLike, repeats: int | Sequence[int]) -> Tensor:
    """Lay copies beside each other, so many along each axis.

    >>> tile([1, 2], 2).tolist()
    [1, 2, 1, 2]
    """
    if isinstance(repeats, Tensor):
        repeats = repeats.tolist()
    return torch.tile(as_tensor(x), (repeats,) if isinstance(repeats, int) else tuple(repeats))


@op
def repeat(x: TensorLike, repeats: Any, axis: int | None = None) -> Tensor:
    """Repeat each element so many times along an axis, or in the flattened tensor.

    >>> repeat([1, 2], 2).tolist()
    [1, 1, 2, 2]
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = positive_axis(axis, x.ndim)
    if isinstance(repeats, (list, tuple)) and len(repeats) == 1:
        repeats = repeats[0]
    if isinstance(repeats, int):
        # A view and one copy, of a size that is known: torch's own kernel for this makes the size depend on values.
        sizes = [-1] * (x.ndim + 1)
        sizes[axis + 1] = repeats
        return x.unsqueeze(axis + 1).expand(sizes).flatten(axis, axis + 1)
    total = builtins.sum(repeats) if isinstance(repeats, (list, tuple)) else None
    counts = torch.as_tensor(repeats, device=x.device).to(torch.int64)
    return torch.repeat_interleave(x, counts, dim=axis, output_size=total)


@op
def flip(x: TensorLike, axis: Axis = None) -> Tensor:
    """Reverse the order along some axes, or all of them."""
    x = as_tensor(x)
    if axis is None:
        axis = tuple(range(x.ndim))
    return torch.flip(x, (axis,) if isinstance(axis, int) else tuple(axis))


@op
def fliplr(x: TensorLike) -> Tensor:
    """Reverse the order along the second axis."""
    return torch.fliplr(as_tensor(x))


@op
def flipud(x: TensorLike) -> Tensor:
    """Reverse the order along the first axis."""
    return torch.flipud(as_tensor(x))


@op
def rot90(array: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Rotate by k × 90° in the plane of two axes, from the first towards the second."""
    array = as_tensor(array)
    if array.ndim < 2 or len(axes) != 2 or positive_axis(axes[0], array.ndim) == positive_axis(axes[1], array.ndim):
        raise ValueError(f"`axes` must be two different axes of a tensor of two or more; received {axes} and {array.ndim} axes.")
    return torch.rot90(array, k, axes)


@op
def roll(x: TensorLike, shift: int | Sequence[int], axis: Axis = None) -> Tensor:
    """Shift along some axes, or in the flattened tensor; what falls off one end comes in at the other."""
    if axis is not None and not isinstance(axis, int) and isinstance(shift, int):
        shift = [shift] * len(axis)
    return torch.roll(as_tensor(x), shift, axis)  # type: ignore[arg-type]


@op
def pad(x: TensorLike, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """Add a border: so many elements before and after along each axis.

    Args:
        pad_width: ((before, after), …) for each axis, one such pair for all, or one number for all.
        mode: "constant"; "reflect", which mirrors at the edge element; "symmetric", which mirrors it too.
        constant_values: what a constant border is made of, 0 by default.

    >>> pad([1, 2], (1, 2)).tolist()
    [0, 1, 2, 0, 0]
    """
    x = as_tensor(x)
    widths = _widths(pad_width, x.ndim)
    if constant_values is not None and mode != "constant":
        raise ValueError(f"`constant_values` goes with mode 'constant' only; received mode {mode!r}.")
    if mode == "constant":
        flat = [width for pair in reversed(widths) for width in pair]
        return F.pad(x, flat, value=0 if constant_values is None else constant_values)
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"`mode` must be 'constant', 'reflect' or 'symmetric'; received {mode!r}.")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = torch.index_select(x, axis, _mirrored(x.shape[axis], before, after, mode == "reflect", x.device))
    return x


def _widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * ndim
    pairs = list(pad_width)
    if builtins.all(isinstance(width, int) for width in pairs):
        pairs = [(pairs[0], pairs[-1])]
    if len(pairs) == 1:
        pairs = pairs * ndim
    if len(pairs) != ndim:
        raise ValueError(f"`pad_width` must have a pair for each of the {ndim} axes; received {pad_width}.")
    return [(int(pair[0]), int(pair[-1])) for pair in pairs]


def _mirrored(size: int, before: int, after: int, reflect: bool, device: torch.device) -> Tensor:
    """The places that a mirrored border and the middle are taken from."""
    places = torch.arange(-before, size + after, device=device)
    if size == 1:
        return torch.zeros_like(places)
    period = 2 * size - 2 if reflect else 2 * size
    places = places % period
    return torch.where(places < size, places, period - places - (0 if reflect else 1))


@op
def view(x: TensorLike, dtype: Any = None) -> Tensor:
    """Read the same memory as another dtype."""
    x = as_tensor(x)
    return x if dtype is None else x.view(torch_dtype(dtype))


def ndim(x: TensorLike) -> int:
    """Give the number of axes."""
    return len(x.shape) if hasattr(x, "shape") else as_tensor(x).ndim


@op
def size(x: TensorLike) -> Tensor:
    """Give the number of elements, as a tensor of int32."""
    x = as_tensor(x)
    return torch.full((), x.numel(), dtype=torch.int32, device=x.device)
