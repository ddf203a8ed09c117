"""Functions under TensorFlow's names: a table of the library's own, then those that behave differently."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from kerasish import ops
from kerasish.core import KerasTensor, is_symbolic
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import across
from kerasish.tf._dtypes import real_dtype

# Under one name in both; the library's first argument has TensorFlow's name beside it.
_OF_X = (
    "abs acos:arccos acosh:arccosh asin:arcsin asinh:arcsinh atan:arctan atanh:arctanh ceil conj cos cosh erf erfc "
    "erfinv exp expm1 floor imag is_finite:isfinite is_inf:isinf is_nan:isnan log log1p logical_not negative real "
    "reciprocal rint:round rsqrt sigmoid sign sin sinh sqrt square tan tanh angle"
).split()
_OF_TWO = (
    "add atan2:arctan2 divide_no_nan equal floordiv:floor_divide floormod:mod greater greater_equal less less_equal "
    "logical_and logical_or logical_xor maximum minimum mod multiply not_equal pow:power subtract"
).split()


def _named(names: Sequence[str], **renamed: str) -> dict[str, Callable]:
    table = {}
    for name in names:
        ours, _, theirs = name.partition(":")
        table[ours] = across(getattr(ops, theirs or ours), **renamed)
    return table


def _tensor(x: Any, dtype: Any = None) -> Any:
    return x if is_symbolic(x) else _to_tensor(x, dtype)


# Making tensors.


def constant(value: Any, dtype: Any = None, shape: Sequence[int] | None = None) -> Any:
    """Make a tensor: of Python's floats float32, of integers int32, of arrays their own dtype.

    Args:
        value: number, list, array or tensor.
        shape: the shape; a single value fills it.
    """
    made = _to_tensor(value, real_dtype(dtype))
    if made is value:
        made = made.clone()
    if shape is None:
        return made
    return made.expand(tuple(shape)).clone() if made.numel() == 1 else made.reshape(tuple(shape))


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None) -> Any:
    """Make a tensor of anything that can be one; `dtype_hint` is the dtype where the value has none of its own."""
    if dtype is None and dtype_hint is not None and not hasattr(value, "dtype"):
        dtype = dtype_hint
    if isinstance(value, torch.nn.Parameter):
        value = value + 0  # its value now: the variable may change
    return _tensor(value, real_dtype(dtype))


def fill(dims: Sequence[int], value: Any) -> Any:
    """Make a tensor of one value."""
    return constant(value, shape=[int(size) for size in dims])


def linspace(start: Any, stop: Any, num: int, axis: int = 0) -> Any:
    """Make evenly spaced numbers from `start` to `stop`: float64 between integers, else of the dtype of `start`."""
    ends = [_to_tensor(start), _to_tensor(stop)]
    dtype = ends[0].dtype if ends[0].is_floating_point() else torch.float64
    return ops.linspace(ends[0].to(dtype), ends[1].to(dtype), int(num), axis=axis, dtype=dtype)


def arange(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    """Make numbers from `start` up to, not including, `limit`: int32 of Python's integers, float32 of floats."""
    if limit is None:
        start, limit = 0, start
    parts = [_to_tensor(part) for part in (start, limit, delta)]
    wanted = real_dtype(dtype) or torch.promote_types(torch.promote_types(parts[0].dtype, parts[1].dtype), parts[2].dtype)
    return ops.arange(*[part.item() for part in parts], dtype=wanted)


def eye(num_rows: int, num_columns: int | None = None, batch_shape: Sequence[int] | None = None, dtype: Any = "float32") -> Any:
    """Make matrices with ones on the diagonal, shape (*batch_shape, rows, columns)."""
    made = ops.eye(num_rows, num_columns, dtype=real_dtype(dtype))
    return made if batch_shape is None else made.expand(*batch_shape, *made.shape).clone()


def one_hot(indices: Any, depth: int, on_value: Any = 1, off_value: Any = 0, axis: int = -1, dtype: Any = "float32") -> Any:
    """Make rows with `on_value` at the place of the index; an index out of range has none."""
    made = ops.one_hot(indices, depth, axis=axis, dtype=real_dtype(dtype))
    return made if (on_value, off_value) == (1, 0) else made * (on_value - off_value) + off_value


# Reductions.


def _reducing(reduce: Callable, keeps_ints: bool = False) -> Callable:
    def reduced(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = _tensor(input_tensor)
        axis = tuple(axis) if isinstance(axis, list) else axis
        made = reduce(x, axis=axis, keepdims=keepdims)
        if keeps_ints and isinstance(x, torch.Tensor) and not x.is_floating_point() and not x.is_complex():
            made = torch.div(reduce(x.double(), axis=axis, keepdims=keepdims), 1, rounding_mode="trunc")
        return made if isinstance(made, KerasTensor) or not keeps_ints else made.to(x.dtype)

    reduced.__doc__ = reduce.__doc__
    return reduced


def argmax(input: Any, axis: int | None = None, output_type: Any = "int64") -> Any:
    """Give the places of the greatest along an axis, the first one by default."""
    return ops.cast(ops.argmax(input, axis=0 if axis is None else axis), real_dtype(output_type))


def argmin(input: Any, axis: int | None = None, output_type: Any = "int64") -> Any:
    """Give the places of the least along an axis, the first one by default."""
    return ops.cast(ops.argmin(input, axis=0 if axis is None else axis), real_dtype(output_type))


def count_nonzero(input: Any, axis: Any = None, keepdims: bool = False, dtype: Any = "int64") -> Any:
    """Count what is not zero."""
    return ops.cast(ops.sum(ops.cast(ops.not_equal(input, 0), "int64"), axis=axis, keepdims=keepdims), real_dtype(dtype))


# Shapes and places.


def cast(x: Any, dtype: Any) -> Any:
    """Convert to a dtype; a fraction is cut off where that counts."""
    return ops.cast(_tensor(x), real_dtype(dtype))


def shape(input: Any, out_type: Any = "int32") -> Any:
    """Give the sizes as a tensor, or those of a symbol as a tuple."""
    if is_symbolic(input):
        return ops.shape(input)
    return torch.tensor(tuple(_to_tensor(input).shape), dtype=real_dtype(out_type))


def size(input: Any, out_type: Any = "int32") -> Any:
    """Give the number of elements as a tensor."""
    return torch.tensor(_to_tensor(input).numel(), dtype=real_dtype(out_type))


def rank(input: Any) -> Any:
    """Give the number of axes as a tensor."""
    return torch.tensor(_tensor(input).ndim, dtype=torch.int32)


def reshape(tensor: Any, shape: Any) -> Any:
    """Give the same numbers another shape; one size may be -1."""
    return ops.reshape(tensor, tuple(int(part) for part in np.asarray(shape)))


def gather(params: Any, indices: Any, axis: int | None = None, batch_dims: int = 0) -> Any:
    """Take slices along an axis, the first one after `batch_dims` by default."""
    if batch_dims:
        x, places = _to_tensor(params), _to_tensor(indices).long()
        if batch_dims != 1 or axis not in (None, 1):
            raise ValueError(f"`batch_dims` may be 0, or 1 with `axis` 1; received {batch_dims} with {axis}.")
        return torch.stack([row[place] for row, place in zip(x, places)])
    return ops.take(params, indices, axis=0 if axis is None else axis)


def gather_nd(params: Any, indices: Any) -> Any:
    """Take the parts that the last axis of `indices` tells the places of."""
    return _to_tensor(params)[tuple(_to_tensor(indices).long().unbind(-1))]


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` are replaced."""
    made = _to_tensor(tensor).clone()
    made[tuple(_to_tensor(indices).long().unbind(-1))] = _to_tensor(updates, made.dtype)
    return made


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any) -> Any:
    """Give a copy in which the parts at `indices` have something added, as often as they are named."""
    made = _to_tensor(tensor).clone()
    return made.index_put(tuple(_to_tensor(indices).long().unbind(-1)), _to_tensor(updates, made.dtype), accumulate=True)


def scatter_nd(indices: Any, updates: Any, shape: Any) -> Any:
    """Make a tensor of zeros with `updates` added at `indices`."""
    values = _to_tensor(updates)
    return tensor_scatter_nd_add(values.new_zeros([int(part) for part in shape]), indices, values)


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None) -> Any:
    """Keep what the mask is true for; its axes are the first ones, or those from `axis` on."""
    return _to_tensor(tensor)[(slice(None),) * (axis or 0) + (_to_tensor(mask, "bool"),)]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose between two; without them, give the places where the condition holds, int64, shape (found, axes)."""
    if (x is None) != (y is None):
        raise ValueError("`x` and `y` must be given both, or neither.")
    return torch.nonzero(_to_tensor(condition)) if x is None else ops.where(condition, x, y)


def split(value: Any, num_or_size_splits: Any, axis: int = 0) -> list[Any]:
    """Cut into so many equal parts, or into parts of these sizes."""
    if isinstance(num_or_size_splits, int):
        return list(ops.split(value, num_or_size_splits, axis=axis))
    sizes = [int(part) for part in num_or_size_splits]
    return list(torch.split(_to_tensor(value), sizes, dim=axis))


def squeeze(input: Any, axis: Any = None) -> Any:
    """Drop axes of size 1: those named, or all."""
    return ops.squeeze(input, axis=tuple(axis) if isinstance(axis, list) else axis)


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    """Put rows before and after each axis; `paddings` has shape (axes, 2)."""
    kind, widths = mode.lower(), [[int(part) for part in pair] for pair in paddings]
    return ops.pad(tensor, widths, mode=kind, constant_values=constant_values if kind == "constant" else None)


def tile(input: Any, multiples: Any) -> Any:
    """Repeat along each axis."""
    return ops.tile(input, [int(part) for part in multiples])


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """Multiply matrices, each of the last two axes."""
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def divide(x: Any, y: Any) -> Any:
    """Divide; whole numbers give float64."""
    x, y = _tensor(x), _tensor(y)
    if all(isinstance(part, torch.Tensor) and not part.is_floating_point() and not part.is_complex() for part in (x, y)):
        x = x.double()
    return ops.divide(x, y)


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    """Sort along an axis."""
    made = ops.sort(values, axis=axis)
    return ops.flip(made, axis=axis) if _falls(direction) else made


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    """Give the places that sort along an axis, int32; equal ones stay in order."""
    x = _to_tensor(values)
    return torch.argsort(x, dim=axis, descending=_falls(direction), stable=True).to(torch.int32)


def _falls(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"`direction` must be 'ASCENDING' or 'DESCENDING'; received {direction!r}.")
    return direction == "DESCENDING"


def unique(x: Any, out_idx: Any = "int32") -> tuple[Any, Any]:
    """Give the different values in the order of their first place, and for each element which of them it is."""
    values, which = torch.unique(_to_tensor(x), return_inverse=True)
    places = torch.arange(which.numel(), device=which.device)
    first = torch.full((len(values),), which.numel(), device=which.device).scatter_reduce(0, which, places, "amin")
    order = torch.argsort(first)
    return values[order], torch.argsort(order)[which].to(real_dtype(out_idx))


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """Add up along an axis: each element with all before it; `exclusive` leaves itself out."""
    x = _to_tensor(x)
    x = torch.flip(x, (axis,)) if reverse else x
    made = torch.cumsum(x, axis, dtype=x.dtype)
    made = made - x if exclusive else made
    return torch.flip(made, (axis,)) if reverse else made


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    """Keep numbers between two bounds."""
    return ops.clip(t, clip_value_min, clip_value_max)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    """Shrink to a norm, where it is greater."""
    x = _to_tensor(t)
    norm = ops.sqrt(ops.sum(x * x, axis=axes, keepdims=True))
    return x * clip_norm / ops.maximum(norm, clip_norm)


def clip_by_global_norm(t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None) -> tuple[list[Any], Any]:
    """Shrink several tensors by one factor so that their common norm is at most this; gives them, and the norm before."""
    norm = global_norm(t_list) if use_norm is None else _to_tensor(use_norm)
    scale = clip_norm / torch.clamp(norm, min=float(clip_norm))
    return [None if t is None else _to_tensor(t) * scale for t in t_list], norm


def global_norm(t_list: Sequence[Any]) -> Any:
    """Give the norm of all numbers in several tensors."""
    return torch.stack([_to_tensor(t).square().sum() for t in t_list if t is not None]).sum().sqrt()


def identity(input: Any) -> Any:
    """Give a copy."""
    return ops.copy(input)


def add_n(inputs: Sequence[Any]) -> Any:
    """Add several tensors of one shape."""
    total = inputs[0]
    for part in inputs[1:]:
        total = ops.add(total, part)
    return total


def map_fn(fn: Callable, elems: Any) -> Any:
    """Apply a function to each row, and stack what it gives."""
    return ops.map(fn, elems)


def meshgrid(*args: Any, indexing: str = "xy") -> list[Any]:
    """Give the coordinates of a grid, one tensor an axis."""
    return list(ops.meshgrid(*args, indexing=indexing))


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    """Give the length of vectors: of all numbers together without `axis`."""
    tensor = _tensor(tensor)
    if axis is None:
        return ops.norm(ops.ravel(tensor), ord=2 if ord == "euclidean" else ord, keepdims=False)
    kind = None if ord == "euclidean" else ord
    return ops.norm(tensor, ord=kind, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> Any:
    """Give the shape to which two broadcast."""
    return tuple(torch.broadcast_shapes(tuple(shape_x), tuple(shape_y)))


def is_tensor(x: Any) -> bool:
    """Say whether this is a tensor, a Variable or a symbol."""
    return isinstance(x, (torch.Tensor, KerasTensor))


def _filled_like(value: int) -> Callable:
    def like(input: Any, dtype: Any = None) -> Any:
        return (ops.ones_like if value else ops.zeros_like)(input, dtype=real_dtype(dtype))

    like.__doc__ = f"Make a tensor of {'ones' if value else 'zeros'} of the shape of another."
    return like


def _filled(value: int) -> Callable:
    def made(shape: Any, dtype: Any = "float32") -> Any:
        sizes = (shape,) if isinstance(shape, int) else tuple(int(part) for part in shape)
        return (ops.ones if value else ops.zeros)(sizes, dtype=real_dtype(dtype))

    made.__doc__ = f"Make a tensor of {'ones' if value else 'zeros'}."
    return made


ELEMENTWISE = _named(_OF_X) | _named(_OF_TWO, x="x1", y="x2") | {"round": across(ops.round)}
ELEMENTWISE |= {"divide": across(divide), "truediv": across(divide), "cumsum": across(cumsum), "add_n": across(add_n)}
ELEMENTWISE |= {"argmax": across(argmax), "argmin": across(argmin)}

REDUCTIONS = {f"reduce_{name}": across(_reducing(getattr(ops, name))) for name in ("sum", "prod", "max", "min", "all", "any")}
REDUCTIONS |= {"reduce_mean": across(_reducing(ops.mean, keeps_ints=True)), "reduce_std": across(_reducing(ops.std))}
REDUCTIONS |= {"reduce_variance": across(_reducing(ops.var)), "reduce_logsumexp": across(_reducing(ops.logsumexp))}
REDUCTIONS |= {"count_nonzero": across(count_nonzero)}

SHAPING = {
    "boolean_mask": across(boolean_mask),
    "broadcast_to": across(ops.broadcast_to, input="x"),
    "cast": across(cast),
    "concat": across(ops.concatenate, values="xs"),
    "expand_dims": across(ops.expand_dims, input="x"),
    "gather": across(gather),
    "gather_nd": across(gather_nd),
    "identity": across(identity),
    "pad": across(pad),
    "rank": across(rank),
    "repeat": across(ops.repeat, input="x"),
    "reshape": across(reshape),
    "reverse": across(ops.flip, tensor="x"),
    "roll": across(ops.roll, input="x"),
    "scatter_nd": across(scatter_nd),
    "searchsorted": across(ops.searchsorted),
    "shape": across(shape),
    "size": across(size),
    "slice": across(ops.slice, input_="inputs", begin="start_indices", size="shape"),
    "sort": across(sort),
    "argsort": across(argsort),
    "split": across(split),
    "squeeze": across(squeeze),
    "stack": across(ops.stack, values="x"),
    "tensor_scatter_nd_add": across(tensor_scatter_nd_add),
    "tensor_scatter_nd_update": across(tensor_scatter_nd_update),
    "tile": across(tile),
    "transpose": across(ops.transpose, a="x", perm="axes"),
    "unique": across(unique),
    "unstack": across(ops.unstack, value="x"),
    "where": across(where),
}

MAKING = {
    "constant": across(constant),
    "convert_to_tensor": across(convert_to_tensor),
    "eye": across(eye),
    "fill": across(fill),
    "linspace": across(linspace),
    "meshgrid": across(meshgrid),
    "one_hot": across(one_hot),
    "ones": across(_filled(1)),
    "ones_like": across(_filled_like(1)),
    "range": across(arange),
    "zeros": across(_filled(0)),
    "zeros_like": across(_filled_like(0)),
}

REST = {
    "clip_by_global_norm": across(clip_by_global_norm),
    "clip_by_norm": across(clip_by_norm),
    "clip_by_value": across(clip_by_value),
    "cond": across(ops.cond),
    "einsum": across(ops.einsum, equation="subscripts"),
    "matmul": across(matmul),
    "norm": across(norm),
    "stop_gradient": across(ops.stop_gradient, input="variable"),
    "tensordot": across(ops.tensordot, a="x1", b="x2"),
    "while_loop": across(ops.while_loop),
}

_NOT_AT_TOP = (
    "angle conj divide_no_nan erfc erfinv floordiv floormod imag is_finite is_inf is_nan log log1p logical_xor mod real "
    "reciprocal rint rsqrt reduce_std reduce_variance count_nonzero"
).split()

MATH = (
    ELEMENTWISE
    | REDUCTIONS
    | {
        "bincount": across(ops.bincount, arr="x"),
        "cumprod": across(ops.cumprod),
        "in_top_k": across(ops.in_top_k),
        "l2_normalize": across(lambda x, axis=None, epsilon=1e-12: _normalized(x, axis, epsilon)),
        "log_sigmoid": across(ops.log_sigmoid),
        "log_softmax": across(ops.log_softmax, logits="x"),
        "segment_sum": across(ops.segment_sum),
        "softmax": across(ops.softmax, logits="x"),
        "softplus": across(ops.softplus, features="x"),
        "top_k": across(ops.top_k, input="x"),
    }
)

TOP = {name: made for name, made in (ELEMENTWISE | REDUCTIONS).items() if name not in _NOT_AT_TOP}
TOP |= SHAPING | MAKING | REST


def _normalized(x: Any, axis: Any, epsilon: float) -> Any:
    x = _tensor(x)
    return x * ops.rsqrt(ops.maximum(ops.sum(x * x, axis=axis, keepdims=True), epsilon))


# Neural networks.


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


def _pooling(pool: Callable) -> Callable:
    def pooled(input: Any, ksize: Any, strides: Any, padding: str = "VALID", data_format: str | None = None) -> Any:
        return pool(input, _window(ksize, "ksize"), _window(strides, "strides"), padding.lower(), _layout(data_format))

    pooled.__doc__ = pool.__doc__
    return pooled


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Any:
    """Give the cross-entropy of each label, a probability, with a logit."""
    logits = _to_tensor(logits)
    return F.binary_cross_entropy_with_logits(logits, _to_tensor(labels, logits.dtype), reduction="none")


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1) -> Any:
    """Give the cross-entropy of rows of probabilities with rows of logits."""
    logits = _to_tensor(logits)
    return -(_to_tensor(labels, logits.dtype) * torch.log_softmax(logits, axis)).sum(axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any) -> Any:
    """Give the cross-entropy of class numbers with rows of logits."""
    rows = torch.log_softmax(_to_tensor(logits), -1)
    return -rows.gather(-1, _to_tensor(labels).long().unsqueeze(-1)).squeeze(-1)


def bias_add(value: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias to the channels."""
    if _layout(data_format) == "channels_first":
        bias = ops.reshape(bias, (-1, *[1] * (_tensor(value).ndim - 2)))
    return ops.add(value, bias)


def l2_loss(t: Any) -> Any:
    """Give half the sum of the squares."""
    return ops.sum(ops.square(t)) / 2


def moments(x: Any, axes: Any, shift: None = None, keepdims: bool = False) -> Any:
    """Give mean and variance along axes."""
    if shift is not None:
        raise ValueError("`shift` must be None.")
    return ops.moments(x, axes=axes, keepdims=keepdims)


def leaky_relu(features: Any, alpha: float = 0.2) -> Any:
    """Give the number where it is positive, else `alpha` times it."""
    return ops.leaky_relu(features, alpha)


def gelu(features: Any, approximate: bool = False) -> Any:
    """Give the number times the normal distribution's share below it."""
    return ops.gelu(features, approximate=approximate)


NN = {
    "avg_pool": across(_pooling(ops.average_pool)),
    "avg_pool2d": across(_pooling(ops.average_pool)),
    "bias_add": across(bias_add),
    "conv1d": across(conv, stride="strides"),
    "conv2d": across(conv),
    "conv3d": across(conv),
    "convolution": across(conv),
    "crelu": across(lambda features, axis=-1: ops.concatenate([ops.relu(features), ops.relu(ops.negative(features))], axis)),
    "elu": across(ops.elu, features="x"),
    "embedding_lookup": across(gather, ids="indices"),
    "gelu": across(gelu),
    "in_top_k": across(ops.in_top_k),
    "l2_loss": across(l2_loss),
    "l2_normalize": MATH["l2_normalize"],
    "leaky_relu": across(leaky_relu),
    "log_softmax": MATH["log_softmax"],
    "max_pool": across(_pooling(ops.max_pool)),
    "max_pool2d": across(_pooling(ops.max_pool)),
    "moments": across(moments),
    "relu": across(ops.relu, features="x"),
    "relu6": across(ops.relu6, features="x"),
    "selu": across(ops.selu, features="x"),
    "sigmoid": across(ops.sigmoid),
    "sigmoid_cross_entropy_with_logits": across(sigmoid_cross_entropy_with_logits),
    "silu": across(ops.silu, features="x"),
    "softmax": MATH["softmax"],
    "softmax_cross_entropy_with_logits": across(softmax_cross_entropy_with_logits),
    "softplus": MATH["softplus"],
    "softsign": across(ops.softsign, features="x"),
    "sparse_softmax_cross_entropy_with_logits": across(sparse_softmax_cross_entropy_with_logits),
    "swish": across(ops.silu, features="x"),
    "tanh": across(ops.tanh),
    "top_k": MATH["top_k"],
}


# Linear algebra.


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """Decompose matrices; gives the singular values, then the left and the right vectors in columns."""
    made = ops.svd(tensor, full_matrices=full_matrices, compute_uv=compute_uv)
    if not compute_uv:
        return made
    left, values, right = made
    return values, left, ops.swapaxes(right, -1, -2)


def matvec(a: Any, b: Any) -> Any:
    """Multiply matrices with vectors."""
    return ops.squeeze(ops.matmul(a, ops.expand_dims(b, -1)), axis=-1)


def solve(matrix: Any, rhs: Any, adjoint: bool = False) -> Any:
    """Solve linear equations; `rhs` has the right-hand sides in columns."""
    return ops.solve(ops.swapaxes(matrix, -1, -2) if adjoint else matrix, rhs)


LINALG = {
    "cholesky": across(ops.cholesky, input="x"),
    "cross": across(ops.cross, a="x1", b="x2"),
    "det": across(ops.det, input="x"),
    "diag": across(lambda diagonal: torch.diag_embed(_to_tensor(diagonal))),
    "diag_part": across(lambda input: torch.diagonal(_to_tensor(input), dim1=-2, dim2=-1)),
    "eigh": across(ops.eigh, tensor="x"),
    "einsum": REST["einsum"],
    "eye": MAKING["eye"],
    "global_norm": across(global_norm),
    "inv": across(ops.inv, input="x"),
    "l2_normalize": MATH["l2_normalize"],
    "logdet": across(ops.logdet, matrix="x"),
    "matmul": REST["matmul"],
    "matrix_transpose": across(lambda a: ops.swapaxes(a, -1, -2)),
    "matvec": across(matvec),
    "norm": REST["norm"],
    "pinv": across(ops.pinv, a="x"),
    "qr": across(lambda input, full_matrices=False: ops.qr(input, mode="complete" if full_matrices else "reduced")),
    "slogdet": across(ops.slogdet, input="x"),
    "solve": across(solve),
    "svd": across(svd),
    "tensordot": REST["tensordot"],
    "trace": across(ops.trace),
}
