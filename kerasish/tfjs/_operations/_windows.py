"""Windows over space: layouts, and how borders are filled, of convolutions and pools."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor as Plain

_LAST = {"NHWC", "NDHWC", "NWC"}
_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round": lambda number: math.floor(number + 0.5),
}


def layout(data_format: str) -> str:
    """Give Keras's name of a layout."""
    if data_format in _LAST:
        return "channels_last"
    if data_format in ("NCHW", "NCDHW", "NCW"):
        return "channels_first"
    raise ValueError(f"`data_format` must be 'NHWC' or 'NCHW' (or 'NDHWC', 'NWC'); received {data_format!r}.")


def each(value: Any, rank: int) -> list[int]:
    """Give one number for each spatial axis."""
    given = [value] * rank if isinstance(value, (int, float)) else list(value)
    given = given * rank if len(given) == 1 else given
    if len(given) != rank:
        raise ValueError(f"A window takes one number or {rank}; received {value!r}.")
    return [int(part) for part in given]


def batched(x: Plain, rank: int, function: Callable[[Plain], Plain]) -> Plain:
    """Call on a batch of one where the batch axis is missing."""
    if x.ndim not in (rank - 1, rank):
        raise ValueError(f"`x` must have {rank} axes, or {rank - 1} without a batch; received shape {list(x.shape)}.")
    return function(x.unsqueeze(0)).squeeze(0) if x.ndim == rank - 1 else function(x)


def borders(
    pad: Any, rounding: Any, sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> list[tuple[int, int]]:
    """Say how much is to be put before and after each spatial axis, negative where the end is not reached.

    Args:
        pad: "same", "valid", a number for all sides, or [[0, 0], [top, bottom], [left, right], [0, 0]].
        rounding: "floor", "round" or "ceil" for the count of windows; goes with numbers only.

    Raises:
        ValueError: another `pad` or rounding, or both of a name and a rounding.
    """
    if rounding is not None and rounding not in _ROUNDINGS:
        raise ValueError(f"`dim_rounding_mode` must be 'floor', 'round' or 'ceil'; received {rounding!r}.")
    spans = [(size - 1) * step + 1 for size, step in zip(window, dilations)]
    if isinstance(pad, str):
        if rounding is not None:
            raise ValueError(f"`dim_rounding_mode` goes with a whole number for `pad`; received {pad!r}.")
        if pad == "valid":
            return [(0, 0)] * len(sizes)
        if pad != "same":
            raise ValueError(f"`pad` must be 'same', 'valid', a number or pairs of numbers; received {pad!r}.")
        wanted = [max(0, (-(-size // step) - 1) * step + span - size) for size, span, step in zip(sizes, spans, strides)]
        return [(extra // 2, extra - extra // 2) for extra in wanted]
    if isinstance(pad, (int, float)):
        if pad != int(pad) or pad < 0:
            raise ValueError(f"`pad` must be a whole number, not negative; received {pad!r}.")
        pairs = [(int(pad), int(pad))] * len(sizes)
    else:
        pairs = _spatial(pad, len(sizes))
    made = []
    for size, span, step, (first, last) in zip(sizes, spans, strides, pairs):
        count = _ROUNDINGS[rounding or "floor"]((size - span + first + last) / step + 1)
        made.append((first, (count - 1) * step + span - size - first))
    return made


def _spatial(pad: Any, rank: int) -> list[tuple[int, int]]:
    pairs = [tuple(pair) for pair in pad]
    if len(pairs) == rank + 2 and all(len(pair) == 2 for pair in pairs):
        inner = [place for place, pair in enumerate(pairs) if 0 < place < rank + 1 or pair != (0, 0)]
        if inner == list(range(1, rank + 1)):
            return [(int(first), int(last)) for first, last in pairs[1:-1]]
        if inner and inner[-1] == rank + 1:
            return [(int(first), int(last)) for first, last in pairs[2:]]
    raise ValueError(f"`pad` of numbers must be a pair for each of {rank + 2} axes, [0, 0] for the batch; received {pad!r}.")


def bordered(x: Plain, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Plain:
    """Put borders around the last axes of a tensor whose channels come first, or cut them off."""
    if not any(map(any, pairs)):
        return x
    return torch.nn.functional.pad(x, [side for pair in reversed(pairs) for side in pair], value=value)


def alone(strides: Any, dilations: Any, rank: int) -> None:
    """Refuse strides and dilations at once, as TensorFlow.js does.

    Raises:
        ValueError: both are more than 1.
    """
    if any(step != 1 for step in each(strides, rank)) and any(step != 1 for step in each(dilations, rank)):
        raise ValueError(f"Either strides or dilations must be 1; received strides {strides} and dilations {dilations}.")
