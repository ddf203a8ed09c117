"""Binary cross entropies: losses of answers that are each yes or no."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kerasish._base import _settings
from kerasish.losses._alignment import align, floating_pair
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


def _prepared(y_true: Tensor, y_pred: Tensor, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """Labels, smoothed towards a half, and predictions of the same shape; nothing is broadcast."""
    if y_true.shape != y_pred.shape:
        y_true, y_pred = align(y_true, y_pred)
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"A binary cross entropy takes labels of the shape of the predictions; received {tuple(y_true.shape)} and "
                f"{tuple(y_pred.shape)}. Class numbers against one score per class are for SparseCategoricalCrossentropy."
            )
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return y_true, y_pred


def _cross_entropy(y_true: Tensor, y_pred: Tensor, from_logits: bool, reduction: str) -> Tensor:
    if from_logits:
        return F.binary_cross_entropy_with_logits(y_pred, y_true, reduction=reduction)
    eps = _settings.epsilon()
    return F.binary_cross_entropy(y_pred.clamp(eps, 1.0 - eps), y_true, reduction=reduction)


def check_label_smoothing(label_smoothing: float) -> None:
    """Refuse what is not a share."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"`label_smoothing` must lie between 0 and 1; received {label_smoothing!r}.")


@LOSSES.function("bce")
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Mean cross entropy of yes-or-no answers: `-mean(y_true log p + (1 - y_true) log(1 - p))` over an axis.

    Args:
        from_logits: whether predictions are logits; else they are probabilities, held `epsilon()` away from 0 and 1.
        label_smoothing: the share of each label that becomes a half.
        axis: the axis to average over.

    Shapes: (..., values), (..., values) → (...)

    >>> binary_crossentropy([[0.0, 1.0]], [[0.5, 0.25]]).tolist()
    [1.0397]
    """
    y_true, y_pred = _prepared(*floating_pair(y_true, y_pred), label_smoothing)
    return _cross_entropy(y_true, y_pred, from_logits, "none").mean(axis)


class BinaryCrossentropy(Loss):
    """Mean cross entropy of yes-or-no answers: `-mean(y_true log p + (1 - y_true) log(1 - p))`.

    Args:
        from_logits: whether predictions are logits, which is faster and more exact; else they are probabilities.
        label_smoothing: the share of each label that becomes a half, from 0 to 1.
        axis: the axis to average over first.
        reduction, name, dtype: as in `Loss`.

    >>> BinaryCrossentropy(from_logits=True)([[0.0], [1.0]], [[0.0], [0.0]]).item()
    0.6931
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "binary_crossentropy"
    dtype: Any = None

    _rows_are_apart = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_label_smoothing(self.label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = _prepared(y_true, y_pred, self.label_smoothing)
        return _cross_entropy(y_true, y_pred, self.from_logits, "mean")


def _focal_cross_entropy(
    y_true: Tensor, y_pred: Tensor, apply_class_balancing: bool, alpha: float, gamma: float, from_logits: bool
) -> Tensor:
    probability = y_pred.sigmoid() if from_logits else y_pred
    doubt = torch.lerp(probability, 1.0 - probability, y_true)  # the probability of the wrong answer
    focal = doubt.pow(gamma) * _cross_entropy(y_true, probability, False, "none")
    return focal * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) if apply_class_balancing else focal


@LOSSES.function()
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Binary cross entropy in which easy answers count less: times `(probability of the wrong answer) ^ gamma`.

    Args:
        apply_class_balancing: whether a yes counts `alpha` and a no `1 - alpha`.
        gamma: how much less easy answers count; 0 is the plain cross entropy.
        from_logits, label_smoothing, axis: as in `binary_crossentropy`.

    Shapes: (..., values), (..., values) → (...)

    >>> binary_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.25]]).tolist()
    [0.4765]
    """
    y_true, y_pred = _prepared(*floating_pair(y_true, y_pred), label_smoothing)
    return _focal_cross_entropy(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits).mean(axis)


class BinaryFocalCrossentropy(Loss):
    """Binary cross entropy in which easy answers count less: times `(probability of the wrong answer) ^ gamma`.

    Args:
        apply_class_balancing: whether a yes counts `alpha` and a no `1 - alpha`.
        alpha: what a yes counts.
        gamma: how much less easy answers count; 0 is the plain cross entropy.
        from_logits: whether predictions are logits; else they are probabilities.
        label_smoothing: the share of each label that becomes a half, from 0 to 1.
        axis: the axis to average over first.
        reduction, name, dtype: as in `Loss`.

    Source: Lin et al. 2017, arXiv 1708.02002.

    >>> BinaryFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.25]]).item()
    0.4765
    """

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "binary_focal_crossentropy"
    dtype: Any = None

    _rows_are_apart = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_label_smoothing(self.label_smoothing)

    def _focal(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = _prepared(y_true, y_pred, self.label_smoothing)
        return _focal_cross_entropy(y_true, y_pred, self.apply_class_balancing, self.alpha, self.gamma, self.from_logits)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return self._focal(*floating_pair(y_true, y_pred)).mean(self.axis)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self._focal(y_true, y_pred).mean()
