"""Activations with a kink: rectified and exponential linear units, thresholds and shrinkage."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish.activations._registry import ACTIVATIONS


@ACTIVATIONS.function()
def linear(x: Any) -> Any:
    """Give back the input as it is, whatever it is: `x`.

    >>> linear(3.0)
    3.0
    """
    return x


@ACTIVATIONS.activation(kernel=torch.relu)
def relu(x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """Rectify: `max(x, 0)`.

    Args:
        negative_slope: slope below the threshold: `negative_slope * (x - threshold)`.
        max_value: the largest value given; none by default.
        threshold: where the rise begins; what is not above it gives 0.

    >>> relu([-10.0, 3.0, 10.0]).tolist(), relu([-10.0, 3.0, 10.0], negative_slope=0.5, max_value=5.0).tolist()
    ([0.0, 3.0, 10.0], [-5.0, 3.0, 5.0])
    """
    if threshold == 0 and max_value is None:
        return torch.relu(x) if negative_slope == 0 else F.leaky_relu(x, negative_slope)
    rectified = torch.relu(x) if threshold == 0 else F.threshold(x, threshold, 0.0)
    if max_value is not None:
        rectified = rectified.clamp(0.0, max_value)
    return rectified if negative_slope == 0 else rectified - negative_slope * torch.relu(threshold - x)


@ACTIVATIONS.activation()
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """Rectify with a slope below zero: `max(x, negative_slope * x)`.

    >>> leaky_relu([-10.0, 3.0]).tolist()
    [-2.0, 3.0]
    """
    return F.leaky_relu(x, negative_slope)


@ACTIVATIONS.activation(kernel=F.relu6)
def relu6(x: Tensor) -> Tensor:
    """Rectify up to six: `min(max(x, 0), 6)`.

    >>> relu6([-1.0, 3.0, 10.0]).tolist()
    [0.0, 3.0, 6.0]
    """
    return F.relu6(x)


@ACTIVATIONS.activation()
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit: `x` above zero, `alpha * (exp(x) - 1)` below.

    Source: Clevert et al. 2015, arXiv 1511.07289.

    >>> elu([2.0, -100.0], alpha=3.0).tolist()
    [2.0, -3.0]
    """
    return F.elu(x, alpha)


@ACTIVATIONS.activation(kernel=torch.selu)
def selu(x: Tensor) -> Tensor:
    """Self-normalizing unit: `1.0507 * elu(x, 1.6733)`; keeps mean 0 and variance 1 after `lecun_normal` kernels.

    Source: Klambauer et al. 2017, arXiv 1706.02515.

    >>> round(selu(1.0).item(), 4)
    1.0507
    """
    return torch.selu(x)


@ACTIVATIONS.activation()
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit with a continuous slope: `x` above zero, `alpha * (exp(x / alpha) - 1)` below.

    Source: Barron 2017, arXiv 1704.07483.

    >>> celu([2.0, -1000.0], alpha=3.0).tolist()
    [2.0, -3.0]
    """
    return F.celu(x, alpha)


@ACTIVATIONS.activation()
def threshold(x: Tensor, threshold: float, default_value: float) -> Tensor:
    """Replace what is not above the threshold: `x` where `x > threshold`, else `default_value`.

    >>> threshold([0.5, 1.0, 1.5], 1.0, -7.0).tolist()
    [-7.0, -7.0, 1.5]
    """
    return F.threshold(x, threshold, default_value)


@ACTIVATIONS.activation()
def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Drop what is small: `x` where `|x| > threshold`, else 0.

    >>> hard_shrink([-1.0, 0.5, 2.0]).tolist()
    [-1.0, 0.0, 2.0]
    """
    return F.hardshrink(x, threshold)


@ACTIVATIONS.activation()
def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Draw everything towards zero: `sign(x) * max(|x| - threshold, 0)`.

    >>> soft_shrink([-1.0, 0.5, 2.0]).tolist()
    [-0.5, 0.0, 1.5]
    """
    return F.softshrink(x, threshold)
