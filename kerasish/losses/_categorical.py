"""Categorical cross entropies: losses of labels that have a number for each class."""

import warnings
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kerasish._base import _settings
from kerasish.losses._alignment import align, floating_pair
from kerasish.losses._binary import check_label_smoothing
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES
from kerasish.losses._rows import check_class_axis, check_one_hot, rows
from kerasish.losses._sparse import log_probability


def _prepared(y_true: Tensor, y_pred: Tensor, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """Labels, smoothed towards all classes, and predictions of the same shape."""
    if y_true.shape != y_pred.shape:
        y_true, y_pred = align(y_true, y_pred)
        check_one_hot(y_true, y_pred)
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"A categorical cross entropy of one class is always 0; received predictions of shape {tuple(y_pred.shape)}. "
            "For a yes or no use BinaryCrossentropy.",
            SyntaxWarning,
            stacklevel=4,
        )
    if label_smoothing:
        # Keras counts the classes on the last axis, wherever `axis` says that they are.
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return y_true, y_pred


@LOSSES.function()
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Cross entropy of labels that have a number for each class: `-sum(y_true log p)` over the class axis.

    Args:
        from_logits: whether predictions are logits; else they are probabilities, which are divided by their sum.
        label_smoothing: the share of each label that is spread over all classes.
        axis: the axis of the classes.

    Shapes: (..., classes), (..., classes) → (...)

    >>> categorical_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]).tolist()
    [0.0513, 2.3026]
    """
    check_class_axis(axis)
    y_true, y_pred = _prepared(*floating_pair(y_true, y_pred), label_smoothing)
    logarithm = y_pred.log_softmax(axis) if from_logits else log_probability(y_pred, y_pred.sum(axis, keepdim=True))
    return -(y_true * logarithm).sum(axis)


class CategoricalCrossentropy(Loss):
    """Cross entropy of one-hot labels: `-sum(y_true log p)`. For class numbers there is `SparseCategoricalCrossentropy`.

    Args:
        from_logits: whether predictions are logits, which is faster and more exact; else they are probabilities.
        label_smoothing: the share of each label that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.
        reduction, name, dtype: as in `Loss`.

    Shapes: (..., classes), (..., classes)

    Raises:
        ValueError: labels without a number for each class.

    >>> CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]).item()
    1.1769
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_crossentropy"
    dtype: Any = None

    _rows_are_apart = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_class_axis(self.axis)
        check_label_smoothing(self.label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        if not self.from_logits:
            return self.call(y_true, y_pred).mean()
        y_true, y_pred = _prepared(y_true, y_pred, self.label_smoothing)
        return F.cross_entropy(rows(y_pred, self.axis), rows(y_true, self.axis))


@LOSSES.function()
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Cross entropy in which classes that are sure count less: `-sum(alpha (1 - p)^gamma y_true log p)`.

    Args:
        alpha: what a class counts: a number, or one for each class.
        gamma: how much less what is sure counts; 0 is the plain cross entropy.
        from_logits, label_smoothing, axis: as in `categorical_crossentropy`.

    Shapes: (..., classes), (..., classes) → (...)

    >>> categorical_focal_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).tolist()
    [0.0433]
    """
    check_class_axis(axis)
    y_true, y_pred = _prepared(*floating_pair(y_true, y_pred), label_smoothing)
    if from_logits:
        y_pred = y_pred.softmax(axis)
    eps = _settings.epsilon()
    probability = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(eps, 1.0 - eps)
    if not isinstance(alpha, (int, float)):
        alpha = torch.as_tensor(alpha, dtype=y_pred.dtype, device=y_pred.device)
    return -((1.0 - probability).pow(gamma) * alpha * y_true * probability.log()).sum(axis)


class CategoricalFocalCrossentropy(Loss):
    """Cross entropy in which classes that are sure count less: `-sum(alpha (1 - p)^gamma y_true log p)`.

    Args:
        alpha: what a class counts: a number, or one for each class.
        gamma: how much less what is sure counts; 0 is the plain cross entropy.
        from_logits: whether predictions are logits; else they are probabilities.
        label_smoothing: the share of each label that is spread over all classes, from 0 to 1.
        axis: the axis of the classes.
        reduction, name, dtype: as in `Loss`.

    Source: Lin et al. 2017, arXiv 1708.02002.

    >>> CategoricalFocalCrossentropy()([[0, 1, 0]], [[0.25, 0.5, 0.25]]).item()
    0.0433
    """

    alpha: Any = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_focal_crossentropy"
    dtype: Any = None

    _rows_are_apart = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_class_axis(self.axis)
        check_label_smoothing(self.label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return categorical_focal_crossentropy(
            y_true, y_pred, self.alpha, self.gamma, self.from_logits, self.label_smoothing, self.axis
        )
