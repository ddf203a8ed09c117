"""Operations on the bits of integers and bools."""

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, operands, two_tensors

op = operation("keras.src.ops.numpy")


@op
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x & y`."""
    return torch.bitwise_and(*two_tensors(x, y))


@op
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x | y`."""
    return torch.bitwise_or(*two_tensors(x, y))


@op
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x ^ y`."""
    return torch.bitwise_xor(*two_tensors(x, y))


@op
def bitwise_not(x: TensorLike) -> Tensor:
    """Compute `~x`."""
    return torch.bitwise_not(as_tensor(x))


@op
def bitwise_invert(x: TensorLike) -> Tensor:
    """Compute `~x`, as `bitwise_not` does."""
    return torch.bitwise_not(as_tensor(x))


@op
def bitwise_left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x << y`."""
    x, y = operands(x, y)
    return torch.bitwise_left_shift(x, y)


@op
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x << y`, as `bitwise_left_shift` does."""
    x, y = operands(x, y)
    return torch.bitwise_left_shift(x, y)


@op
def bitwise_right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x >> y`."""
    x, y = operands(x, y)
    return torch.bitwise_right_shift(x, y)


@op
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Compute `x >> y`, as `bitwise_right_shift` does."""
    x, y = operands(x, y)
    return torch.bitwise_right_shift(x, y)
