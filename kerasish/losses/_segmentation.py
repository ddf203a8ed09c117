"""Segmentation: losses of how far a predicted region overlaps the true one."""

from typing import Any

from torch import Tensor

from kerasish._base import _settings
from kerasish.losses._alignment import pair
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


@LOSSES.function()
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """One less the Dice coefficient: `1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred) + epsilon)`.

    Args:
        axis: the axes of a region; None is all of them, which makes one number of a batch.

    >>> dice([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]).item()
    0.3333
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = tuple(axis) if isinstance(axis, list) else axis
    both = (y_true * y_pred).sum(axes)
    return 1 - 2.0 * both / (y_true.sum(axes) + y_pred.sum(axes) + _settings.epsilon())


class Dice(Loss):
    """One less the Dice coefficient, twice the overlap of two regions by the sum of their sizes.

    Args:
        reduction, name, dtype: as in `Loss`.
        axis: the axes of a region; None is all of them, which makes one region of a batch.

    >>> Dice()([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]).item()
    0.3333
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "dice"
    axis: Any = None
    dtype: Any = None

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return dice(y_true, y_pred, self.axis)


@LOSSES.function()
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Tensor:
    """One less the Tversky index: `1 - both / (both + alpha missed + beta added + epsilon)`.

    Args:
        alpha: what counts a place of the true region that the prediction misses.
        beta: what counts a place that the prediction adds.
        axis: the axes of a region; None is all of them, which makes one number of a batch.

    >>> tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0).item()
    0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = tuple(axis) if isinstance(axis, list) else axis
    both = (y_true * y_pred).sum(axes)
    missed = ((1 - y_pred) * y_true).sum(axes)
    added = (y_pred * (1 - y_true)).sum(axes)
    return 1 - both / (both + missed * alpha + added * beta + _settings.epsilon())


class Tversky(Loss):
    """One less the Tversky index: an overlap of regions in which missing and adding count differently.

    Args:
        alpha: what counts a place of the true region that the prediction misses.
        beta: what counts a place that the prediction adds; `alpha = beta = 0.5` is Dice.
        reduction, name, dtype: as in `Loss`.
        axis: the axes of a region; None is all of them, which makes one region of a batch.

    Source: Salehi et al. 2017, arXiv 1706.05721.

    >>> Tversky(alpha=1.0)([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]).item()
    0.5
    """

    alpha: float = 0.5
    beta: float = 0.5
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "tversky"
    axis: Any = None
    dtype: Any = None

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return tversky(y_true, y_pred, self.alpha, self.beta, self.axis)
