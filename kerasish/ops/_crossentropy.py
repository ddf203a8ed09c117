"""Cross-entropies: how far a distribution that was predicted is from the one it should be."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base import _settings
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor, like

op = operation("keras.src.ops.nn")


def _check_alike(target: Tensor, output: Tensor) -> None:
    if target.shape != output.shape:
        raise ValueError(f"`target` and `output` must have one shape; received {tuple(target.shape)} and {tuple(output.shape)}.")


@op
def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> Tensor:
    """Compute `-(target * log(output) + (1 - target) * log(1 - output))`, element by element.

    Args:
        from_logits: whether `output` is before the sigmoid.

    >>> binary_crossentropy([1.0, 0.0], [0.5, 0.5]).tolist()
    [0.6931, 0.6931]
    """
    output = as_tensor(output)
    target = like(target, output).to(output.dtype)
    _check_alike(target, output)
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none")
    epsilon = _settings.epsilon()
    return F.binary_cross_entropy(output.clamp(epsilon, 1 - epsilon), target, reduction="none")


@op
def categorical_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Compute `-sum(target * log(output))` over the axis of the classes.

    Args:
        from_logits: whether `output` is before the softmax; else it is scaled to sum to 1.

    Shapes: both (..., classes) → (...)
    """
    output = as_tensor(output)
    target = like(target, output)
    _check_alike(target, output)
    return -torch.sum(target * _log_probabilities(output, from_logits, axis), dim=axis)


def _log_probabilities(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return torch.log_softmax(output, axis)
    epsilon = _settings.epsilon()
    return torch.log((output / output.sum(axis, keepdim=True)).clamp(epsilon, 1 - epsilon))


@op
def sparse_categorical_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Compute `-log(output[target])`, with the classes given by number.

    Args:
        from_logits: whether `output` is before the softmax; else it is scaled to sum to 1.

    Shapes: target (...) or (..., 1), output (..., classes) → (...)

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).tolist()
    [0.6931]
    """
    output = as_tensor(output)
    target = like(target, output).to(torch.int64)
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = target.squeeze(axis)
    if output.ndim > 2 or axis not in (-1, output.ndim - 1):
        output = output.movedim(axis, -1)
    if target.shape != output.shape[:-1]:
        raise ValueError(
            f"`target` must have the shape of `output` without the classes, {tuple(output.shape[:-1])}; "
            f"received {tuple(target.shape)}."
        )
    flat, places = output.reshape(-1, output.shape[-1]), target.reshape(-1)
    if from_logits:
        losses = F.cross_entropy(flat, places, reduction="none")
    else:
        losses = F.nll_loss(_log_probabilities(flat, False, -1), places, reduction="none")
    return losses.reshape(target.shape)
