"""Pooling: the greatest or the mean of each window, and dilation of images."""

from typing import Any

import torch
from torch import Tensor as Plain
from torch.nn import functional as F

from kerasish import ops
from kerasish.tfjs._operations._edge import operation
from kerasish.tfjs._operations._windows import alone, batched, bordered, borders, each, layout

_MAX: dict[int, Any] = {2: F.max_pool2d, 3: F.max_pool3d}
_MEAN: dict[int, Any] = {2: F.avg_pool2d, 3: F.avg_pool3d}


def _pooled(kind: str, x: Plain, size: Any, strides: Any, pad: Any, rounding: Any, form: str) -> Plain:
    """Pool, where no border counts: neither in a maximum nor in a mean."""
    if isinstance(pad, str) and pad in ("same", "valid") and rounding is None:
        take = ops.max_pool if kind == "max" else ops.average_pool
        return take(x, _plain(size), _plain(strides), pad, form)
    rank = x.ndim - 2
    first = x.movedim(-1, 1) if form == "channels_last" else x
    window, steps = each(size, rank), each(strides, rank)
    pairs = borders(pad, rounding, first.shape[2:], window, steps, [1] * rank)
    if kind == "max":
        made = _MAX[rank](bordered(first, pairs, -torch.inf), window, steps)
    else:
        count = _MEAN[rank](bordered(torch.ones_like(first[:1, :1]), pairs), window, steps)
        made = _MEAN[rank](bordered(first, pairs), window, steps) / count
    return made.movedim(1, -1) if form == "channels_last" else made


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


for _name, _kind in {"maxPool": "max", "avgPool": "avg"}.items():

    def _planes(kind: str) -> Any:
        def pool(x: Plain, filter_size: Any, strides: Any, pad: Any, dim_rounding_mode: Any = None) -> Plain:
            return batched(
                x, 4, lambda batch: _pooled(kind, batch, filter_size, strides, pad, dim_rounding_mode, "channels_last")
            )

        return pool

    def _volumes(kind: str) -> Any:
        def pool(
            x: Plain, filter_size: Any, strides: Any, pad: Any, dim_rounding_mode: Any = None, data_format: str = "NDHWC"
        ) -> Plain:
            form = layout(data_format)
            return batched(x, 5, lambda batch: _pooled(kind, batch, filter_size, strides, pad, dim_rounding_mode, form))

        return pool

    operation(_name)(_planes(_kind))
    operation(f"{_name}3d", method=False)(_volumes(_kind))


@operation("pool")
def _pool(
    input: Plain, window_shape: Any, pooling_type: str, pad: Any, dilations: Any = 1, strides: Any = 1,
    dim_rounding_mode: Any = None,
) -> Plain:  # fmt: skip
    if pooling_type not in ("max", "avg"):
        raise ValueError(f"`pooling_type` must be 'max' or 'avg'; received {pooling_type!r}.")
    alone(strides, dilations, 2)
    window, apart = each(window_shape, 2), each(dilations, 2)
    if apart == [1, 1]:
        return batched(input, 4, lambda x: _pooled(pooling_type, x, window, strides, pad, dim_rounding_mode, "channels_last"))
    if pad not in ("same", "valid"):
        raise ValueError(f"`pad` must be 'same' or 'valid' with dilations; received {pad!r}.")

    def dilated(x: Plain) -> Plain:
        first = x.movedim(-1, 1)
        if pad == "same":
            # The borders count as zeros, as TensorFlow.js has it here.
            spans = [(size - 1) * step for size, step in zip(window, apart)]
            first = bordered(first, [(span // 2, span - span // 2) for span in spans])
        if pooling_type == "max":
            return F.max_pool2d(first, window, 1, 0, apart).movedim(1, -1)
        channels = first.shape[1]
        mean = first.new_full((channels, 1, *window), 1 / (window[0] * window[1]))
        return F.conv2d(first, mean, dilation=apart, groups=channels).movedim(1, -1)

    return batched(input, 4, dilated)


@operation("maxPoolWithArgmax", method=False)
def _max_pool_with_argmax(
    x: Plain, filter_size: Any, strides: Any, pad: Any, include_batch_in_index: bool = False
) -> dict[str, Plain]:
    if x.ndim != 4:
        raise ValueError(f"`x` must have shape (batch, height, width, channels); received {list(x.shape)}.")
    count, height, width, channels = x.shape
    window, steps = each(filter_size, 2), each(strides, 2)
    pairs = borders(pad, None, (height, width), window, steps, [1, 1])
    framed = bordered(x.movedim(-1, 1), pairs, -torch.inf)
    values, places = F.max_pool2d(framed, window, steps, return_indices=True)
    rows = torch.div(places, framed.shape[-1], rounding_mode="floor") - pairs[0][0]
    columns = places % framed.shape[-1] - pairs[1][0]
    flat = (rows * width + columns).movedim(1, -1) * channels + torch.arange(channels, device=x.device)
    if include_batch_in_index:
        flat = flat + torch.arange(count, device=x.device).reshape(-1, 1, 1, 1) * (height * width * channels)
    return {"result": values.movedim(1, -1), "indexes": flat}


@operation("dilation2d", 2)
def _dilation2d(x: Plain, filter: Plain, strides: Any, pad: Any, dilations: Any = 1, data_format: str = "NHWC") -> Plain:
    if data_format != "NHWC":
        raise ValueError(f"dilation2d takes data_format 'NHWC' only; received {data_format!r}.")
    if pad not in ("same", "valid"):
        raise ValueError(f"`pad` must be 'same' or 'valid'; received {pad!r}.")
    if filter.ndim != 3 or filter.shape[-1] != x.shape[-1]:
        raise ValueError(f"`filter` must have shape (height, width, {x.shape[-1]}); received {list(filter.shape)}.")
    steps, apart, window = each(strides, 2), each(dilations, 2), list(filter.shape[:2])

    def dilate(batch: Plain) -> Plain:
        pairs = borders(pad, None, batch.shape[1:3], window, steps, apart)
        first = bordered(batch.movedim(-1, 1), pairs, -torch.inf)
        patches = F.unfold(first, tuple(window), tuple(apart), 0, tuple(steps))
        sizes = [(have - (size - 1) * step - 1) // stride + 1
                 for have, size, step, stride in zip(first.shape[2:], window, apart, steps)]  # fmt: skip
        patches = patches.reshape(batch.shape[0], batch.shape[-1], window[0] * window[1], *sizes)
        offsets = filter.permute(2, 0, 1).reshape(batch.shape[-1], -1, 1, 1)
        return (patches + offsets).amax(2).movedim(1, -1)

    return batched(x, 4, dilate)
