"""Regression: how far predicted values are from the true ones."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base import _settings
from kerasish.metrics._inputs import as_tensor, floating_pair, same_rank
from kerasish.metrics._reduction import Mean
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import _MeanOfErrors, _MeanOfFunction

# Formulas of one place; the functions below are their means over the last axis.


def _squared(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return (y_true - y_pred).square_()


def _absolute(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return (y_true - y_pred).abs_()


def _percentage(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return (y_true - y_pred).div_(y_true.abs().clamp_(min=_settings.epsilon())).abs_().mul_(100.0)


def _squared_logarithmic(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return (_log1p(y_pred) - _log1p(y_true)).square_()


def _log1p(x: Tensor) -> Tensor:
    return x.clamp(min=_settings.epsilon()).log1p_()


def _log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    error = y_pred - y_true
    return error + F.softplus(-2.0 * error) - math.log(2.0)


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return F.cosine_similarity(y_true, y_pred, dim=axis, eps=_settings.epsilon())


@METRICS.function()
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean((y_true - y_pred)²)`, over the last axis.

    >>> mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
    [2.0]
    """
    return _squared(y_true, y_pred).mean(-1)


@METRICS.function()
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean(|y_true - y_pred|)`, over the last axis.

    >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
    [1.0]
    """
    return _absolute(y_true, y_pred).mean(-1)


@METRICS.function()
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `100 · mean(|(y_true - y_pred) / y_true|)`, over the last axis.

    >>> mean_absolute_percentage_error([[1.0, 2.0]], [[2.0, 2.0]]).tolist()
    [50.0]
    """
    return _percentage(y_true, y_pred).mean(-1)


@METRICS.function()
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean((log(1 + y_true) - log(1 + y_pred))²)`, over the last axis; negative values count as 0.

    >>> mean_squared_logarithmic_error([[1.0]], [[1.0]]).tolist()
    [0.0]
    """
    return _squared_logarithmic(y_true, y_pred).mean(-1)


@METRICS.function()
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean(log(cosh(y_pred - y_true)))`, over the last axis.

    >>> log_cosh([[1.0, 2.0]], [[1.0, 2.0]]).tolist()
    [0.0]
    """
    return _log_cosh(y_true, y_pred).mean(-1)


@METRICS.function()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Give each sample's mean, over the last axis, of `error² / 2` up to `delta`, and `delta · |error| - delta² / 2` beyond.

    >>> huber([[0.0, 0.0]], [[1.0, 3.0]]).tolist()
    [1.5]
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        y_true, y_pred = torch.broadcast_tensors(y_true, y_pred)
    return F.huber_loss(y_pred, y_true, reduction="none", delta=delta).mean(-1)


class MeanSquaredError(_MeanOfErrors):
    """The mean of the squares of errors: `mean((y_true - y_pred)²)`.

    Args:
        name, dtype: see Metric.

    >>> MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]).item()
    0.25
    """

    aliases = ("mse",)
    _direction = "down"
    _function = staticmethod(_squared)

    name: str | None = "mean_squared_error"
    dtype: Any = None


class RootMeanSquaredError(Mean):
    """The root of the mean of the squares of errors: `sqrt(mean((y_true - y_pred)²))`.

    Args:
        name, dtype: see Metric.

    >>> RootMeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]).item()
    0.5
    """

    aliases = ("rmse",)
    _direction = "down"

    name: str | None = "root_mean_squared_error"
    dtype: Any = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        y_pred = as_tensor(y_pred, self._compute)
        y_true, y_pred = same_rank(as_tensor(y_true, self._compute, y_pred), y_pred)
        super().update_state(_squared(y_true, y_pred), sample_weight)

    def result(self) -> Tensor:
        """The root of the mean so far."""
        return super().result().sqrt_()


class MeanAbsoluteError(_MeanOfErrors):
    """The mean of the sizes of errors: `mean(|y_true - y_pred|)`.

    Args:
        name, dtype: see Metric.

    >>> MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]).item()
    0.25
    """

    aliases = ("mae",)
    _direction = "down"
    _function = staticmethod(_absolute)

    name: str | None = "mean_absolute_error"
    dtype: Any = None


class MeanAbsolutePercentageError(_MeanOfErrors):
    """The mean size of errors, as a percentage of the true value: `100 · mean(|(y_true - y_pred) / y_true|)`.

    Args:
        name, dtype: see Metric.

    >>> MeanAbsolutePercentageError()([[1.0, 2.0]], [[2.0, 2.0]]).item()
    50.0
    """

    aliases = ("mape",)
    _direction = "down"
    _function = staticmethod(_percentage)

    name: str | None = "mean_absolute_percentage_error"
    dtype: Any = None


class MeanSquaredLogarithmicError(_MeanOfErrors):
    """The mean of `(log(1 + y_true) - log(1 + y_pred))²`; negative values count as 0.

    Args:
        name, dtype: see Metric.

    >>> MeanSquaredLogarithmicError()([[0.0]], [[1.0]]).item()
    0.4805
    """

    aliases = ("msle",)
    _direction = "down"
    _function = staticmethod(_squared_logarithmic)

    name: str | None = "mean_squared_logarithmic_error"
    dtype: Any = None


class CosineSimilarity(_MeanOfFunction):
    """The mean cosine of the angle between prediction and label: `sum(y_true · y_pred) / (‖y_true‖ ‖y_pred‖)`.

    Args:
        name, dtype: see Metric.
        axis: the axis along which the vectors lie.

    >>> CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]).item()
    0.5
    """

    _direction = "up"
    _function = staticmethod(_cosine)
    _options = ("axis",)

    name: str | None = "cosine_similarity"
    dtype: Any = None
    axis: int = -1

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this metric again."""
        config = super().get_config()
        if self.axis == -1:
            config.pop("axis", None)  # files of Keras never have it
        return config


class LogCoshError(_MeanOfErrors):
    """The mean of `log(cosh(y_pred - y_true))`: about `error² / 2` where small, `|error| - log 2` where large.

    Args:
        name, dtype: see Metric.

    >>> LogCoshError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]).item()
    0.1084
    """

    aliases = ("log_cosh",)
    _direction = "down"
    _function = staticmethod(_log_cosh)

    name: str | None = "logcosh"
    dtype: Any = None
