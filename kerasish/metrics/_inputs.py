"""Inputs: labels, predictions and weights as tensors on one device, with axes that match."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish.core import convert_to_tensor, torch_dtype


def as_tensor(x: Any, dtype: torch.dtype | None = None, beside: Tensor | None = None) -> Tensor:
    """Make a tensor of that dtype, where `beside` is."""
    if not isinstance(x, Tensor):
        x = convert_to_tensor(x)
    if beside is not None and x.device != beside.device:
        x = x.to(beside.device)
    return x if dtype is None or x.dtype is dtype else x.to(dtype)


def same_rank(a: Tensor, b: Tensor, keep_axis: bool = True) -> tuple[Tensor, Tensor]:
    """Let two tensors have equally many axes, where one only has a last axis of size 1 more than the other.

    Args:
        keep_axis: whether (n,) beside (n, 1) becomes (n, 1); else both become (n,).
    """
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b.unsqueeze(-1)) if b.ndim == 1 and keep_axis else (a.squeeze(-1), b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a.unsqueeze(-1), b) if a.ndim == 1 and keep_axis else (a, b.squeeze(-1))
    return a, b


def pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of labels and predictions: the predictions' dtype, as many axes.

    Raises:
        ValueError: shapes that cannot be compared place by place.
    """
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, y_pred.dtype, y_pred)
    if y_true.shape == y_pred.shape:
        return y_true, y_pred
    y_true, y_pred = same_rank(y_true, y_pred)
    if not _fit(y_true.shape, y_pred.shape):
        raise misfit(y_true, y_pred)
    return y_true, y_pred


def floating_pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of labels and predictions, as `pair` does; predictions that are no floats become so."""
    y_true, y_pred = pair(y_true, y_pred)
    if y_pred.is_floating_point():
        return y_true, y_pred
    dtype = torch_dtype(_settings.floatx())
    return y_true.to(dtype), y_pred.to(dtype)


def misfit(y_true: Tensor, y_pred: Tensor) -> ValueError:
    """The error for labels and predictions whose shapes do not fit."""
    return ValueError(
        f"`y_true` must have the shape of `y_pred`, or one that broadcasts to it; received {tuple(y_true.shape)} and "
        f"{tuple(y_pred.shape)}. Labels that are class numbers need a metric whose name begins with `Sparse`."
    )


def _fit(a: torch.Size, b: torch.Size) -> bool:
    if not a or not b:
        return True
    return len(a) == len(b) and all(m == n or m == 1 or n == 1 for m, n in zip(a, b))


def with_mask(sample_weight: Any, mask: Any, dtype: torch.dtype) -> Any:
    """Weights with a mask in them: 0 where it is False. Without a mask, the weights as they came."""
    if mask is None:
        return sample_weight
    mask = as_tensor(mask, dtype)
    if sample_weight is None:
        return mask
    mask, weight = same_rank(mask, as_tensor(sample_weight, dtype, mask))
    return weight * mask


def broadcast_weight(weight: Tensor, shape: torch.Size) -> Tensor:
    """Give weights the shape of what they weigh.

    Raises:
        ValueError: it does not broadcast.
    """
    if weight.shape == shape:
        return weight
    try:
        return weight.broadcast_to(shape)
    except RuntimeError as error:
        raise ValueError(
            f"`sample_weight` must have a shape that broadcasts to {tuple(shape)}, one weight for each value or each sample; "
            f"received {tuple(weight.shape)}."
        ) from error
