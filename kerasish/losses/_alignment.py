"""Alignment: labels and predictions as tensors of one dtype, on one device, with axes that match."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _settings, _tree
from kerasish.core import convert_to_tensor, torch_dtype


def tensor_beside(x: Any, other: Tensor | None, dtype: torch.dtype | None = None) -> Tensor:
    """Make a tensor of that dtype; what is not one yet goes to where `other` is."""
    if isinstance(x, Tensor):
        return x if dtype is None or x.dtype is dtype else x.to(dtype)
    if isinstance(x, dict):
        raise TypeError(
            f"This loss compares one tensor with one tensor; received a dict with the keys {', '.join(map(repr, x))}. "
            "Give each output a loss of its own, compile(loss={'name': …}), or write a Loss whose `call` takes a dict."
        )
    made = convert_to_tensor(x, dtype)
    return made if other is None else made.to(other.device)


def tensors(structure: Any, dtype: torch.dtype | None, beside: Any = None) -> Any:
    """Make tensors of the leaves of a structure. Nested lists of numbers are one tensor."""
    other = next((leaf for leaf in _tree.flatten(beside) if isinstance(leaf, Tensor)), None)
    if not _tree.is_nested(structure):
        return tensor_beside(structure, other, dtype)
    if isinstance(structure, (list, tuple)) and not any(isinstance(x, (Tensor, np.ndarray)) for x in _tree.flatten(structure)):
        if not any(isinstance(part, dict) for part in structure):
            return tensor_beside(structure, other, dtype)
    return _tree.map_structure(lambda leaf: tensor_beside(leaf, other, dtype), structure)


def align(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Let two tensors have equally many axes, where one only has a last axis of size 1 more than the other."""
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b.unsqueeze(-1)) if b.ndim == 1 else (a.squeeze(-1), b)
    if b.ndim == a.ndim + 1 and b.shape[-1] == 1:
        return (a.unsqueeze(-1), b) if a.ndim == 1 else (a, b.squeeze(-1))
    return a, b


def same_shape(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Align labels with predictions and broadcast what still differs."""
    if y_true.shape == y_pred.shape:
        return y_true, y_pred
    y_true, y_pred = align(y_true, y_pred)
    if y_true.shape == y_pred.shape:
        return y_true, y_pred
    try:
        y_true, y_pred = torch.broadcast_tensors(y_true, y_pred)
    except RuntimeError as error:
        raise ValueError(
            f"`y_true` must have the shape of `y_pred`, or one that broadcasts to it; received {tuple(y_true.shape)} "
            f"and {tuple(y_pred.shape)}. Reshape the labels, or give the last layer as many units as a label has values."
        ) from error
    return y_true, y_pred


def floating_pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of labels and predictions, in the predictions' floating dtype."""
    y_pred = tensor_beside(y_pred, None)
    if not y_pred.is_floating_point():
        y_pred = y_pred.to(torch_dtype(_settings.floatx()))
    return tensor_beside(y_true, y_pred, y_pred.dtype), y_pred


def pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of labels and predictions: one floating dtype, one shape."""
    return same_shape(*floating_pair(y_true, y_pred))
