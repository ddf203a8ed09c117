"""Functions of one number: roots, exponentials, logarithms, rounding and signs."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_float, as_tensor, without_bool

op = operation("keras.src.ops.numpy")
math_op = operation("keras.src.ops.math")


@op
def abs(x: TensorLike) -> Tensor:
    """Compute the absolute value."""
    x = as_tensor(x)
    return x if x.dtype is torch.bool else torch.abs(x)


@op
def absolute(x: TensorLike) -> Tensor:
    """Compute the absolute value, as `abs` does."""
    x = as_tensor(x)
    return x if x.dtype is torch.bool else torch.abs(x)


@op
def fabs(x: TensorLike) -> Tensor:
    """Compute the absolute value as a float."""
    return torch.abs(as_float(x))


@op
def square(x: TensorLike) -> Tensor:
    """Compute `x²`."""
    return torch.square(without_bool(as_tensor(x)))


@op
def sqrt(x: TensorLike) -> Tensor:
    """Compute the square root."""
    return torch.sqrt(as_tensor(x))


@math_op
def rsqrt(x: TensorLike) -> Tensor:
    """Compute `1 / sqrt(x)`."""
    return torch.rsqrt(as_tensor(x))


@op
def cbrt(x: TensorLike) -> Tensor:
    """Compute the cube root; of negative numbers it is negative."""
    x = as_float(x)
    return torch.sign(x) * torch.abs(x) ** (1 / 3)


@op
def exp(x: TensorLike) -> Tensor:
    """Compute `e^x`."""
    return torch.exp(as_tensor(x))


@op
def exp2(x: TensorLike) -> Tensor:
    """Compute `2^x`."""
    return torch.exp2(as_tensor(x))


@op
def expm1(x: TensorLike) -> Tensor:
    """Compute `e^x - 1`, exact for small `x`."""
    return torch.expm1(as_tensor(x))


@op
def log(x: TensorLike) -> Tensor:
    """Compute the natural logarithm."""
    return torch.log(as_tensor(x))


@op
def log10(x: TensorLike) -> Tensor:
    """Compute the logarithm to base 10."""
    return torch.log10(as_tensor(x))


@op
def log1p(x: TensorLike) -> Tensor:
    """Compute `log(1 + x)`, exact for small `x`."""
    return torch.log1p(as_tensor(x))


@op
def log2(x: TensorLike) -> Tensor:
    """Compute the logarithm to base 2."""
    return torch.log2(as_tensor(x))


@op
def sign(x: TensorLike) -> Tensor:
    """Give -1, 0 or 1."""
    return torch.sign(as_tensor(x))


@op
def signbit(x: TensorLike) -> Tensor:
    """Say whether the sign bit is set: of negative numbers, and of -0.0."""
    return torch.signbit(as_tensor(x))


@op
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Round to so many decimals; halves go to the even neighbour.

    >>> round([0.5, 1.5, 2.26], 0).tolist()
    [0.0, 2.0, 2.0]
    """
    x = as_tensor(x)
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    return x if decimals >= 0 else torch.round(as_float(x), decimals=decimals).to(x.dtype)


@op
def floor(x: TensorLike) -> Tensor:
    """Round down; the result is a float."""
    return torch.floor(as_float(x))


@op
def ceil(x: TensorLike) -> Tensor:
    """Round up; the result is a float."""
    return torch.ceil(as_float(x))


@op
def trunc(x: TensorLike) -> Tensor:
    """Cut the fraction off."""
    x = as_tensor(x)
    return x if x.dtype is torch.bool else torch.trunc(x)


@op
def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace NaN, and infinities: by the greatest and least numbers of the dtype unless told otherwise."""
    return torch.nan_to_num(as_tensor(x), nan=nan, posinf=posinf, neginf=neginf)


@math_op
def erf(x: TensorLike) -> Tensor:
    """Compute the error function."""
    return torch.erf(as_tensor(x))


@math_op
def erfc(x: TensorLike) -> Tensor:
    """Compute `1 - erf(x)`."""
    return torch.erfc(as_tensor(x))


@math_op
def erfinv(x: TensorLike) -> Tensor:
    """Compute the inverse of the error function."""
    return torch.erfinv(as_tensor(x))


@op
def i0(x: TensorLike) -> Tensor:
    """Compute the modified Bessel function of the first kind and order 0."""
    return torch.i0(as_tensor(x))


@op
def copy(x: TensorLike) -> Tensor:
    """Copy the values to new memory."""
    return torch.clone(as_tensor(x))


@op
def real(x: TensorLike) -> Tensor:
    """Give the real part."""
    return torch.real(as_tensor(x))


@op
def imag(x: TensorLike) -> Tensor:
    """Give the imaginary part, which is 0 of real numbers."""
    x = as_tensor(x)
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


@op
def angle(x: TensorLike) -> Tensor:
    """Give the angle of complex numbers, in radians."""
    return torch.angle(as_tensor(x))


@op
def conj(x: TensorLike) -> Tensor:
    """Turn the sign of the imaginary part."""
    return torch.conj(as_tensor(x)).resolve_conj()


@op
def conjugate(x: TensorLike) -> Tensor:
    """Turn the sign of the imaginary part, as `conj` does."""
    return torch.conj(as_tensor(x)).resolve_conj()
