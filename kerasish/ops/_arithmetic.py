"""Arithmetic on two operands: sums, products, quotients, powers, the greater and the lesser."""

from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import NUMBERS, TensorLike, as_float, as_tensor, operands, two_floats, two_tensors, without_bool

op = operation("keras.src.ops.numpy")


@op
def add(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 + x2`.

    >>> add([1, 2], 0.5).tolist()
    [1.5, 2.5]
    """
    x1, x2 = operands(x1, x2)
    return x1 + x2


@op
def subtract(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 - x2`."""
    x1, x2 = operands(x1, x2)
    if isinstance(x1, Tensor) and x1.dtype is torch.bool:
        x1 = x1.to(x2.dtype) if isinstance(x2, Tensor) and x2.dtype is not torch.bool else x1.to(torch.int32)
    if isinstance(x2, Tensor) and x2.dtype is torch.bool:
        x2 = x2.to(x1.dtype) if isinstance(x1, Tensor) else x2.to(torch.int32)
    return x1 - x2


@op
def multiply(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 * x2`."""
    x1, x2 = operands(x1, x2)
    return x1 * x2


@op
def divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 / x2`; of integers this is a float.

    >>> divide([3, 4], 2).tolist()
    [1.5, 2.0]
    """
    x1, x2 = operands(x1, x2)
    return x1 / x2


@op
def true_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 / x2`, as `divide` does."""
    x1, x2 = operands(x1, x2)
    return x1 / x2


@op
def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 / x2`, and 0 where `x2` is 0; no gradient passes there.

    >>> divide_no_nan([1.0, 1.0], [2.0, 0.0]).tolist()
    [0.5, 0.0]
    """
    x1, x2 = two_tensors(x1, x2)
    zero = x2 == 0
    return torch.where(zero, 0, x1 / torch.where(zero, 1, x2))


@op
def floor_divide(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 / x2` rounded down."""
    x1, x2 = operands(x1, x2)
    return x1 // x2


@op
def mod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the remainder of `x1 / x2`, which has the sign of `x2`."""
    return torch.remainder(*_countable(*operands(x1, x2)))


@op
def fmod(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the remainder of `x1 / x2`, which has the sign of `x1`."""
    return torch.fmod(*_countable(*two_tensors(x1, x2)))


def _countable(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Make integers of bools; beside a tensor of another dtype they take that one."""
    if isinstance(x1, Tensor) and isinstance(x2, Tensor) and x1.dtype is not x2.dtype:
        return x1, x2
    return without_bool(x1), without_bool(x2)


@op
def power(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Raise `x1` to the power `x2`."""
    x1, x2 = operands(x1, x2)
    return x1**x2


@op
def negative(x: TensorLike) -> Tensor:
    """Compute `-x`."""
    return -as_tensor(x)


@op
def reciprocal(x: TensorLike) -> Tensor:
    """Compute `1 / x`."""
    return torch.reciprocal(as_tensor(x))


@op
def maximum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Take the greater of each pair; NaN if either is.

    >>> maximum([1.0, -1.0], 0).tolist()
    [1.0, 0.0]
    """
    x1, x2 = operands(x1, x2)
    if isinstance(x1, NUMBERS):
        x1, x2 = x2, x1
    if isinstance(x2, NUMBERS) and x1.dtype is not torch.bool:
        return torch.clamp(x1, min=x2)  # type: ignore[call-overload]
    return torch.maximum(*two_tensors(x1, x2))


@op
def minimum(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Take the lesser of each pair; NaN if either is."""
    x1, x2 = operands(x1, x2)
    if isinstance(x1, NUMBERS):
        x1, x2 = x2, x1
    if isinstance(x2, NUMBERS) and x1.dtype is not torch.bool:
        return torch.clamp(x1, max=x2)  # type: ignore[call-overload]
    return torch.minimum(*two_tensors(x1, x2))


@op
def fmax(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Take the greater of each pair; the other one where one is NaN."""
    return torch.fmax(*two_tensors(x1, x2))


@op
def fmin(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Take the lesser of each pair; the other one where one is NaN."""
    return torch.fmin(*two_tensors(x1, x2))


@op
def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Tensor:
    """Raise what lies below `x_min` to it, and lower what lies above `x_max` to that.

    >>> clip([-2.0, 0.5, 9.0], 0, 1).tolist()
    [0.0, 0.5, 1.0]
    """
    x = without_bool(as_tensor(x))
    if isinstance(x_min, NUMBERS) and isinstance(x_max, NUMBERS):
        return torch.clamp(x, x_min, x_max)  # type: ignore[call-overload]
    return torch.clamp(x, two_tensors(x, x_min)[1], two_tensors(x, x_max)[1])


@op
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the angle of the point (x2, x1), in radians."""
    return torch.arctan2(*two_tensors(x1, x2))


@op
def hypot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `sqrt(x1² + x2²)`."""
    return torch.hypot(*two_floats(x1, x2))


@op
def logaddexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `log(exp(x1) + exp(x2))` without overflow."""
    return torch.logaddexp(*two_floats(x1, x2))


@op
def logaddexp2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `log2(2^x1 + 2^x2)` without overflow."""
    return torch.logaddexp2(*two_floats(x1, x2))


@op
def heaviside(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Give 0 where `x1` is negative, 1 where it is positive, and `x2` where it is 0."""
    return torch.heaviside(*two_floats(x1, x2))


@op
def ldexp(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute `x1 * 2^x2`, with integers `x2`."""
    x1, x2 = two_tensors(x1, x2)
    if x2.is_floating_point():
        raise TypeError(f"`x2` must be of an integer dtype; received {x2.dtype}.")
    return torch.ldexp(as_float(x1), x2)


@op
def nextafter(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Give the next number that `x1`'s float dtype has on the way to `x2`."""
    return torch.nextafter(*two_floats(x1, x2))


@op
def gcd(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the greatest common divisor of integers."""
    return torch.gcd(*two_tensors(x1, x2))


@op
def lcm(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the least common multiple of integers."""
    return torch.lcm(*two_tensors(x1, x2))
