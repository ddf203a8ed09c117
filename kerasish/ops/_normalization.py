"""Normalization: values brought to mean 0 and variance 1, or to norm 1."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base import _settings
from kerasish.core import op as operation
from kerasish.ops._inputs import Axis, TensorLike, as_float, as_tensor, like, positive_axis

op = operation("keras.src.ops.nn")


@op
def moments(x: TensorLike, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """Compute the mean and the variance over some axes.

    >>> [moment.item() for moment in moments([1.0, 3.0], axes=0)]
    [2.0, 1.0]
    """
    if synchronized:
        raise ValueError("`synchronized` must be False: replicas keep moments of their own.")
    variance, mean = torch.var_mean(as_float(x), dim=axes, correction=0, keepdim=keepdims)  # type: ignore[arg-type]
    return mean, variance


@op
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike = None,
    scale: TensorLike = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """Compute `(x - mean) / sqrt(variance + epsilon) * scale + offset`, all vectors along one axis.

    Source: Ioffe and Szegedy 2015, arXiv 1502.03167.
    """
    x = as_tensor(x)
    shape = [1] * x.ndim
    shape[axis] = -1
    factor = torch.rsqrt(like(variance, x) + epsilon)
    if scale is not None:
        factor = factor * like(scale, x)
    shift = -like(mean, x) * factor
    if offset is not None:
        shift = shift + like(offset, x)
    return torch.addcmul(shift.reshape(shape), x, factor.reshape(shape))


def _last_axes(axis: int | Sequence[int], ndim: int) -> tuple[list[int], bool]:
    """The axes, in order, and whether they are the last ones, which torch's kernels normalize over."""
    axes = sorted(positive_axis(one, ndim) for one in ((axis,) if isinstance(axis, int) else axis))
    return axes, axes == list(range(ndim - len(axes), ndim))


def _beside(x: Tensor, weight: TensorLike, axes: list[int]) -> Tensor:
    """A weight over some axes of `x`, in its dtype and a shape that broadcasts with it."""
    weight = like(weight, x).to(x.dtype)
    return weight if weight.ndim == x.ndim else weight.reshape([x.shape[i] if i in axes else 1 for i in range(x.ndim)])


@op
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike = None,
    beta: TensorLike = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Compute `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the moments over some axes.

    Source: Ba et al. 2016, arXiv 1607.06450.

    >>> layer_normalization([[-1.0, 1.0]], epsilon=0).tolist()
    [[-1.0, 1.0]]
    """
    if kwargs:
        raise TypeError(f"layer_normalization has no argument `{next(iter(kwargs))}`; for RMS scaling use rms_normalization.")
    x = as_tensor(x)
    epsilon = _settings.epsilon() if epsilon is None else epsilon
    axes, last = _last_axes(axis, x.ndim)
    if last:
        shape = x.shape[axes[0] :]
        weights = [w if w is None else like(w, x).to(x.dtype).reshape(shape) for w in (gamma, beta)]
        return F.layer_norm(x, shape, weights[0], weights[1], epsilon)
    variance, mean = torch.var_mean(x, dim=axes, correction=0, keepdim=True)
    y = (x - mean) * torch.rsqrt(variance + epsilon)
    if gamma is not None:
        y = y * _beside(x, gamma, axes)
    return y if beta is None else y + _beside(x, beta, axes)


@op
def rms_normalization(
    x: TensorLike, scale: TensorLike = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Tensor:
    """Compute `x / sqrt(mean(x²) + epsilon) * scale`, with the mean over some axes.

    Source: Zhang and Sennrich 2019, arXiv 1910.07467.

    >>> rms_normalization([[3.0, 3.0]]).tolist()
    [[1.0, 1.0]]
    """
    x = as_tensor(x)
    epsilon = _settings.epsilon() if epsilon is None else epsilon
    axes, last = _last_axes(axis, x.ndim)
    if last:
        shape = x.shape[axes[0] :]
        return F.rms_norm(x, shape, None if scale is None else like(scale, x).to(x.dtype).reshape(shape), epsilon)
    y = x * torch.rsqrt(x.square().mean(axes, keepdim=True) + epsilon)
    return y if scale is None else y * _beside(x, scale, axes)


@op
def normalize(x: TensorLike, axis: Axis = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """Divide by the norm over an axis, so that the norm becomes 1.

    >>> normalize([3.0, 4.0]).tolist()
    [0.6, 0.8]
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"`order` must be a positive integer; received {order!r}.")
    x = as_float(x)
    x = x.reshape(1) if x.ndim == 0 else x
    norm = torch.linalg.vector_norm(x, ord=order, dim=axis, keepdim=True)  # type: ignore[arg-type]
    return x / norm.clamp_min(_settings.epsilon() if epsilon is None else epsilon)
