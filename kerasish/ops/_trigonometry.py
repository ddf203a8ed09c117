"""Trigonometry: circular and hyperbolic functions, and angles."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor

op = operation("keras.src.ops.numpy")


@op
def sin(x: TensorLike) -> Tensor:
    """Compute the sine."""
    return torch.sin(as_tensor(x))


@op
def cos(x: TensorLike) -> Tensor:
    """Compute the cosine."""
    return torch.cos(as_tensor(x))


@op
def tan(x: TensorLike) -> Tensor:
    """Compute the tangent."""
    return torch.tan(as_tensor(x))


@op
def arcsin(x: TensorLike) -> Tensor:
    """Compute the inverse sine."""
    return torch.arcsin(as_tensor(x))


@op
def arccos(x: TensorLike) -> Tensor:
    """Compute the inverse cosine."""
    return torch.arccos(as_tensor(x))


@op
def arctan(x: TensorLike) -> Tensor:
    """Compute the inverse tangent."""
    return torch.arctan(as_tensor(x))


@op
def sinh(x: TensorLike) -> Tensor:
    """Compute the hyperbolic sine."""
    return torch.sinh(as_tensor(x))


@op
def cosh(x: TensorLike) -> Tensor:
    """Compute the hyperbolic cosine."""
    return torch.cosh(as_tensor(x))


@op
def tanh(x: TensorLike) -> Tensor:
    """Compute the hyperbolic tangent."""
    return torch.tanh(as_tensor(x))


@op
def arcsinh(x: TensorLike) -> Tensor:
    """Compute the inverse hyperbolic sine."""
    return torch.arcsinh(as_tensor(x))


@op
def arccosh(x: TensorLike) -> Tensor:
    """Compute the inverse hyperbolic cosine."""
    return torch.arccosh(as_tensor(x))


@op
def arctanh(x: TensorLike) -> Tensor:
    """Compute the inverse hyperbolic tangent."""
    return torch.arctanh(as_tensor(x))


@op
def sinc(x: TensorLike) -> Tensor:
    """Compute `sin(πx) / (πx)`, and 1 at 0."""
    return torch.sinc(as_tensor(x))


@op
def deg2rad(x: TensorLike) -> Tensor:
    """Turn degrees into radians."""
    return torch.deg2rad(as_tensor(x))


@op
def rad2deg(x: TensorLike) -> Tensor:
    """Turn radians into degrees."""
    return torch.rad2deg(as_tensor(x))
