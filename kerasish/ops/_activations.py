"""Activation functions, on torch's own kernels."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.core import op as operation
from kerasish.ops._inputs import Axis, TensorLike, as_tensor

op = operation("keras.src.ops.nn")


@op
def relu(x: TensorLike) -> Tensor:
    """Compute `max(x, 0)`."""
    return torch.relu(as_tensor(x))


@op
def relu6(x: TensorLike) -> Tensor:
    """Compute `min(max(x, 0), 6)`."""
    return F.relu6(as_tensor(x))


@op
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Keep what is positive and multiply the rest by `negative_slope`."""
    return F.leaky_relu(as_tensor(x), negative_slope)


@op
def sigmoid(x: TensorLike) -> Tensor:
    """Compute `1 / (1 + exp(-x))`.

    >>> sigmoid([0.0]).tolist()
    [0.5]
    """
    return torch.sigmoid(as_tensor(x))


@op
def log_sigmoid(x: TensorLike) -> Tensor:
    """Compute `log(sigmoid(x))` without overflow."""
    return F.logsigmoid(as_tensor(x))


@op
def hard_sigmoid(x: TensorLike) -> Tensor:
    """Compute `relu6(x + 3) / 6`."""
    return F.hardsigmoid(as_tensor(x))


@op
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """Compute `(x + 1) / 2`, held between 0 and 1. Source: Martins and Astudillo 2016, arXiv 1602.02068."""
    return torch.clamp(0.5 * (as_tensor(x) + 1), 0, 1)


@op
def silu(x: TensorLike) -> Tensor:
    """Compute `x * sigmoid(x)`. Source: Ramachandran et al. 2017, arXiv 1710.05941."""
    return F.silu(as_tensor(x))


@op
def hard_silu(x: TensorLike) -> Tensor:
    """Compute `x * hard_sigmoid(x)`. Source: Howard et al. 2019, arXiv 1905.02244."""
    return F.hardswish(as_tensor(x))


swish = silu
hard_swish = hard_silu


@op
def softplus(x: TensorLike) -> Tensor:
    """Compute `log(exp(x) + 1)`."""
    return F.softplus(as_tensor(x))


@op
def softsign(x: TensorLike) -> Tensor:
    """Compute `x / (|x| + 1)`."""
    return F.softsign(as_tensor(x))


@op
def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """Compute `(x + sqrt(x² + b)) / 2`. Source: Barron 2021, arXiv 2112.11687."""
    x = as_tensor(x)
    return (x + torch.sqrt(x * x + b)) / 2


@op
def sparse_plus(x: TensorLike) -> Tensor:
    """Compute `(x + 1)² / 4` between -1 and 1, 0 below and `x` above."""
    x = as_tensor(x)
    return torch.where(x <= -1, 0, torch.where(x < 1, 0.25 * (x + 1) ** 2, x))


@op
def tanh_shrink(x: TensorLike) -> Tensor:
    """Compute `x - tanh(x)`."""
    return F.tanhshrink(as_tensor(x))


@op
def hard_tanh(x: TensorLike) -> Tensor:
    """Hold `x` between -1 and 1."""
    return F.hardtanh(as_tensor(x))


@op
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Move `x` towards 0 by `threshold`, and to 0 what is nearer than that."""
    return F.softshrink(as_tensor(x), threshold)


@op
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Set to 0 what is no farther from it than `threshold`."""
    return F.hardshrink(as_tensor(x), threshold)


@op
def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """Keep what is above `threshold`, and set the rest to `default_value`."""
    return F.threshold(as_tensor(x), threshold, default_value)


@op
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Keep what is positive; the rest becomes `alpha * (exp(x) - 1)`. Source: Clevert et al. 2015, arXiv 1511.07289."""
    return F.elu(as_tensor(x), alpha)


@op
def selu(x: TensorLike) -> Tensor:
    """Compute `1.0507 * elu(x, 1.67326)`. Source: Klambauer et al. 2017, arXiv 1706.02515."""
    return F.selu(as_tensor(x))


@op
def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Keep what is positive; the rest becomes `alpha * (exp(x / alpha) - 1)`. Source: Barron 2017, arXiv 1704.07483."""
    return F.celu(as_tensor(x), alpha)


@op
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """Compute `x * P(X <= x)` of a normal X, or its tanh approximation. Source: Hendrycks and Gimpel 2016, arXiv 1606.08415."""
    return F.gelu(as_tensor(x), approximate="tanh" if approximate else "none")


@op
def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """Split into halves and compute `first * sigmoid(second)`. Source: Dauphin et al. 2016, arXiv 1612.08083."""
    return F.glu(as_tensor(x), axis)


@op
def softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """Compute `exp(x) / sum(exp(x))` over an axis, several, or all (None).

    >>> softmax([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    x = as_tensor(x)
    return torch.softmax(x, axis) if isinstance(axis, int) else _over_several(torch.softmax, x, axis)


@op
def log_softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """Compute `log(softmax(x))` over an axis, several, or all (None), without overflow."""
    x = as_tensor(x)
    return torch.log_softmax(x, axis) if isinstance(axis, int) else _over_several(torch.log_softmax, x, axis)


def _over_several(function: object, x: Tensor, axis: Axis) -> Tensor:
    """Apply a function of one axis to several as if they were one."""
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis)  # type: ignore[arg-type]
    last = tuple(range(-len(axes), 0))
    moved = x.movedim(axes, last)
    flat = moved.reshape(moved.shape[: x.ndim - len(axes)] + (-1,))
    return function(flat, -1).reshape(moved.shape).movedim(last, axes)  # type: ignore[operator]


@op
def sparsemax(x: TensorLike, axis: int = -1) -> Tensor:
    """Project onto the probabilities: like softmax, with zeros. Source: Martins and Astudillo 2016, arXiv 1602.02068."""
    x = as_tensor(x)
    descending = torch.sort(x, dim=axis, descending=True).values
    sums = torch.cumsum(descending, axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    places = torch.arange(1, x.shape[axis] + 1, device=x.device, dtype=x.dtype).reshape(shape)
    support = descending * places > sums - 1
    size = support.sum(axis, keepdim=True)
    excess = torch.where(support, descending, 0).sum(axis, keepdim=True) - 1
    return torch.relu(x - excess / size)
