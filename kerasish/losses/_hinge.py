"""Hinge: losses that want a margin between the right answer and the others."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from kerasish.losses._alignment import pair, same_shape
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


def _missing_margin(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """What is missing to a margin of 1; labels that are all 0 or 1 mean -1 and 1."""
    binary = (y_true * y_true == y_true).all()  # stays on the device
    return F.relu(1.0 - torch.where(binary, 2.0 * y_true - 1.0, y_true) * y_pred)


@LOSSES.function()
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of what is missing to a margin of 1: `mean(max(1 - y_true y_pred, 0))` over the last axis.

    Labels are -1 and 1; where all are 0 or 1, 0 means -1.

    Shapes: (..., values), (..., values) → (...)

    >>> hinge([[-1.0, 1.0]], [[0.5, 2.0]]).tolist()
    [0.75]
    """
    return _missing_margin(*pair(y_true, y_pred)).mean(-1)


class Hinge(Loss):
    """Mean of what is missing to a margin of 1: `mean(max(1 - y_true y_pred, 0))`, labels -1 and 1, or 0 and 1.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> Hinge()([[0.0, 1.0]], [[0.5, 2.0]]).item()
    0.75
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "hinge"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return hinge(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return _missing_margin(*same_shape(y_true, y_pred)).mean()


@LOSSES.function()
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of the squares of what is missing to a margin of 1: `mean(max(1 - y_true y_pred, 0)²)` over the last axis.

    Shapes: (..., values), (..., values) → (...)

    >>> squared_hinge([[-1.0, 1.0]], [[0.5, 2.0]]).tolist()
    [1.125]
    """
    return _missing_margin(*pair(y_true, y_pred)).square().mean(-1)


class SquaredHinge(Loss):
    """Mean of the squares of what is missing to a margin of 1, labels -1 and 1, or 0 and 1.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> SquaredHinge()([[0.0, 1.0]], [[0.5, 2.0]]).item()
    1.125
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "squared_hinge"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return squared_hinge(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return _missing_margin(*same_shape(y_true, y_pred)).square().mean()


@LOSSES.function()
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """What is missing to a margin of 1 between the right class and the best wrong one.

    `max(max((1 - y_true) y_pred) - sum(y_true y_pred) + 1, 0)` over the last axis, for one-hot labels.

    Shapes: (..., classes), (..., classes) → (...)

    >>> categorical_hinge([[0.0, 1.0, 0.0]], [[0.2, 0.7, 0.1]]).tolist()
    [0.5]
    """
    y_true, y_pred = pair(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    wrong = ((1.0 - y_true) * y_pred).amax(-1)
    return F.relu(wrong - right + 1.0)


class CategoricalHinge(Loss):
    """What is missing to a margin of 1 between the right class and the best wrong one, for one-hot labels.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.2, 0.7, 0.1]]).item()
    0.5
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_hinge"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return categorical_hinge(y_true, y_pred)
