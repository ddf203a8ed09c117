"""Arithmetic: what is computed element by element."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish import ops
from kerasish.core import KerasTensor, torch_dtype
from kerasish.tfjs._operations._edge import OPERATIONS, operation
from kerasish.tfjs._tensor import as_torch, methods

# What has one argument, and another name or none in torch.
for _name, _function in {
    "abs": torch.abs, "acos": torch.acos, "acosh": torch.acosh, "asin": torch.asin, "asinh": torch.asinh, "atan": torch.atan,
    "atanh": torch.atanh, "ceil": torch.ceil, "cos": torch.cos, "cosh": torch.cosh, "erf": torch.erf, "exp": torch.exp,
    "expm1": torch.expm1, "floor": torch.floor, "isFinite": torch.isfinite, "isInf": torch.isinf, "isNaN": torch.isnan,
    "log": torch.log, "log1p": torch.log1p, "logicalNot": torch.logical_not,
    "neg": torch.neg, "reciprocal": torch.reciprocal, "relu": torch.relu, "relu6": torch.nn.functional.relu6,
    "round": torch.round, "rsqrt": torch.rsqrt, "sigmoid": torch.sigmoid, "sign": torch.sign,
    "sin": torch.sin, "sinh": torch.sinh, "sqrt": torch.sqrt,
    "square": torch.square, "tan": torch.tan, "tanh": torch.tanh, "zerosLike": torch.zeros_like, "onesLike": torch.ones_like,
}.items():  # fmt: skip
    operation(_name)((lambda function: lambda x: function(x))(_function))


def floating(x: Plain) -> Plain:
    """Give numbers as float32 where they are whole or booleans."""
    return x if x.is_floating_point() or x.is_complex() else x.float()


for _name, _function in {
    "logSigmoid": torch.nn.functional.logsigmoid, "selu": torch.selu, "softplus": torch.nn.functional.softplus,
    "elu": torch.nn.functional.elu,
}.items():  # fmt: skip
    operation(_name)((lambda function: lambda x: function(floating(x)))(_function))
operation("clone", method=False, strings=True)(lambda x: torch.clone(x))


def _both(name: str, function: Callable, strings: bool = False) -> None:
    operation(name, 2, strings=strings)(lambda a, b: function(a, b))


for _name, _function in {
    "add": torch.add, "mul": torch.mul, "maximum": torch.maximum, "minimum": torch.minimum,
    "atan2": torch.atan2, "greater": torch.gt,
    "greaterEqual": torch.ge, "less": torch.lt, "lessEqual": torch.le, "logicalAnd": torch.logical_and,
    "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor, "bitwiseAnd": torch.bitwise_and,
}.items():  # fmt: skip
    _both(_name, _function)
_both("equal", torch.eq, strings=True)
_both("notEqual", torch.ne, strings=True)


def _alike(a: Plain, b: Plain) -> tuple[Plain, Plain]:
    kind = torch.promote_types(a.dtype, b.dtype)
    return a.to(kind), b.to(kind)


@operation("sub", 2)
def _sub(a: Plain, b: Plain) -> Plain:
    # Torch subtracts no booleans.
    return torch.sub(*(part.int() if part.dtype is torch.bool else part for part in (a, b)))


@operation("div", 2)
def _div(a: Plain, b: Plain) -> Plain:
    whole = not a.is_floating_point() and not b.is_floating_point()
    return torch.floor_divide(a, b) if whole and isinstance(a, Plain) else a / b


@operation("floorDiv", 2)
def _floor_div(a: Plain, b: Plain) -> Plain:
    return torch.floor_divide(a, b).to(torch.int32)


@operation("divNoNan", 2)
def _div_no_nan(a: Plain, b: Plain) -> Plain:
    if a.is_floating_point() or b.is_floating_point():
        return ops.divide_no_nan(a, b)
    return torch.where(b == 0, 0, torch.floor_divide(a, torch.where(b == 0, 1, b)))


@operation("mod", 2)
def _mod(a: Plain, b: Plain) -> Plain:
    return torch.remainder(a, b)


@operation("pow", 2)
def _pow(base: Plain, exp: Plain) -> Plain:
    return torch.pow(base, exp)


@operation("squaredDifference", 2)
def _squared_difference(a: Plain, b: Plain) -> Plain:
    return torch.square(_sub(a, b))


@operation("addN", 0, method=False)
def _add_n(tensors: Any) -> Plain:
    if not isinstance(tensors, (list, tuple)) or not tensors:
        raise ValueError(f"addN takes a list of tensors; received {tensors!r:.80}.")
    return functools.reduce(torch.add, map(as_torch, tensors))


@operation("clipByValue")
def _clip(x: Plain, clip_value_min: float, clip_value_max: float) -> Plain:
    return torch.clamp(x, clip_value_min, clip_value_max)


@operation("leakyRelu")
def _leaky_relu(x: Plain, alpha: float = 0.2) -> Plain:
    return torch.nn.functional.leaky_relu(floating(x), alpha)


@operation("prelu", 2)
def prelu(x: Plain, alpha: Plain) -> Plain:
    """Give x where it is not negative, and x · alpha elsewhere."""
    return torch.where(x >= 0, floating(x), floating(x * alpha))


@operation("step")
def _step(x: Plain, alpha: float = 0.0) -> Plain:
    return torch.where(torch.isnan(x), x, torch.where(x > 0, torch.ones_like(x), torch.full_like(x, alpha)))


@operation("where", 3, method=False, strings=True)
def _where(condition: Plain, a: Plain, b: Plain) -> Plain:
    if isinstance(a, KerasTensor) or isinstance(b, KerasTensor):
        return torch.where(condition.bool(), a, b)  # a symbol's dtype has a name only
    return torch.where(condition.bool(), *_alike(a, b))


methods["where"] = lambda self, condition, other: OPERATIONS["where"](condition, self, other)


@operation("cast")
def _cast(x: Plain, dtype: str) -> Plain:
    return as_torch(x, dtype)


for _name, _dtype in {"toFloat": "float32", "toInt": "int32", "toBool": "bool"}.items():
    # Methods only: TensorFlow.js has no such functions.
    operation(_name)((lambda dtype: lambda x: x.to(torch_dtype(dtype)))(_dtype))
    del OPERATIONS[_name]
methods["astype"] = lambda self, dtype: OPERATIONS["cast"](self, dtype)


@operation("real", method=False)
def _real(input: Plain) -> Plain:
    return torch.real(input)


@operation("imag", method=False)
def _imag(input: Plain) -> Plain:
    return torch.imag(input)


@operation("dropout", method=False)
def _dropout(x: Plain, rate: float, noise_shape: Any = None, seed: Any = None) -> Plain:
    if not 0 <= rate < 1:
        raise ValueError(f"`rate` must be from 0 to below 1; received {rate}.")
    generator = None if seed is None else torch.Generator(device=x.device).manual_seed(int(seed))
    kept = torch.rand(tuple(noise_shape or x.shape), generator=generator, device=x.device) >= rate
    return x * kept / (1 - rate)


@operation("movingAverage", 4, method=False)
def _moving_average(v: Plain, x: Plain, decay: Plain, step: Any = None, zero_debias: bool = True) -> Plain:
    if v.shape != x.shape or v.dtype is not x.dtype:
        raise ValueError(
            f"movingAverage takes `v` and `x` of one shape and dtype; "
            f"received {list(v.shape)} {v.dtype} and {list(x.shape)} {x.dtype}."
        )
    if zero_debias and step is None:
        raise ValueError("movingAverage needs `step` when `zeroDebias` is true; received None.")
    update = (x - v) * (1 - decay)
    return v + (update / (1 - decay**step) if zero_debias else update)
