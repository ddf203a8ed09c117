"""Neural networks: convolutions, pooling, activations and normalization under TensorFlow's names."""

from collections.abc import Callable
from typing import Any

import torch

from kerasish import ops
from kerasish.tf import _losses, _random
from kerasish.tf._calls import across, as_input, crossing, named
from kerasish.tf._elementwise import ELEMENTWISE
from kerasish.tf._places import gather
from kerasish.tf._reductions import RANKING, REDUCTIONS


def _window(size: Any, what: str) -> Any:
    """Sizes of a window, without those of the batch and the channels, which must be 1."""
    if isinstance(size, int) or len(size) <= 3 and len(size) != 4:
        return size if isinstance(size, int) or len(size) > 1 else size[0]
    if size[0] != 1 or size[-1] != 1:
        raise ValueError(f"`{what}` must be 1 along the batch and the channels; received {size}.")
    return tuple(size[1:-1])


def _layout(data_format: str | None) -> str:
    if data_format in (None, "NHWC", "NWC", "NDHWC"):
        return "channels_last"
    if data_format in ("NCHW", "NCW", "NCDHW"):
        return "channels_first"
    raise ValueError(f"`data_format` must be 'NHWC' or 'NCHW', or their like; received {data_format!r}.")


def conv(input: Any, filters: Any, strides: Any = 1, padding: str = "VALID", data_format: str | None = None, dilations: Any = 1):
    """Convolve; filters have shape (*window, channels in, channels out), padding is "VALID" or "SAME"."""
    return ops.conv(
        input, filters, _window(strides, "strides"), padding.lower(), _layout(data_format), _window(dilations, "dilations")
    )


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """Convolve the other way round; filters have shape (*window, channels out, channels in).

    Args:
        input: the tensor.
        filters: the kernel.
        output_shape: what the result must have: that of a tensor which `conv` would make into one like `input`.
        strides, dilations: numbers, or one for each axis.
        padding: "SAME" or "VALID".
        data_format: "NHWC" or "NCHW", or their like.

    Raises:
        ValueError: `output_shape` is none that these strides and this padding give.
    """
    steps, layout = _window(strides, "strides"), _layout(data_format)
    wanted = tuple(int(size) for size in output_shape)
    wanted = wanted if len(wanted) == as_input(input).ndim else None
    dilation = _window(1 if dilations is None else dilations, "dilations")
    made = ops.conv_transpose(input, filters, steps, padding.lower(), None, layout, dilation)
    if wanted is not None and tuple(made.shape) != wanted:
        raise ValueError(f"`output_shape` must be {tuple(made.shape)} for these strides and this padding; received {wanted}.")
    return made


def depthwise_conv2d(
    input: Any, filter: Any, strides: Any, padding: str, data_format: str | None = None, dilations: Any = None
) -> Any:
    """Convolve each channel by itself; the filter has shape (*window, channels, multiplier)."""
    dilation = _window(1 if dilations is None else dilations, "dilations")
    return ops.depthwise_conv(input, filter, _window(strides, "strides"), padding.lower(), _layout(data_format), dilation)


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """Convolve each channel by itself, and mix the channels then."""
    dilation, layout = _window(1 if dilations is None else dilations, "dilations"), _layout(data_format)
    steps = _window(strides, "strides")
    return ops.separable_conv(input, depthwise_filter, pointwise_filter, steps, padding.lower(), layout, dilation)


def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str) -> Any:
    """Convolve with a window that is spread out."""
    return conv(value, filters, 1, padding, None, rate)


def _pooling(pool: Callable) -> Callable:
    def pooled(input: Any, ksize: Any, strides: Any, padding: str = "VALID", data_format: str | None = None) -> Any:
        return pool(input, _window(ksize, "ksize"), _window(strides, "strides"), padding.lower(), _layout(data_format))

    pooled.__doc__ = 'Take the greatest, or the mean, of each window; padding is "VALID" or "SAME".'
    return pooled


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
) -> Any:
    """Pool by "MAX" or "AVG"; `strides` is 1 by default."""
    if pooling_type not in ("MAX", "AVG") or dilations not in (None, 1):
        raise ValueError(f"`pooling_type` must be 'MAX' or 'AVG', `dilations` 1; received {pooling_type!r}, {dilations}.")
    reduce = ops.max_pool if pooling_type == "MAX" else ops.average_pool
    sizes = tuple(window_shape) if not isinstance(window_shape, int) else window_shape
    return reduce(input, sizes, 1 if strides is None else strides, padding.lower(), _layout(data_format))


def depth_to_space(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """Put channels side by side, as blocks of an image that is larger."""
    return ops.depth_to_space(input, block_size, _layout(data_format))


def space_to_depth(input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    """Put the places of blocks of an image into channels."""
    return ops.space_to_depth(input, block_size, _layout(data_format))


def bias_add(value: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias to the channels."""
    if _layout(data_format) == "channels_first":
        bias = ops.reshape(bias, (-1, *[1] * (as_input(value).ndim - 2)))
    return ops.add(value, bias)


def l2_loss(t: Any) -> Any:
    """Give half the sum of the squares."""
    return ops.sum(ops.square(t)) / 2


def moments(x: Any, axes: Any, shift: None = None, keepdims: bool = False) -> Any:
    """Give mean and variance along axes."""
    if shift is not None:
        raise ValueError("`shift` must be None.")
    return ops.moments(x, axes=axes, keepdims=keepdims)


def batch_normalization(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float) -> Any:
    """Normalize with these statistics, then scale and shift; any of these may be None."""
    factor = ops.rsqrt(ops.add(variance, variance_epsilon))
    factor = factor if scale is None else factor * scale
    made = ops.multiply(ops.subtract(x, mean), factor)
    return made if offset is None else made + offset


def local_response_normalization(input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5) -> Any:
    """Divide by the squares of the channels around, shape (batch, height, width, channels)."""
    x = as_input(input)
    squares = torch.nn.functional.pad(x.square(), (depth_radius, depth_radius)).unfold(-1, 2 * depth_radius + 1, 1).sum(-1)
    return x / (bias + alpha * squares) ** beta


def leaky_relu(features: Any, alpha: float = 0.2) -> Any:
    """Give the number where it is positive, else `alpha` times it."""
    return ops.leaky_relu(features, alpha)


def gelu(features: Any, approximate: bool = False) -> Any:
    """Give the number times the normal distribution's share below it."""
    return ops.gelu(features, approximate=approximate)


def silu(features: Any, beta: float = 1.0) -> Any:
    """Give the number times the sigmoid of `beta` times it."""
    return ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


def crelu(features: Any, axis: int = -1) -> Any:
    """Give relu of the numbers, and beside it relu of their negatives."""
    return ops.concatenate([ops.relu(features), ops.relu(ops.negative(features))], axis)


def embedding_lookup(params: Any, ids: Any, max_norm: None = None) -> Any:
    """Give the rows of a table.

    Raises:
        ValueError: `max_norm` is given.
    """
    if max_norm is not None:
        raise ValueError("`max_norm` is not supported; use tf.clip_by_norm on the rows.")
    return gather(params, ids)


def softmax(logits: Any, axis: int | None = None) -> Any:
    """Make probabilities of logits, along the last axis by default."""
    return ops.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits: Any, axis: int | None = None) -> Any:
    """Make logarithms of probabilities of logits, along the last axis by default."""
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12) -> Any:
    """Divide by the length of the vectors along an axis, of all numbers together without one."""
    x = as_input(x)
    return x * ops.rsqrt(ops.maximum(ops.sum(x * x, axis=axis, keepdims=True), epsilon))


_MAX, _AVERAGE, _CONV, _BACK = (
    across(_pooling(ops.max_pool)),
    across(_pooling(ops.average_pool)),
    across(conv),
    across(conv_transpose),
)

NN: dict[str, Callable] = {
    "avg_pool": _AVERAGE,
    "avg_pool1d": _AVERAGE,
    "avg_pool2d": _AVERAGE,
    "avg_pool3d": _AVERAGE,
    "conv1d": across(conv, stride="strides"),
    "conv2d": _CONV,
    "conv3d": _CONV,
    "convolution": _CONV,
    "conv_transpose": _BACK,
    "conv1d_transpose": _BACK,
    "conv2d_transpose": _BACK,
    "conv3d_transpose": _BACK,
    "dropout": _random.DROPOUT,
    "max_pool": _MAX,
    "max_pool1d": _MAX,
    "max_pool2d": _MAX,
    "max_pool3d": _MAX,
    "sigmoid": ELEMENTWISE["sigmoid"],
    "tanh": ELEMENTWISE["tanh"],
    "softplus": ELEMENTWISE["softplus"],
    "softsign": ELEMENTWISE["softsign"],
    "in_top_k": RANKING["in_top_k"],
    "top_k": RANKING["top_k"],
    "zero_fraction": REDUCTIONS["zero_fraction"],
}
NN |= named(ops, "elu relu relu6 selu", features="x") | _losses.LOSSES
NN |= crossing(
    depthwise_conv2d, separable_conv2d, atrous_conv2d, pool, depth_to_space, space_to_depth, bias_add, l2_loss, moments
)
NN |= crossing(batch_normalization, local_response_normalization, leaky_relu, gelu, silu, crelu, embedding_lookup)
NN |= crossing(softmax, log_softmax, l2_normalize)
NN |= {"swish": NN["silu"], "lrn": NN["local_response_normalization"], "normalize_moments": across(_losses.normalize_moments)}
