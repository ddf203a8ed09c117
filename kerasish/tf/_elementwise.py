"""Elementwise functions: the library's own under TensorFlow's names, then those that only TensorFlow has."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kerasish import ops
from kerasish.core import is_symbolic
from kerasish.tf._calls import across, as_input, as_pair, crossing, named
from kerasish.tf._dtypes import real_dtype

_OF_X = (
    "abs acos:arccos acosh:arccosh asin:arcsin asinh:arcsinh atan:arctan atanh:arctanh ceil conj cos cosh erf erfc "
    "erfinv exp expm1 floor imag is_finite:isfinite is_inf:isinf is_nan:isnan log log1p log_sigmoid logical_not negative "
    "real reciprocal rint:round round rsqrt sigmoid sign sin sinh sqrt square tan tanh angle"
)
_OF_TWO = (
    "add atan2:arctan2 divide_no_nan equal floordiv:floor_divide floormod:mod greater greater_equal less less_equal "
    "logical_and logical_or logical_xor maximum minimum mod multiply nextafter not_equal pow:power subtract"
)


def divide(x: Any, y: Any) -> Any:
    """Divide; whole numbers give float64."""
    x, y = as_input(x), as_input(y)
    if all(not is_symbolic(part) and not part.is_floating_point() and not part.is_complex() for part in (x, y)):
        x = x.double()
    return ops.divide(x, y)


def truncatediv(x: Any, y: Any) -> Any:
    """Divide, and cut off the fraction."""
    return torch.div(*as_pair(x, y), rounding_mode="trunc")


def truncatemod(x: Any, y: Any) -> Any:
    """Give what is left after a division whose fraction is cut off: it has the sign of `x`."""
    return torch.fmod(*as_pair(x, y))


def scalar_mul(scalar: Any, x: Any) -> Any:
    """Multiply by a number."""
    return ops.multiply(scalar, x)


def add_n(inputs: Sequence[Any]) -> Any:
    """Add several tensors of one shape."""
    total = inputs[0]
    for part in inputs[1:]:
        total = ops.add(total, part)
    return total


def squared_difference(x: Any, y: Any) -> Any:
    """Give the square of the difference."""
    return ops.square(ops.subtract(x, y))


def multiply_no_nan(x: Any, y: Any) -> Any:
    """Multiply; where `y` is 0 the product is 0, whatever `x` is."""
    x, y = as_pair(x, y)
    return torch.where(y == 0, torch.zeros_like(x * y), x * y)


def reciprocal_no_nan(x: Any) -> Any:
    """Give 1 / x, and 0 for 0."""
    return ops.divide_no_nan(ops.ones_like(x), x)


def xlogy(x: Any, y: Any) -> Any:
    """Give x · log(y), and 0 where `x` is 0."""
    return torch.special.xlogy(*as_pair(x, y))


def xlog1py(x: Any, y: Any) -> Any:
    """Give x · log(1 + y), and 0 where `x` is 0."""
    return torch.special.xlog1py(*as_pair(x, y))


def xdivy(x: Any, y: Any) -> Any:
    """Give x / y, and 0 where `x` is 0."""
    x, y = as_pair(x, y)
    return torch.where(x == 0, torch.zeros_like(x / y), x / y)


def lgamma(x: Any) -> Any:
    """Give the logarithm of the absolute value of the gamma function."""
    return torch.lgamma(as_input(x))


def digamma(x: Any) -> Any:
    """Give the derivative of `lgamma`."""
    return torch.digamma(as_input(x))


def polygamma(a: Any, x: Any) -> Any:
    """Give the derivative of order `a`, a whole number, of the digamma function."""
    return torch.polygamma(int(a), as_input(x))


def zeta(x: Any, q: Any) -> Any:
    """Give the Hurwitz zeta function."""
    return torch.special.zeta(*as_pair(x, q))


def igamma(a: Any, x: Any) -> Any:
    """Give the lower regularized incomplete gamma function."""
    return torch.special.gammainc(*as_pair(a, x))


def igammac(a: Any, x: Any) -> Any:
    """Give the upper regularized incomplete gamma function."""
    return torch.special.gammaincc(*as_pair(a, x))


def lbeta(x: Any) -> Any:
    """Give the logarithm of the beta function along the last axis."""
    x = as_input(x)
    return torch.lgamma(x).sum(-1) - torch.lgamma(x.sum(-1))


def ndtri(x: Any) -> Any:
    """Give the number below which the normal distribution has the share `x`."""
    return torch.special.ndtri(as_input(x))


def erfcinv(x: Any) -> Any:
    """Give the inverse of `erfc`."""
    return -torch.special.ndtri(as_input(x) / 2) / 2**0.5


def bessel_i0(x: Any) -> Any:
    """Give the modified Bessel function of order 0."""
    return torch.special.i0(as_input(x))


def bessel_i0e(x: Any) -> Any:
    """Give `bessel_i0` times exp(-|x|)."""
    return torch.special.i0e(as_input(x))


def bessel_i1(x: Any) -> Any:
    """Give the modified Bessel function of order 1."""
    return torch.special.i1(as_input(x))


def bessel_i1e(x: Any) -> Any:
    """Give `bessel_i1` times exp(-|x|)."""
    return torch.special.i1e(as_input(x))


def polyval(coeffs: Sequence[Any], x: Any) -> Any:
    """Give the polynomial with these coefficients, that of the highest power first."""
    total = ops.zeros_like(x)
    for factor in coeffs:
        total = total * x + factor
    return total


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    """Keep numbers between two bounds."""
    return ops.clip(t, clip_value_min, clip_value_max)


def saturate_cast(value: Any, dtype: Any) -> Any:
    """Convert to a dtype; numbers out of its range become its least or greatest."""
    return ops.saturate_cast(value, real_dtype(dtype))


ELEMENTWISE: dict[str, Callable] = named(ops, _OF_X) | named(ops, _OF_TWO, x="x1", y="x2")
ELEMENTWISE |= {"softplus": across(ops.softplus, features="x"), "softsign": across(ops.softsign, features="x")}
ELEMENTWISE |= crossing(divide, truncatediv, truncatemod, scalar_mul, add_n, squared_difference, multiply_no_nan)
ELEMENTWISE |= crossing(reciprocal_no_nan, xlogy, xlog1py, xdivy, lgamma, digamma, polygamma, zeta, igamma, igammac, lbeta, ndtri)
ELEMENTWISE |= crossing(erfcinv, bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, polyval, clip_by_value, saturate_cast)
ELEMENTWISE |= {"truediv": ELEMENTWISE["divide"], "realdiv": ELEMENTWISE["divide"], "accumulate_n": ELEMENTWISE["add_n"]}

BITWISE: dict[str, Callable] = named(ops, "invert:bitwise_not")
BITWISE |= named(ops, "bitwise_and bitwise_or bitwise_xor left_shift right_shift", x="x1", y="x2")
