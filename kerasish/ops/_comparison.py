"""Comparisons, logic, and what a number is: finite, infinite, NaN."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, operands, two_tensors, without_bool

op = operation("keras.src.ops.numpy")


@op
def equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 == x2`."""
    x1, x2 = operands(x1, x2)
    return x1 == x2


@op
def not_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 != x2`."""
    x1, x2 = operands(x1, x2)
    return x1 != x2


@op
def less(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 < x2`."""
    x1, x2 = operands(x1, x2)
    return x1 < x2


@op
def less_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 <= x2`."""
    x1, x2 = operands(x1, x2)
    return x1 <= x2


@op
def greater(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 > x2`."""
    x1, x2 = operands(x1, x2)
    return x1 > x2


@op
def greater_equal(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where `x1 >= x2`."""
    x1, x2 = operands(x1, x2)
    return x1 >= x2


@op
def logical_and(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where both are true (not 0)."""
    return torch.logical_and(*two_tensors(x1, x2))


@op
def logical_or(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where either is true (not 0)."""
    return torch.logical_or(*two_tensors(x1, x2))


@op
def logical_xor(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Say where exactly one is true (not 0)."""
    return torch.logical_xor(*two_tensors(x1, x2))


@op
def logical_not(x: TensorLike) -> Tensor:
    """Say where it is false (0)."""
    return torch.logical_not(as_tensor(x))


@op
def isnan(x: TensorLike) -> Tensor:
    """Say where it is NaN."""
    return torch.isnan(as_tensor(x))


@op
def isinf(x: TensorLike) -> Tensor:
    """Say where it is infinite."""
    return torch.isinf(as_tensor(x))


@op
def isposinf(x: TensorLike) -> Tensor:
    """Say where it is +∞."""
    return torch.isposinf(as_tensor(x))


@op
def isneginf(x: TensorLike) -> Tensor:
    """Say where it is -∞."""
    return torch.isneginf(as_tensor(x))


@op
def isfinite(x: TensorLike) -> Tensor:
    """Say where it is neither infinite nor NaN."""
    return torch.isfinite(as_tensor(x))


@op
def isreal(x: TensorLike) -> Tensor:
    """Say where the imaginary part is 0."""
    return torch.isreal(as_tensor(x))


@op
def isclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Say where `|x1 - x2| <= atol + rtol * |x2|`."""
    x1, x2 = two_tensors(x1, x2)
    dtype = torch.promote_types(x1.dtype, x2.dtype)
    return torch.isclose(x1.to(dtype), x2.to(dtype), rtol=rtol, atol=atol, equal_nan=equal_nan)


@op
def allclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Say whether all pairs are close, as `isclose` means it; a tensor of one bool."""
    x1, x2 = two_tensors(x1, x2)
    dtype = torch.promote_types(x1.dtype, x2.dtype)
    return torch.isclose(x1.to(dtype), x2.to(dtype), rtol=rtol, atol=atol, equal_nan=equal_nan).all()


@op
def isin(x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Say which elements of `x1` are among those of `x2`."""
    x1, x2 = two_tensors(x1, x2)
    return torch.isin(without_bool(x1), without_bool(x2), assume_unique=assume_unique, invert=invert)
