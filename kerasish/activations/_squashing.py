"""Activations that press the line into an interval, and what is made from them."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.activations._registry import ACTIVATIONS


@ACTIVATIONS.activation(kernel=torch.sigmoid)
def sigmoid(x: Tensor) -> Tensor:
    """Logistic curve, from 0 to 1: `1 / (1 + exp(-x))`.

    >>> sigmoid(0.0).item()
    0.5
    """
    return torch.sigmoid(x)


@ACTIVATIONS.activation(kernel=F.hardsigmoid)
def hard_sigmoid(x: Tensor) -> Tensor:
    """Straight-line sigmoid: `min(max(x / 6 + 0.5, 0), 1)`.

    >>> hard_sigmoid([-3.0, 0.0, 4.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    return F.hardsigmoid(x)


@ACTIVATIONS.activation()
def sparse_sigmoid(x: Tensor) -> Tensor:
    """Straight-line sigmoid, exact 0 and 1 beyond ±1: `min(max((x + 1) / 2, 0), 1)`.

    Source: Blondel et al. 2019, arXiv 1901.02324.

    >>> sparse_sigmoid([-1.0, 0.0, 1.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    return F.hardsigmoid(3 * x)  # hardsigmoid is this, three times as wide


@ACTIVATIONS.activation(kernel=F.logsigmoid)
def log_sigmoid(x: Tensor) -> Tensor:
    """Logarithm of the sigmoid: `-log(1 + exp(-x))`.

    >>> log_sigmoid([-100.0]).tolist()
    [-100.0]
    """
    return F.logsigmoid(x)


@ACTIVATIONS.activation(kernel=torch.tanh)
def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent, from -1 to 1.

    >>> tanh([0.0, 100.0]).tolist()
    [0.0, 1.0]
    """
    return torch.tanh(x)


@ACTIVATIONS.activation(kernel=F.hardtanh)
def hard_tanh(x: Tensor) -> Tensor:
    """Straight-line tanh: `min(max(x, -1), 1)`.

    >>> hard_tanh([-2.0, 0.5, 2.0]).tolist()
    [-1.0, 0.5, 1.0]
    """
    return F.hardtanh(x)


@ACTIVATIONS.activation(kernel=F.tanhshrink)
def tanh_shrink(x: Tensor) -> Tensor:
    """What the tangent leaves: `x - tanh(x)`.

    >>> tanh_shrink([0.0, 100.0]).tolist()
    [0.0, 99.0]
    """
    return F.tanhshrink(x)


@ACTIVATIONS.activation(kernel=F.softsign)
def softsign(x: Tensor) -> Tensor:
    """Slow squashing, from -1 to 1: `x / (1 + |x|)`.

    >>> softsign([-1.0, 3.0]).tolist()
    [-0.5, 0.75]
    """
    return F.softsign(x)
