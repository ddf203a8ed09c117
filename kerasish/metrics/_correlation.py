"""Correlation: how well predictions rise and fall with the labels."""

from typing import Any

from torch import Tensor

from kerasish._base import _settings
from kerasish.metrics._inputs import floating_pair
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import _MeanOfFunction


@METRICS.function()
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Give `cov(y_true, y_pred) / (std(y_true) · std(y_pred))` along an axis; NaN where one does not vary.

    >>> pearson_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).item()
    1.0
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    a, b = (y - y.mean(axis, keepdim=True) for y in (y_true, y_pred))
    a, b = (y / y.std(axis, correction=0, keepdim=True) for y in (a, b))
    return (a * b).mean(axis)


@METRICS.function()
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Give `2 cov(y_true, y_pred) / (var(y_true) + var(y_pred) + (mean(y_true) - mean(y_pred))²)` along an axis.

    >>> concordance_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).item()
    0.9756
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    mean_true, mean_pred = (y.mean(axis, keepdim=True) for y in (y_true, y_pred))
    a, b = y_true - mean_true, y_pred - mean_pred
    spread = (a.square() + b.square()).mean(axis) + (mean_true - mean_pred).square().squeeze(axis)
    return 2 * (a * b).mean(axis) / (spread + _settings.epsilon())


class PearsonCorrelation(_MeanOfFunction):
    """The mean of Pearson's correlation along an axis; NaN as soon as a row does not vary.

    Args:
        name, dtype: see Metric.
        axis: the axis along which values are correlated.

    >>> PearsonCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).item()
    1.0
    """

    _direction = "up"
    _function = staticmethod(pearson_correlation)
    _options = ("axis",)

    name: str | None = "pearson_correlation"
    dtype: Any = None
    axis: int = -1


class ConcordanceCorrelation(_MeanOfFunction):
    """The mean of Lin's concordance correlation along an axis: correlation that is less the farther from equality.

    Args:
        name, dtype: see Metric.
        axis: the axis along which values are correlated.

    >>> ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).item()
    0.9756
    """

    _direction = "up"
    _function = staticmethod(concordance_correlation)
    _options = ("axis",)

    name: str | None = "concordance_correlation"
    dtype: Any = None
    axis: int = -1
