"""Smooth activations without bound: gated units, softened rectifiers, the exponential."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.activations._registry import ACTIVATIONS


@ACTIVATIONS.activation("swish", kernel=F.silu)
def silu(x: Tensor) -> Tensor:
    """Sigmoid-weighted unit, also called swish: `x * sigmoid(x)`.

    Source: Ramachandran et al. 2017, arXiv 1710.05941.

    >>> silu([0.0, 100.0]).tolist()
    [0.0, 100.0]
    """
    return F.silu(x)


@ACTIVATIONS.activation("hard_swish", kernel=F.hardswish)
def hard_silu(x: Tensor) -> Tensor:
    """Swish with a straight-line gate: `x * hard_sigmoid(x)`.

    Source: Howard et al. 2019, arXiv 1905.02244.

    >>> hard_silu([-3.0, 3.0]).tolist()
    [0.0, 3.0]
    """
    return F.hardswish(x)


@ACTIVATIONS.activation(kernel=F.gelu)
def gelu(x: Tensor, approximate: bool = False) -> Tensor:
    """Weigh by the normal distribution's share below: `x * Φ(x)`.

    Args:
        approximate: compute Φ by its tanh formula.

    Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.

    >>> round(gelu(1.0).item(), 4), round(gelu(1.0, approximate=True).item(), 4)
    (0.8413, 0.8412)
    """
    return F.gelu(x, approximate="tanh" if approximate else "none")


@ACTIVATIONS.activation()
def glu(x: Tensor, axis: int = -1) -> Tensor:
    """Gate one half with the other: `a * sigmoid(b)`, where `a, b` are the halves along the axis.

    Shapes:
        (..., 2 n) → (..., n).

    Source: Dauphin et al. 2016, arXiv 1612.08083.

    >>> glu([[4.0, 0.0]]).tolist()
    [[2.0]]
    """
    return F.glu(x, axis)


@ACTIVATIONS.activation(kernel=F.mish)
def mish(x: Tensor) -> Tensor:
    """Smooth unit with a dip below zero: `x * tanh(softplus(x))`.

    Source: Misra 2019, arXiv 1908.08681.

    >>> mish([0.0, 100.0]).tolist()
    [0.0, 100.0]
    """
    return F.mish(x)


@ACTIVATIONS.activation(kernel=F.softplus)
def softplus(x: Tensor) -> Tensor:
    """Smooth rectifier: `log(1 + exp(x))`.

    >>> round(softplus(0.0).item(), 4)
    0.6931
    """
    return F.softplus(x)


@ACTIVATIONS.activation()
def squareplus(x: Tensor, b: float = 4) -> Tensor:
    """Smooth rectifier without exponentials: `(x + sqrt(x² + b)) / 2`.

    Args:
        b: smoothness; 0 gives `relu`.

    Source: Barron 2021, arXiv 2112.11687.

    >>> squareplus([0.0, 1.5]).tolist()
    [1.0, 2.0]
    """
    return (x + torch.sqrt(x * x + b)) * 0.5


@ACTIVATIONS.activation()
def sparse_plus(x: Tensor) -> Tensor:
    """Rectifier with a parabola at the kink: 0 up to -1, `(x + 1)² / 4` between, `x` from 1 on.

    >>> sparse_plus([-2.0, 0.0, 3.0]).tolist()
    [0.0, 0.25, 3.0]
    """
    # The clamp keeps the parabola's gradient finite where it is not used.
    return torch.where(x < 1, 0.25 * (F.hardtanh(x) + 1).square(), x)


@ACTIVATIONS.activation(kernel=torch.exp)
def exponential(x: Tensor) -> Tensor:
    """The exponential: `exp(x)`.

    >>> exponential(0.0).item()
    1.0
    """
    return torch.exp(x)
