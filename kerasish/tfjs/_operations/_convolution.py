"""Convolutions, computed by `kerasish.ops`; and those of `tf.fused`."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.tfjs._operations._arithmetic import prelu
from kerasish.tfjs._operations._edge import from_options, operation
from kerasish.tfjs._operations._products import mat_mul
from kerasish.tfjs._operations._windows import alone, batched, borders, each, layout


def _padded(
    x: Plain, window: Sequence[int], strides: Any, pad: Any, rounding: Any, form: str, dilations: Any
) -> tuple[Plain, str]:
    """Put the borders on that are given as numbers, and give the name of those that are left to do."""
    rank = x.ndim - 2
    alone(strides, dilations, rank)
    if isinstance(pad, str) and pad in ("same", "valid") and rounding is None:
        return x, pad
    last = form == "channels_last"
    sizes = x.shape[1:-1] if last else x.shape[2:]
    pairs = borders(pad, rounding, sizes, window, each(strides, rank), each(dilations, rank))
    around = [*pairs, (0, 0)] if last else pairs
    return torch.nn.functional.pad(x, [side for pair in reversed(around) for side in pair]), "valid"


def _convolve(
    rank: int, x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str, dilations: Any, rounding: Any
) -> Plain:
    if filter.ndim != rank:
        raise ValueError(f"`filter` must have {rank} axes; received shape {list(filter.shape)}.")
    form = layout(data_format)

    def convolve(batch: Plain) -> Plain:
        made, padding = _padded(batch, filter.shape[:-2], strides, pad, rounding, form, dilations)
        return ops.conv(made, filter, _plain(strides), padding, form, _plain(dilations))

    return batched(x, rank, convolve)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _convolution(name: str, rank: int, standard: str) -> Callable:
    def convolve(
        x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = standard, dilations: Any = 1,
        dim_rounding_mode: Any = None,
    ) -> Plain:  # fmt: skip
        return _convolve(rank, x, filter, strides, pad, data_format, dilations, dim_rounding_mode)

    return operation(name, 2, method=rank < 5)(convolve)


_convolution("conv1d", 3, "NWC")
_conv2d = _convolution("conv2d", 4, "NHWC")


@operation("conv3d", 2, method=False)
def _conv3d(x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = "NDHWC", dilations: Any = 1) -> Plain:
    return _convolve(5, x, filter, strides, pad, data_format, dilations, None)


def _transpose(x: Plain, filter: Plain, output_shape: Any, strides: Any, pad: Any, rounding: Any, rank: int) -> Plain:
    """The gradient of a convolution by its input, which may have any shape that the convolution makes `x` of."""
    wanted = list(output_shape)[1 - rank : -1]
    steps = each(strides, rank - 2)
    pairs = borders(pad, rounding, wanted, filter.shape[: rank - 2], steps, [1] * (rank - 2))

    def convolve(batch: Plain) -> Plain:
        made = ops.conv_transpose(batch, filter, tuple(steps), "valid", None, "channels_last")
        for axis, ((first, _), size) in enumerate(zip(pairs, wanted), 1):
            short = first + size - made.shape[axis]
            if short > 0:
                made = torch.nn.functional.pad(made, [0, 0] * (made.ndim - 1 - axis) + [0, short])
            made = made.narrow(axis, first, size)
        return made

    made = batched(x, rank, convolve)
    convolved = [(size + first + last - span) // step + 1
                 for size, (first, last), span, step in zip(wanted, pairs, filter.shape, steps)]  # fmt: skip
    given = list(x.shape[-rank + 1 : -1])
    if list(made.shape) != list(output_shape) or convolved != given:
        raise ValueError(
            f"`output_shape` must be a shape that such a convolution makes {list(x.shape)} of; received {list(output_shape)}."
        )
    return made


@operation("conv2dTranspose", 2)
def _conv2d_transpose(x: Plain, filter: Plain, output_shape: Any, strides: Any, pad: Any, dim_rounding_mode: Any = None) -> Plain:
    return _transpose(x, filter, output_shape, strides, pad, dim_rounding_mode, 4)


@operation("conv3dTranspose", 2, method=False)
def _conv3d_transpose(x: Plain, filter: Plain, output_shape: Any, strides: Any, pad: Any) -> Plain:
    return _transpose(x, filter, output_shape, strides, pad, None, 5)


@operation("depthwiseConv2d", 2)
def _depthwise(
    x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = "NHWC", dilations: Any = 1, dim_rounding_mode: Any = None
) -> Plain:
    form = layout(data_format)

    def convolve(batch: Plain) -> Plain:
        made, padding = _padded(batch, filter.shape[:2], strides, pad, dim_rounding_mode, form, dilations)
        return ops.depthwise_conv(made, filter, _plain(strides), padding, form, _plain(dilations))

    return batched(x, 4, convolve)


@operation("separableConv2d", 3)
def _separable(
    x: Plain, depthwise_filter: Plain, pointwise_filter: Plain, strides: Any, pad: Any, dilation: Any = 1,
    data_format: str = "NHWC",
) -> Plain:  # fmt: skip
    if layout(data_format) != "channels_last":
        raise ValueError(f"separableConv2d takes data_format 'NHWC' only; received {data_format!r}.")
    return _conv2d(_depthwise(x, depthwise_filter, strides, pad, data_format, dilation), pointwise_filter, 1, "valid")


# tf.fused: a product with its bias and activation.

_ACTIVATIONS: dict[str, Callable[[Plain], Plain]] = {
    "linear": lambda x: x, "relu": torch.relu, "relu6": torch.nn.functional.relu6, "elu": torch.nn.functional.elu,
    "sigmoid": torch.sigmoid,
}  # fmt: skip


def _activated(x: Plain, bias: Any, activation: str, prelu_weights: Any, leakyrelu_alpha: float) -> Plain:
    x = x if bias is None else x + bias
    if activation == "leakyrelu":
        return torch.nn.functional.leaky_relu(x, leakyrelu_alpha)
    if activation == "prelu":
        if prelu_weights is None:
            raise ValueError("The activation 'prelu' needs `prelu_activation_weights`.")
        return prelu(x, prelu_weights)
    if activation not in _ACTIVATIONS:
        known = ", ".join([*_ACTIVATIONS, "leakyrelu", "prelu"])
        raise ValueError(f"`activation` must be one of {known}; received {activation!r}.")
    return _ACTIVATIONS[activation](x)


@operation("fused.matMul", 2)
def _fused_mat_mul(
    a: Plain, b: Plain, transpose_a: bool = False, transpose_b: bool = False, bias: Any = None, activation: str = "linear",
    prelu_activation_weights: Any = None, leakyrelu_alpha: float = 0.2,
) -> Plain:  # fmt: skip
    return _activated(mat_mul(a, b, transpose_a, transpose_b), bias, activation, prelu_activation_weights, leakyrelu_alpha)


def _fused(name: str, function: Callable) -> None:
    def convolve(
        x: Plain, filter: Plain, strides: Any, pad: Any, data_format: str = "NHWC", dilations: Any = 1,
        dim_rounding_mode: Any = None, bias: Any = None, activation: str = "linear", prelu_activation_weights: Any = None,
        leakyrelu_alpha: float = 0.2,
    ) -> Plain:  # fmt: skip
        made = function(x, filter, strides, pad, data_format, dilations, dim_rounding_mode)
        if layout(data_format) == "channels_first" and bias is not None:
            bias = bias.reshape(-1, 1, 1)
        return _activated(made, bias, activation, prelu_activation_weights, leakyrelu_alpha)

    operation(f"fused.{name}", 2)(convolve)


_fused("conv2d", _conv2d)
_fused("depthwiseConv2d", _depthwise)
for _name in ("matMul", "conv2d", "depthwiseConv2d"):
    from_options(f"fused.{_name}")
