"""Hinge: by how much predictions fail to be on the right side of a margin."""

from typing import Any

import torch
from torch import Tensor

from kerasish.metrics._inputs import floating_pair
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import _MeanOfErrors, _MeanOfFunction


def _missing(y_true: Any, y_pred: Any) -> Tensor:
    """What each prediction lacks of a margin of 1; labels of 0 and 1 count as -1 and 1."""
    y_true, y_pred = floating_pair(y_true, y_pred)
    binary = ((y_true == 0) | (y_true == 1)).all()
    signs = torch.where(binary, 2 * y_true - 1, y_true)
    return (1 - signs * y_pred).clamp_(min=0)


def _squared(y_true: Any, y_pred: Any) -> Tensor:
    return _missing(y_true, y_pred).square_()


@METRICS.function()
def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean(max(1 - y_true · y_pred, 0))`, over the last axis.

    Labels are -1 and 1; 0 and 1 are read as these.

    >>> hinge([[-1.0, 1.0]], [[-0.5, 2.0]]).tolist()
    [0.25]
    """
    return _missing(y_true, y_pred).mean(-1)


@METRICS.function()
def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean(max(1 - y_true · y_pred, 0)²)`, over the last axis.

    Labels are -1 and 1; 0 and 1 are read as these.

    >>> squared_hinge([[-1.0, 1.0]], [[-0.5, 2.0]]).tolist()
    [0.125]
    """
    return _squared(y_true, y_pred).mean(-1)


@METRICS.function()
def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `max(1 + max((1 - y_true) · y_pred) - sum(y_true · y_pred), 0)`, over the last axis.

    >>> categorical_hinge([[0.0, 1.0]], [[0.25, 0.5]]).tolist()
    [0.75]
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    own = (y_true * y_pred).sum(-1)
    best_other = ((1 - y_true) * y_pred).amax(-1)
    return (best_other - own + 1).clamp_(min=0)


class Hinge(_MeanOfErrors):
    """The mean of `max(1 - y_true · y_pred, 0)`; labels are -1 and 1, or 0 and 1.

    Args:
        name, dtype: see Metric.

    >>> Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).item()
    1.3
    """

    _direction = "down"
    _function = staticmethod(_missing)

    name: str | None = "hinge"
    dtype: Any = None


class SquaredHinge(_MeanOfErrors):
    """The mean of `max(1 - y_true · y_pred, 0)²`; labels are -1 and 1, or 0 and 1.

    Args:
        name, dtype: see Metric.

    >>> SquaredHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).item()
    1.86
    """

    _direction = "down"
    _function = staticmethod(_squared)

    name: str | None = "squared_hinge"
    dtype: Any = None


class CategoricalHinge(_MeanOfFunction):
    """The mean of `max(1 + max((1 - y_true) · y_pred) - sum(y_true · y_pred), 0)`.

    Args:
        name, dtype: see Metric.

    >>> CategoricalHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).item()
    1.4
    """

    _direction = "down"
    _function = staticmethod(categorical_hinge)

    name: str | None = "categorical_hinge"
    dtype: Any = None
