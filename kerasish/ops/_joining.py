"""Joining tensors to one, and splitting one into several."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, as_tensors, two_tensors

op = operation("keras.src.ops.numpy")
core_op = operation("keras.src.ops.core")


@op
def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along an axis that is there.

    >>> concatenate([[1, 2], [3.0]]).tolist()
    [1.0, 2.0, 3.0]
    """
    return torch.cat(as_tensors(xs), axis)


@op
def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along a new axis."""
    return torch.stack(as_tensors(x), axis)


@op
def hstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join along the second axis; vectors along their only one."""
    return torch.hstack(as_tensors(xs))


@op
def vstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join along the first axis; vectors become rows."""
    return torch.vstack(as_tensors(xs))


@op
def dstack(xs: Sequence[TensorLike]) -> Tensor:
    """Join along the third axis."""
    return torch.dstack(as_tensors(xs))


@op
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Tensor:
    """Join two tensors along an axis, or flattened."""
    x1, x2 = two_tensors(x1, x2)
    return torch.cat([x1.reshape(-1), x2.reshape(-1)]) if axis is None else torch.cat([x1, x2], axis)


@op
def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Split along an axis: into so many parts of one size, or before each of these places.

    >>> [part.tolist() for part in split([1, 2, 3, 4], [1, 3])]
    [[1], [2, 3], [4]]
    """
    x = as_tensor(x)
    if isinstance(indices_or_sections, int) and x.shape[axis] % indices_or_sections:
        raise ValueError(
            f"`indices_or_sections` must divide the size of axis {axis}, {x.shape[axis]}; received {indices_or_sections}."
        )
    return list(torch.tensor_split(x, _places(indices_or_sections), axis))  # type: ignore[arg-type]


@op
def array_split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Split along an axis, as `split` does; of parts that cannot be of one size the first are larger by one."""
    return list(torch.tensor_split(as_tensor(x), _places(indices_or_sections), axis))  # type: ignore[arg-type]


@op
def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Split along the second axis; vectors along their only one."""
    return list(torch.hsplit(as_tensor(x), _places(indices_or_sections)))  # type: ignore[arg-type]


@op
def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Split along the first axis."""
    return list(torch.vsplit(as_tensor(x), _places(indices_or_sections)))  # type: ignore[arg-type]


@op
def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Split along the third axis."""
    return list(torch.dsplit(as_tensor(x), _places(indices_or_sections)))  # type: ignore[arg-type]


def _places(indices_or_sections: Any) -> int | list[int]:
    if isinstance(indices_or_sections, int):
        return indices_or_sections
    return [int(place) for place in indices_or_sections]


@core_op
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """Split along an axis into parts that no longer have it; `num`, where given, must be their number."""
    x = as_tensor(x)
    if num is not None and num != x.shape[axis]:
        raise ValueError(f"`num` must be the size of axis {axis}, {x.shape[axis]}; received {num}.")
    return list(x.unbind(axis))
