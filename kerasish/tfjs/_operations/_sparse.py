"""Sparse and ragged tensors, given by their parts: `tf.sparse` and the ragged functions."""

import math
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.tfjs._operations._edge import operation
from kerasish.tfjs._tensor import as_torch


@operation("sparse.sparseFillEmptyRows", 4)
def _fill_empty_rows(indices: Plain, values: Plain, dense_shape: Plain, default_value: Plain) -> dict[str, Plain]:
    count = int(dense_shape[0])
    rows = indices[:, 0].long()
    if indices.shape[0] and (rows.min() < 0 or rows.max() >= count):
        raise ValueError(f"Indices must name rows from 0 to {count - 1}; received {rows.min()} to {rows.max()}.")
    empty = torch.bincount(rows, minlength=count) == 0
    new = torch.nonzero(empty).reshape(-1)
    added = torch.zeros((len(new), indices.shape[1]), dtype=indices.dtype, device=indices.device)
    added[:, 0] = new.to(indices.dtype)
    order = torch.argsort(torch.cat([rows, new]), stable=True)
    reverse = torch.empty_like(order)
    reverse[order] = torch.arange(len(order), device=order.device)
    filled = torch.cat([values, default_value.to(values.dtype).expand(len(new))])
    return {
        "outputIndices": torch.cat([indices, added])[order],
        "outputValues": filled[order],
        "emptyRowIndicator": empty,
        "reverseIndexMap": reverse[: len(rows)],
    }


@operation("sparse.sparseReshape", 3)
def _sparse_reshape(input_indices: Plain, input_shape: Plain, new_shape: Plain) -> dict[str, Plain]:
    old, new = [int(size) for size in input_shape], [int(size) for size in new_shape]
    total = math.prod(old)
    if new.count(-1) > 1 or any(size < -1 for size in new):
        raise ValueError(f"`new_shape` may have one -1 and no other negative size; received {new}.")
    if -1 in new:
        known = math.prod(size for size in new if size != -1)
        if not known or total % known:
            raise ValueError(f"The {total} values of shape {old} do not fill a shape {new}.")
        new[new.index(-1)] = total // known
    if math.prod(new) != total:
        raise ValueError(f"`new_shape` must have {total} values as {old}; received {new} with {math.prod(new)}.")
    places = input_indices.long()
    flat = sum((places[:, axis] * math.prod(old[axis + 1 :]) for axis in range(len(old))), torch.zeros_like(places[:, 0]))
    made = [torch.div(flat, math.prod(new[axis + 1 :]), rounding_mode="floor") % max(size, 1) for axis, size in enumerate(new)]
    return {
        "outputIndices": torch.stack(made, dim=-1),
        "outputShape": torch.tensor(new, dtype=torch.int32, device=places.device),
    }


def _segments(data: Plain, indices: Plain, segment_ids: Plain) -> tuple[Plain, Plain, int]:
    if data.ndim < 1 or indices.ndim != 1 or indices.shape != segment_ids.shape:
        raise ValueError(
            f"`indices` and `segment_ids` must have one axis of one size; "
            f"received {list(indices.shape)} and {list(segment_ids.shape)}."
        )
    ids = segment_ids.long()
    if ids.numel() and (ids[0] < 0 or bool((ids[1:] < ids[:-1]).any())):
        raise ValueError(f"`segment_ids` must not be negative and not fall; received {ids.tolist()}.")
    return data.index_select(0, indices.long()), ids, int(ids[-1]) + 1 if ids.numel() else 0


@operation("sparse.sparseSegmentSum", 3)
def _segment_sum(data: Plain, indices: Plain, segment_ids: Plain) -> Plain:
    taken, ids, count = _segments(data, indices, segment_ids)
    return ops.segment_sum(taken, ids, num_segments=count)


@operation("sparse.sparseSegmentMean", 3)
def _segment_mean(data: Plain, indices: Plain, segment_ids: Plain) -> Plain:
    taken, ids, count = _segments(data, indices, segment_ids)
    counts = torch.bincount(ids, minlength=count).clamp(min=1).reshape(-1, *[1] * (taken.ndim - 1))
    return ops.segment_sum(taken, ids, num_segments=count) / counts


# Ragged tensors: values in one row, and where each row of them begins.


@operation("raggedRange", 3, method=False)
def _ragged_range(starts: Plain, limits: Plain, deltas: Plain) -> dict[str, Plain]:
    starts, limits, deltas = torch.broadcast_tensors(*(part.reshape(-1) for part in (starts, limits, deltas)))
    if bool((deltas == 0).any()):
        raise ValueError("`deltas` must not be 0.")
    counts = torch.ceil((limits - starts) / deltas).clamp(min=0).long()
    ends = torch.cumsum(counts, 0)
    rows = torch.repeat_interleave(torch.arange(len(counts), device=starts.device), counts)
    within = torch.arange(len(rows), device=starts.device) - (ends - counts)[rows]
    return {
        "rtNestedSplits": torch.cat([ends.new_zeros(1), ends]),
        "rtDenseValues": (starts[rows] + within * deltas[rows]).to(starts.dtype),
    }


@operation("raggedGather", 0, method=False)
def _ragged_gather(params_nested_splits: Any, params_dense_values: Any, indices: Any, output_ragged_rank: int) -> dict[str, Any]:
    splits = [as_torch(part).long() for part in params_nested_splits]
    values, places = as_torch(params_dense_values), as_torch(indices).long()
    if not splits:
        raise ValueError("`params_nested_splits` must have at least one tensor of splits; received none.")
    if output_ragged_rank != places.ndim - 1 + len(splits):
        raise ValueError(
            f"`output_ragged_rank` must be {places.ndim - 1 + len(splits)} for these indices; received {output_ragged_rank}."
        )
    rows = len(splits[0]) - 1
    if places.numel() and (places.min() < 0 or places.max() >= rows):
        raise ValueError(f"Indices must be from 0 to {rows - 1}; received {places.tolist()}.")
    made = [
        torch.arange(math.prod(places.shape[: axis + 1]) + 1, device=places.device) * places.shape[axis + 1]
        for axis in range(places.ndim - 1)
    ]
    taken = places.reshape(-1)
    for part in splits:
        lengths = part[taken + 1] - part[taken]
        ends = torch.cumsum(lengths, 0)
        made.append(torch.cat([ends.new_zeros(1), ends]))
        rest = torch.arange(int(lengths.sum()), device=places.device) - torch.repeat_interleave(ends - lengths, lengths)
        taken = torch.repeat_interleave(part[taken], lengths) + rest
    return {"outputNestedSplits": made, "outputDenseValues": values[taken]}


@operation("raggedTensorToTensor", 0, method=False)
def _ragged_to_dense(shape: Any, values: Any, default_value: Any, row_partition_tensors: Any, row_partition_types: Any) -> Plain:
    values = as_torch(values)
    parts = [as_torch(part).long() for part in row_partition_tensors]
    kinds = list(row_partition_types)
    wrong = [kind for kind in kinds if kind not in ("FIRST_DIM_SIZE", "VALUE_ROWIDS", "ROW_SPLITS")]
    if wrong or len(kinds) != len(parts) or not kinds or kinds[0] == "VALUE_ROWIDS":
        raise ValueError(
            "`row_partition_types` must be 'ROW_SPLITS' for each tensor, or 'FIRST_DIM_SIZE' and then 'VALUE_ROWIDS'; "
            f"received {kinds} for {len(parts)} tensors."
        )
    count = int(parts[0].reshape(-1)[0]) if kinds[0] == "FIRST_DIM_SIZE" else len(parts[0]) - 1
    if kinds[0] == "FIRST_DIM_SIZE":
        parts, kinds = parts[1:], kinds[1:]
    # Of each level: the row that each part lies in, and its place there.
    levels = []
    for part, kind in zip(parts, kinds):
        if kind == "ROW_SPLITS":
            rows = torch.repeat_interleave(torch.arange(len(part) - 1, device=part.device), part[1:] - part[:-1])
        else:
            rows = part
        first = torch.searchsorted(rows, rows)
        levels.append((rows, torch.arange(len(rows), device=rows.device) - first))
    widest = [int(within.max()) + 1 if len(within) else 0 for _, within in levels]
    natural = [count, *widest, *values.shape[1:]]
    asked = [int(size) for size in as_torch(shape).reshape(-1)] if as_torch(shape).ndim else [-1] * len(natural)
    if len(asked) != len(natural):
        raise ValueError(f"`shape` must have {len(natural)} sizes, -1 for what the values need; received {asked}.")
    sizes = [have if want < 0 else want for want, have in zip(asked, natural)]
    outer = len(levels) + 1
    flat = torch.arange(count, device=values.device)
    flat = torch.where(flat < sizes[0], flat, -1)
    for (rows, within), size in zip(levels, sizes[1:]):
        above = flat[rows]
        flat = torch.where((above >= 0) & (within < size), above * size + within, -1)
    kept = flat >= 0
    cells = math.prod(sizes[:outer])
    default = as_torch(default_value).to(values.dtype)
    made = default.expand(cells, *values.shape[1:]).clone().index_put((flat[kept],), values[: len(flat)][kept])
    return made.reshape(*sizes[:outer], *values.shape[1:])
