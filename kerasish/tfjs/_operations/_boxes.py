"""Boxes: which of many overlapping boxes to keep (`tf.image.nonMaxSuppression…`)."""

import heapq
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations._edge import operation


def _overlaps(boxes: Plain) -> list[list[float]]:
    """The part of two boxes' common area that both share, for each pair: (n, 4) → n lists of n numbers."""
    corners = boxes.double()
    low = torch.minimum(corners[:, :2], corners[:, 2:])
    high = torch.maximum(corners[:, :2], corners[:, 2:])
    areas = (high - low).prod(-1)
    shared = (torch.minimum(high[:, None], high[None]) - torch.maximum(low[:, None], low[None])).clamp(min=0).prod(-1)
    union = areas[:, None] + areas[None] - shared
    return torch.where((areas[:, None] > 0) & (areas[None] > 0), shared / union, 0.0).tolist()


def _kept(
    boxes: Plain, scores: Plain, most: int, iou_threshold: float, score_threshold: float, sigma: float
) -> tuple[list[int], list[float]]:
    """Take the box of the highest score again and again, and lower the scores of those that it covers.

    Args:
        sigma: 0 drops a box that is covered by more than `iou_threshold`; more lowers its score by exp(-iou² / 2 sigma).

    Source: Bodla et al. 2017, arXiv 1704.04503.
    """
    count = scores.shape[0]
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.ndim != 1 or boxes.shape[0] != count:
        raise ValueError(
            f"`boxes` must have shape (boxes, 4) and `scores` (boxes,); received {list(boxes.shape)} and {list(scores.shape)}."
        )
    if not 0 <= iou_threshold <= 1 or not 0 <= sigma <= 1:
        raise ValueError(f"`iou_threshold` and `soft_nms_sigma` must be from 0 to 1; received {iou_threshold} and {sigma}.")
    overlaps, first_scores = _overlaps(boxes), scores.tolist()
    decay = -0.5 / sigma if sigma > 0 else 0.0
    # (negative score, box, how many of the chosen ones it was compared with)
    waiting = [(-score, box, 0) for box, score in enumerate(first_scores) if score > score_threshold]
    heapq.heapify(waiting)
    chosen: list[int] = []
    final: list[float] = []
    while waiting and len(chosen) < most:
        negative, box, compared = heapq.heappop(waiting)
        score = before = -negative
        dropped = False
        for other in reversed(chosen[compared:]):
            overlap = overlaps[box][other]
            if overlap >= iou_threshold:
                dropped = True
                break
            score *= math.exp(decay * overlap * overlap)
            if score <= score_threshold:
                break
        if dropped:
            continue
        if score == before:
            chosen.append(box)
            final.append(score)
        elif score > score_threshold:
            heapq.heappush(waiting, (-score, box, len(chosen)))
    return chosen, final


def _numbers(values: list, like: Plain, dtype: torch.dtype = torch.int32) -> Plain:
    return torch.tensor(values, dtype=dtype, device=like.device)


def _suppress(
    boxes: Plain, scores: Plain, max_output_size: int, iou_threshold: float = 0.5, score_threshold: float = -math.inf
) -> Plain:
    return _numbers(_kept(boxes, scores, max_output_size, iou_threshold, score_threshold, 0.0)[0], boxes)


def _suppress_with_score(
    boxes: Plain, scores: Plain, max_output_size: int, iou_threshold: float = 0.5, score_threshold: float = -math.inf,
    soft_nms_sigma: float = 0.0,
) -> dict[str, Plain]:  # fmt: skip
    chosen, final = _kept(boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma)
    return {"selectedIndices": _numbers(chosen, boxes), "selectedScores": _numbers(final, boxes, torch.float32)}


def _suppress_padded(
    boxes: Plain, scores: Plain, max_output_size: int, iou_threshold: float = 0.5, score_threshold: float = -math.inf,
    pad_to_max_output_size: bool = False,
) -> dict[str, Plain]:  # fmt: skip
    chosen = _kept(boxes, scores, max_output_size, iou_threshold, score_threshold, 0.0)[0]
    most = min(max_output_size, scores.shape[0])
    padded = chosen + [0] * (most - len(chosen)) if pad_to_max_output_size else chosen
    return {"selectedIndices": _numbers(padded, boxes), "validOutputs": _numbers([len(chosen)], boxes).reshape(())}


_KINDS: dict[str, Callable[..., Any]] = {"": _suppress, "WithScore": _suppress_with_score, "Padded": _suppress_padded}
for _kind, _function in _KINDS.items():
    for _later in ("", "Async"):
        operation(f"image.nonMaxSuppression{_kind}{_later}", 2)(_function)
