"""Activations that make a distribution of the values along an axis."""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from kerasish.activations._registry import ACTIVATIONS


@ACTIVATIONS.activation()
def softmax(x: Tensor, axis: int | Sequence[int] | None = -1) -> Tensor:
    """Turn logits into probabilities: `exp(x) / sum(exp(x))` along the axis.

    Args:
        axis: one axis, several that count as one, or None for all.

    >>> softmax([[0.0, 0.0]]).tolist()
    [[0.5, 0.5]]
    """
    if not isinstance(axis, int):
        return _over_axes(torch.softmax, x, axis)
    if x.shape[axis] == 1:
        warnings.warn(
            f"softmax over axis {axis} of shape {tuple(x.shape)} always gives 1, as that axis has size 1. "
            "For one probability use sigmoid.",
            stacklevel=3,
        )
    return torch.softmax(x, axis)


@ACTIVATIONS.activation()
def log_softmax(x: Tensor, axis: int | Sequence[int] | None = -1) -> Tensor:
    """Turn logits into log-probabilities: `x - log(sum(exp(x)))` along the axis.

    Args:
        axis: one axis, several that count as one, or None for all.

    >>> log_softmax([[1000.0, 0.0]]).tolist()
    [[0.0, -1000.0]]
    """
    return torch.log_softmax(x, axis) if isinstance(axis, int) else _over_axes(torch.log_softmax, x, axis)


def _over_axes(function: Callable[[Tensor, int], Tensor], x: Tensor, axes: Sequence[int] | None) -> Tensor:
    """Apply a function of one axis to several axes as if they were one; None is all of them."""
    if axes is None:
        return function(x.reshape(-1), -1).reshape(x.shape)
    last = tuple(range(-len(axes), 0))
    moved = x.movedim(tuple(axes), last)
    return function(moved.flatten(-len(axes)), -1).reshape(moved.shape).movedim(last, tuple(axes))


@ACTIVATIONS.activation()
def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """Project logits onto the probability simplex, where most entries become 0: `max(x - τ, 0)`.

    `τ` is what makes the result sum to 1 along the axis.

    Source: Martins and Astudillo 2016, arXiv 1602.02068.

    >>> sparsemax([[3.0, 2.5, -1.0]]).tolist()
    [[0.75, 0.25, 0.0]]
    """
    z = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    ordered = z.sort(dim=axis, descending=True).values
    excess = ordered.cumsum(axis) - 1
    shape = [1] * x.ndim
    shape[axis] = -1
    ranks = torch.arange(1, x.shape[axis] + 1, device=x.device, dtype=z.dtype).view(shape)
    size = (ordered * ranks > excess).sum(axis, keepdim=True)
    tau = excess.gather(axis, size - 1) / size
    return torch.relu(z - tau).to(x.dtype)
