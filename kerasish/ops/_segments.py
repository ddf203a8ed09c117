"""Segments: rows of one number reduced to one row."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core._infer import is_inferring, unknown_size
from kerasish.ops._inputs import TensorLike, as_tensor, like

op = operation("keras.src.ops.math")


def _reduce(data: TensorLike, segment_ids: TensorLike, num_segments: int | None, kind: str) -> Tensor:
    data = as_tensor(data)
    ids = like(segment_ids, data).to(torch.int64)
    if ids.ndim != 1 or data.ndim == 0 or ids.shape[0] != data.shape[0]:
        raise ValueError(
            f"`segment_ids` must be a vector with a number for each row of `data`, of shape {tuple(data.shape)}; "
            f"received shape {tuple(ids.shape)}."
        )
    if num_segments is None and is_inferring():
        return data.new_empty(unknown_size(), *data.shape[1:])
    count = int(ids.max()) + 1 if num_segments is None else num_segments
    # Rows of numbers that are no segment's go into one more segment, which is cut off.
    ids = torch.where((ids >= 0) & (ids < count), ids, count)
    shape = (count + 1, *data.shape[1:])
    if kind == "sum":
        return torch.zeros(shape, dtype=data.dtype, device=data.device).index_add(0, ids, data)[:-1]
    limits = torch.finfo(data.dtype) if data.is_floating_point() else torch.iinfo(data.dtype)
    infinite = data.is_floating_point()
    start = {
        "prod": 1,
        "amax": float("-inf") if infinite else limits.min,
        "amin": float("inf") if infinite else limits.max,
    }[kind]
    rows = ids.reshape(-1, *[1] * (data.ndim - 1)).expand_as(data)
    return torch.full(shape, start, dtype=data.dtype, device=data.device).scatter_reduce(0, rows, data, kind)[:-1]


@op
def segment_sum(data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Add up the rows of each segment; rows numbered outside of 0 … num_segments - 1 are left out.

    Args:
        segment_ids: a number for each row.
        num_segments: how many segments there are; the greatest number and one more by default.
        sorted: whether the numbers never fall; it makes no difference here.

    >>> segment_sum([1, 2, 3], [0, 0, 1]).tolist()
    [3, 3]
    """
    return _reduce(data, segment_ids, num_segments, "sum")


@op
def segment_prod(data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Multiply the rows of each segment, see `segment_sum`; 1 where there are none."""
    return _reduce(data, segment_ids, num_segments, "prod")


@op
def segment_max(data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Find the greatest of the rows of each segment, see `segment_sum`; the dtype's least where there are none."""
    return _reduce(data, segment_ids, num_segments, "amax")


@op
def segment_min(data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Find the least of the rows of each segment, see `segment_sum`; the dtype's greatest where there are none."""
    return _reduce(data, segment_ids, num_segments, "amin")
