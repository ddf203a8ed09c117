"""Operations: TensorFlow.js's functions on tensors, under its names, computed by `kerasish.ops` and torch."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish._base._names import fold
from kerasish.core import is_float, standardize_dtype, torch_dtype
from kerasish.tfjs._options import parameters_of, spelled
from kerasish.tfjs._tensor import as_torch, methods, unwrapped, wrapped

OPERATIONS: dict[str, Callable] = {}


def at_edge(name: str, function: Callable, tensors: int) -> Callable:
    """Make a function on torch's tensors one on Tensors, whose first arguments may also be numbers and lists.

    Args:
        name: TensorFlow.js's name.
        function: takes torch's tensors.
        tensors: how many arguments are tensors, whatever they were given as.
    """
    names = parameters_of(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = spelled(f"tf.{name}", kwargs, names)
            kwargs = {k: as_torch(v) if k in names[:tensors] and v is not None else unwrapped(v) for k, v in kwargs.items()}
        made = [as_torch(arg) if i < tensors and arg is not None else unwrapped(arg) for i, arg in enumerate(args)]
        return wrapped(function(*made, **kwargs))

    call.__name__ = name
    call.__doc__ = function.__doc__ or f"TensorFlow.js's {name}({', '.join(names)}), on Tensors."
    return call


def operation(name: str, tensors: int = 1, method: bool = True) -> Callable:
    """Decorate a function that computes a TensorFlow.js operation on torch's tensors."""

    def enter(function: Callable) -> Callable:
        made = at_edge(name, function, tensors)
        OPERATIONS[name] = made
        if method:
            methods[fold(name)] = made
        return function

    return enter


# Element by element. What has one argument, and another name or none in torch.

for _name, _function in {
    "abs": torch.abs, "acos": torch.acos, "acosh": torch.acosh, "asin": torch.asin, "asinh": torch.asinh, "atan": torch.atan,
    "atanh": torch.atanh, "ceil": torch.ceil, "cos": torch.cos, "cosh": torch.cosh, "erf": torch.erf, "exp": torch.exp,
    "expm1": torch.expm1, "floor": torch.floor, "isFinite": torch.isfinite, "isInf": torch.isinf, "isNaN": torch.isnan,
    "log": torch.log, "log1p": torch.log1p, "logSigmoid": torch.nn.functional.logsigmoid, "logicalNot": torch.logical_not,
    "neg": torch.neg, "reciprocal": torch.reciprocal, "relu": torch.relu, "relu6": torch.nn.functional.relu6,
    "round": torch.round, "rsqrt": torch.rsqrt, "selu": torch.selu, "sigmoid": torch.sigmoid, "sign": torch.sign,
    "sin": torch.sin, "sinh": torch.sinh, "softplus": torch.nn.functional.softplus, "sqrt": torch.sqrt,
    "square": torch.square, "tan": torch.tan, "tanh": torch.tanh, "zerosLike": torch.zeros_like, "onesLike": torch.ones_like,
    "clone": torch.clone,
}.items():  # fmt: skip
    operation(_name, method=_name != "clone")((lambda function: lambda x: function(x))(_function))


def _both(name: str, function: Callable) -> None:
    operation(name, 2)(lambda a, b: function(a, b))


for _name, _function in {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "maximum": torch.maximum, "minimum": torch.minimum,
    "atan2": torch.atan2, "equal": torch.eq, "notEqual": torch.ne, "greater": torch.gt,
    "greaterEqual": torch.ge, "less": torch.lt, "lessEqual": torch.le, "logicalAnd": torch.logical_and,
    "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor, "bitwiseAnd": torch.bitwise_and,
}.items():  # fmt: skip
    _both(_name, _function)


def _alike(a: Plain, b: Plain) -> tuple[Plain, Plain]:
    kind = torch.promote_types(a.dtype, b.dtype)
    return a.to(kind), b.to(kind)


@operation("div", 2)
def _div(a: Plain, b: Plain) -> Plain:
    whole = not a.is_floating_point() and not b.is_floating_point()
    return torch.floor_divide(a, b) if whole and isinstance(a, Plain) else a / b


@operation("floorDiv", 2)
def _floor_div(a: Plain, b: Plain) -> Plain:
    return torch.floor_divide(a, b).to(torch.int32)


@operation("divNoNan", 2)
def _div_no_nan(a: Plain, b: Plain) -> Plain:
    return ops.divide_no_nan(a, b)


@operation("mod", 2)
def _mod(a: Plain, b: Plain) -> Plain:
    return torch.remainder(a, b)


@operation("pow", 2)
def _pow(base: Plain, exp: Plain) -> Plain:
    return torch.pow(base, exp)


@operation("squaredDifference", 2)
def _squared_difference(a: Plain, b: Plain) -> Plain:
    return torch.square(a - b)


@operation("addN", 0, method=False)
def _add_n(tensors: Any) -> Plain:
    if not isinstance(tensors, (list, tuple)) or not tensors:
        raise ValueError(f"addN takes a list of tensors; received {tensors!r:.80}.")
    return functools.reduce(torch.add, map(as_torch, tensors))


@operation("clipByValue")
def _clip(x: Plain, clip_value_min: float, clip_value_max: float) -> Plain:
    return torch.clamp(x, clip_value_min, clip_value_max)


@operation("elu")
def _elu(x: Plain) -> Plain:
    return torch.nn.functional.elu(x)


@operation("leakyRelu")
def _leaky_relu(x: Plain, alpha: float = 0.2) -> Plain:
    return torch.nn.functional.leaky_relu(x, alpha)


@operation("prelu", 2)
def _prelu(x: Plain, alpha: Plain) -> Plain:
    return torch.where(x >= 0, x, x * alpha)


@operation("step")
def _step(x: Plain, alpha: float = 0.0) -> Plain:
    return torch.where(torch.isnan(x), x, torch.where(x > 0, torch.ones_like(x), torch.full_like(x, alpha)))


@operation("where", 3, method=False)
def _where(condition: Plain, a: Plain, b: Plain) -> Plain:
    return torch.where(condition.bool(), *_alike(a, b))


methods["where"] = lambda self, condition, other: OPERATIONS["where"](condition, self, other)


@operation("cast")
def _cast(x: Plain, dtype: str) -> Plain:
    return as_torch(x, dtype)


for _name, _dtype in {"toFloat": "float32", "toInt": "int32", "toBool": "bool"}.items():
    operation(_name)((lambda dtype: lambda x: x.to(torch_dtype(dtype)))(_dtype))


@operation("real", method=False)
def _real(input: Plain) -> Plain:
    return torch.real(input)


@operation("imag", method=False)
def _imag(input: Plain) -> Plain:
    return torch.imag(input)


# Along axes.


def _axes(x: Plain, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _reduced(name: str, function: Callable) -> None:
    def reduce(x: Plain, axis: Any = None, keep_dims: bool = False) -> Plain:
        axes = _axes(x, axis)
        return function(x, axes, keep_dims) if axes else x

    operation(name)(reduce)


def _product(x: Plain, axes: tuple[int, ...], keep: bool) -> Plain:
    return ops.prod(x, axis=axes, keepdims=keep)


def _float(x: Plain) -> Plain:
    return x if is_float(standardize_dtype(x.dtype)) else x.float()


_reduced("sum", lambda x, axes, keep: torch.sum(x, axes, keepdim=keep))
_reduced("mean", lambda x, axes, keep: torch.mean(_float(x), axes, keepdim=keep))
_reduced("max", lambda x, axes, keep: torch.amax(x, axes, keepdim=keep))
_reduced("min", lambda x, axes, keep: torch.amin(x, axes, keepdim=keep))
_reduced("prod", _product)
_reduced("logSumExp", lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep))
_reduced("all", lambda x, axes, keep: ops.all(x, axis=axes, keepdims=keep))
_reduced("any", lambda x, axes, keep: ops.any(x, axis=axes, keepdims=keep))


@operation("argMax")
def _arg_max(x: Plain, axis: int = 0) -> Plain:
    return torch.argmax(x, dim=axis)


@operation("argMin")
def _arg_min(x: Plain, axis: int = 0) -> Plain:
    return torch.argmin(x, dim=axis)


@operation("moments", method=False)
def _moments(x: Plain, axis: Any = None, keep_dims: bool = False) -> dict[str, Plain]:
    axes = _axes(x, axis)
    mean = torch.mean(_float(x), axes, keepdim=True)
    variance = torch.mean(torch.square(x - mean), axes, keepdim=keep_dims)
    return {"mean": mean if keep_dims else torch.mean(_float(x), axes), "variance": variance}


@operation("norm")
def _norm(x: Plain, ord: Any = "euclidean", axis: Any = None, keep_dims: bool = False) -> Plain:
    order: Any = {"euclidean": None, "fro": "fro"}.get(ord, ord)
    if axis is None and order in (None, "fro"):
        made = torch.linalg.vector_norm(x)
        return made.reshape((1,) * x.ndim) if keep_dims else made
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    return torch.linalg.norm(x, order, axes, keepdim=keep_dims)


@operation("euclideanNorm")
def _euclidean_norm(x: Plain, axis: Any = None, keep_dims: bool = False) -> Plain:
    return torch.linalg.vector_norm(x, dim=_axes(x, axis), keepdim=keep_dims)


def _cumulated(x: Plain, axis: int, exclusive: bool, reverse: bool, function: Callable, first: float) -> Plain:
    x = x.flip(axis) if reverse else x
    if exclusive:
        head = torch.full_like(x.narrow(axis, 0, 1), first)
        x = torch.cat([head, x.narrow(axis, 0, x.shape[axis] - 1)], dim=axis)
    made = function(x, dim=axis)
    return made.flip(axis) if reverse else made


@operation("cumsum")
def _cumsum(x: Plain, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Plain:
    return _cumulated(x, axis, exclusive, reverse, torch.cumsum, 0)


@operation("cumprod")
def _cumprod(x: Plain, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Plain:
    return _cumulated(x, axis, exclusive, reverse, torch.cumprod, 1)


@operation("softmax")
def _softmax(logits: Plain, dim: int = -1) -> Plain:
    return torch.softmax(logits, dim=dim)


@operation("logSoftmax")
def _log_softmax(logits: Plain, axis: int = -1) -> Plain:
    return torch.log_softmax(logits, dim=axis)


@operation("topk")
def _topk(x: Plain, k: int = 1, sorted: bool = True) -> dict[str, Plain]:
    values, indices = torch.topk(x, k, sorted=sorted)
    return {"values": values, "indices": indices}


@operation("unique")
def _unique(x: Plain, axis: int = 0) -> dict[str, Plain]:
    # In the order in which they first come, and not sorted as torch gives them.
    values, inverse = torch.unique(x, dim=axis, return_inverse=True)
    count = values.shape[axis]
    places = torch.arange(inverse.numel(), device=x.device)
    first = torch.full((count,), inverse.numel(), device=x.device).scatter_reduce(0, inverse, places, "amin")
    order = torch.argsort(first)
    return {"values": values.index_select(axis, order), "indices": torch.argsort(order)[inverse]}


@operation("inTopKAsync", 2, method=False)
def _in_top_k(predictions: Plain, targets: Plain, k: int = 1) -> Plain:
    return ops.in_top_k(targets.int(), predictions, k)


@operation("bincount", 2, method=False)
def _bincount(x: Plain, weights: Plain, size: int) -> Plain:
    weighed = weights if weights.numel() else None
    return torch.bincount(x.long().reshape(-1), weighed, minlength=size)[:size]


@operation("searchSorted", 2, method=False)
def _search_sorted(sorted_sequence: Plain, values: Plain, side: str = "left") -> Plain:
    return torch.searchsorted(sorted_sequence.contiguous(), values.contiguous(), right=side == "right")


@operation("lowerBound", 2, method=False)
def _lower_bound(sorted_sequence: Plain, values: Plain) -> Plain:
    return _search_sorted(sorted_sequence, values)


@operation("upperBound", 2, method=False)
def _upper_bound(sorted_sequence: Plain, values: Plain) -> Plain:
    return _search_sorted(sorted_sequence, values, "right")


# Products.


@operation("matMul", 2)
def _mat_mul(a: Plain, b: Plain, transpose_a: bool = False, transpose_b: bool = False) -> Plain:
    return torch.matmul(a.mT if transpose_a else a, b.mT if transpose_b else b)


@operation("dot", 2)
def _dot(t1: Plain, t2: Plain) -> Plain:
    return torch.matmul(t1, t2)


@operation("outerProduct", 2, method=False)
def _outer_product(v1: Plain, v2: Plain) -> Plain:
    return torch.outer(v1, v2)


def _einsum(equation: str, *tensors: Any) -> Any:
    return wrapped(torch.einsum(equation, *map(as_torch, tensors)))


OPERATIONS["einsum"] = _einsum


# Shapes.


@operation("reshape")
def _reshape(x: Plain, shape: Any) -> Plain:
    return torch.reshape(x, tuple(shape))


@operation("reshapeAs", 2)
def _reshape_as(x: Plain, other: Plain) -> Plain:
    return torch.reshape(x, other.shape)


def _as_rank(rank: int) -> None:
    def reshape(self: Any, *sizes: int) -> Any:
        if len(sizes) != rank:
            raise ValueError(f"as{rank}D takes {rank} sizes; received {sizes}.")
        return wrapped(as_torch(self).reshape(sizes))

    methods[f"as{rank}d"] = reshape


for _rank in (2, 3, 4, 5):
    _as_rank(_rank)
methods["as1d"] = lambda self: wrapped(as_torch(self).reshape(-1))
methods["asscalar"] = lambda self: wrapped(as_torch(self).reshape(()))
methods["astype"] = lambda self, dtype: OPERATIONS["cast"](self, dtype)
methods["flatten"] = methods["as1d"]


@operation("expandDims")
def _expand_dims(x: Plain, axis: int = 0) -> Plain:
    return torch.unsqueeze(x, axis)


@operation("squeeze")
def _squeeze(x: Plain, axis: Any = None) -> Plain:
    if axis is None:
        return torch.squeeze(x)
    axes = _axes(x, axis)
    wrong = [place for place in axes if x.shape[place] != 1]
    if wrong:
        raise ValueError(f"`axis` must name axes of size 1; axis {wrong[0]} of shape {list(x.shape)} has {x.shape[wrong[0]]}.")
    return torch.squeeze(x, axes)


@operation("transpose")
def _transpose(x: Plain, perm: Any = None, conjugate: bool = False) -> Plain:
    order = tuple(reversed(range(x.ndim))) if perm is None else tuple(perm)
    made = torch.permute(x, order)
    return torch.conj(made).resolve_conj() if conjugate else made


@operation("reverse")
def _reverse(x: Plain, axis: Any = None) -> Plain:
    return torch.flip(x, _axes(x, axis))


@operation("tile")
def _tile(x: Plain, reps: Any) -> Plain:
    return torch.tile(x, tuple(reps))


@operation("broadcastTo")
def _broadcast_to(x: Plain, shape: Any) -> Plain:
    return torch.broadcast_to(x, tuple(shape))


@operation("pad")
def _pad(x: Plain, paddings: Any, constant_value: float = 0) -> Plain:
    return ops.pad(x, [tuple(pair) for pair in paddings], constant_values=constant_value)


@operation("mirrorPad")
def _mirror_pad(x: Plain, paddings: Any, mode: str) -> Plain:
    return ops.pad(x, [tuple(pair) for pair in paddings], mode=mode)


def _concat(tensors: Any, axis: int = 0) -> Any:
    return wrapped(torch.cat([as_torch(part) for part in tensors], dim=axis))


def _stack(tensors: Any, axis: int = 0) -> Any:
    return wrapped(torch.stack([as_torch(part) for part in tensors], dim=axis))


def _listed(x: Any) -> list:
    return list(x) if isinstance(x, (list, tuple)) else [x]


OPERATIONS.update(concat=_concat, stack=_stack)
methods["concat"] = lambda self, x, axis=0: _concat([self, *_listed(x)], axis)
methods["stack"] = lambda self, x, axis=0: _stack([self, *_listed(x)], axis)


@operation("unstack")
def _unstack(x: Plain, axis: int = 0) -> list[Plain]:
    return list(torch.unbind(x, axis))


@operation("split")
def _split(x: Plain, num_or_size_splits: Any, axis: int = 0) -> list[Plain]:
    if isinstance(num_or_size_splits, int):
        if x.shape[axis] % num_or_size_splits:
            raise ValueError(f"`num_or_size_splits` must divide axis {axis} of {list(x.shape)}; received {num_or_size_splits}.")
        return list(torch.split(x, x.shape[axis] // num_or_size_splits, axis))
    sizes = list(num_or_size_splits)
    if -1 in sizes:
        sizes[sizes.index(-1)] = x.shape[axis] - sum(size for size in sizes if size != -1)
    return list(torch.split(x, sizes, axis))


@operation("slice")
def _slice(x: Plain, begin: Any, size: Any = None) -> Plain:
    begins = [begin] if isinstance(begin, int) else list(begin)
    sizes = [] if size is None else [size] if isinstance(size, int) else list(size)
    cut = []
    for axis, first in enumerate(begins):
        length = sizes[axis] if axis < len(sizes) else -1
        last = x.shape[axis] if length == -1 else first + length
        if not 0 <= first <= last <= x.shape[axis]:
            raise ValueError(f"A slice from {begins} of size {sizes or 'the rest'} does not lie in shape {list(x.shape)}.")
        cut.append(slice(first, last))
    return x[tuple(cut)]


@operation("gather", 2)
def _gather(x: Plain, indices: Plain, axis: int = 0, batch_dims: int = 0) -> Plain:
    if batch_dims:
        raise ValueError(f"`batch_dims` must be 0; received {batch_dims}. Gather from each batch in turn.")
    flat = torch.index_select(x, axis, indices.long().reshape(-1))
    axis = axis % x.ndim
    return flat.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])


@operation("gatherND", 2, method=False)
def _gather_nd(x: Plain, indices: Plain) -> Plain:
    return x[tuple(indices.long().unbind(-1))]


@operation("scatterND", 2, method=False)
def _scatter_nd(indices: Plain, updates: Plain, shape: Any) -> Plain:
    made = torch.zeros(tuple(shape), dtype=updates.dtype, device=updates.device)
    return made.index_put(tuple(indices.long().unbind(-1)), updates, accumulate=True)


@operation("tensorScatterUpdate", 3, method=False)
def _tensor_scatter_update(tensor: Plain, indices: Plain, updates: Plain) -> Plain:
    return tensor.index_put(tuple(indices.long().unbind(-1)), updates.to(tensor.dtype))


@operation("unsortedSegmentSum", 2)
def _unsorted_segment_sum(x: Plain, segment_ids: Plain, num_segments: int) -> Plain:
    return ops.segment_sum(x, segment_ids, num_segments=num_segments)


@operation("diag", method=False)
def _diag(x: Plain) -> Plain:
    return torch.diag_embed(x.reshape(-1)).reshape(*x.shape, *x.shape)


@operation("booleanMaskAsync", 2, method=False)
def _boolean_mask(tensor: Plain, mask: Plain, axis: int = 0) -> Plain:
    before = tensor.shape[:axis]
    flat = tensor.reshape(*before, -1, *tensor.shape[axis + mask.dim() :])
    return flat.index_select(axis, torch.nonzero(mask.reshape(-1)).reshape(-1))


@operation("whereAsync", method=False)
def _where_async(condition: Plain) -> Plain:
    return torch.nonzero(condition)


def _meshgrid(x: Any = None, y: Any = None, indexing: str = "xy") -> Any:
    parts = [as_torch(part) for part in (x, y) if part is not None]
    return wrapped(list(torch.meshgrid(*parts, indexing=indexing))) if parts else []


OPERATIONS["meshgrid"] = _meshgrid


@operation("confusionMatrix", 2, method=False)
def _confusion_matrix(labels: Plain, predictions: Plain, num_classes: int) -> Plain:
    places = labels.long() * num_classes + predictions.long()
    return torch.bincount(places, minlength=num_classes**2).reshape(num_classes, num_classes)


for _name in ("fft", "ifft"):
    operation(_name)((lambda function: lambda input: function(input))(getattr(torch.fft, _name)))


@operation("rfft")
def _rfft(input: Plain, fft_length: int | None = None) -> Plain:
    return torch.fft.rfft(input, fft_length)


@operation("irfft")
def _irfft(input: Plain) -> Plain:
    return torch.fft.irfft(input)


@operation("dropout", method=False)
def _dropout(x: Plain, rate: float, noise_shape: Any = None, seed: Any = None) -> Plain:
    if not 0 <= rate < 1:
        raise ValueError(f"`rate` must be from 0 to below 1; received {rate}.")
    generator = None if seed is None else torch.Generator(device=x.device).manual_seed(int(seed))
    kept = torch.rand(tuple(noise_shape or x.shape), generator=generator, device=x.device) >= rate
    return x * kept / (1 - rate)


@operation("ensureShape", method=False)
def _ensure_shape(x: Plain, shape: Any) -> Plain:
    if len(shape) != x.dim() or any(want not in (None, have) for want, have in zip(shape, x.shape)):
        raise ValueError(f"A tensor of shape {list(shape)} was expected; received {list(x.shape)}.")
    return x


@operation("stridedSlice")
def _strided_slice(x: Plain, begin: Any, end: Any, strides: Any = None) -> Plain:
    steps = [1] * len(begin) if strides is None else list(strides)
    made = x
    for axis, (first, last, step) in enumerate(zip(begin, end, steps)):
        places = list(range(x.shape[axis]))[first:last:step]
        made = made.index_select(axis, torch.tensor(places, dtype=torch.long, device=x.device))
    return made


@operation("sparseToDense", 0, method=False)
def _sparse_to_dense(sparse_indices: Any, sparse_values: Any, output_shape: Any, default_value: Any = 0) -> Plain:
    places, values = as_torch(sparse_indices).long(), as_torch(sparse_values)
    made = torch.full(tuple(output_shape), float(default_value), device=values.device).to(values.dtype)
    places = places.reshape(-1, 1) if places.dim() < 2 else places
    return made.index_put(tuple(places.unbind(-1)), values)


@operation("setdiff1dAsync", 2, method=False)
def _setdiff(x: Plain, y: Plain) -> list[Plain]:
    places = torch.nonzero(~torch.isin(x, y)).reshape(-1)
    return [x[places], places]


# TensorFlow.js's names for one number of axes.
OPERATIONS["denseBincount"] = OPERATIONS["bincount"]
for _rank in (1, 2, 3, 4):
    OPERATIONS.update({f"{_name}{_rank}d": OPERATIONS[_name] for _name in ("concat", "slice", "reverse")})
