"""Regression: losses of predicted amounts, and of predicted directions."""

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from kerasish._base import _settings
from kerasish.losses import _kernels
from kerasish.losses._alignment import pair, same_shape
from kerasish.losses._kernels import MEAN, NONE
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


@LOSSES.function("mse")
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of the squared differences: `mean((y_true - y_pred)²)` over the last axis.

    Shapes: (..., values), (..., values) → (...)

    >>> mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
    [2.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _kernels.mse_loss(y_pred, y_true, NONE).mean(-1)


class MeanSquaredError(Loss):
    """Mean of the squared differences: `mean((y_true - y_pred)²)`.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]).item()
    0.5
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_squared_error"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return mean_squared_error(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = same_shape(y_true, y_pred)
        return _kernels.mse_loss(y_pred, y_true, MEAN)


@LOSSES.function("mae")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of the absolute differences: `mean(|y_true - y_pred|)` over the last axis.

    Shapes: (..., values), (..., values) → (...)

    >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]]).tolist()
    [1.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _kernels.l1_loss(y_pred, y_true, NONE).mean(-1)


class MeanAbsoluteError(Loss):
    """Mean of the absolute differences: `mean(|y_true - y_pred|)`.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> MeanAbsoluteError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]).item()
    0.5
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_absolute_error"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return mean_absolute_error(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = same_shape(y_true, y_pred)
        return _kernels.l1_loss(y_pred, y_true, MEAN)


def _relative_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return ((y_true - y_pred) / y_true.abs().clamp(min=_settings.epsilon())).abs()


@LOSSES.function("mape")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean difference in percent of the label: `100 mean(|y_true - y_pred| / max(|y_true|, epsilon))` over the last axis.

    Shapes: (..., values), (..., values) → (...)

    >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]]).tolist()
    [25.0]
    """
    return 100.0 * _relative_error(*pair(y_true, y_pred)).mean(-1)


class MeanAbsolutePercentageError(Loss):
    """Mean difference in percent of the label: `100 mean(|y_true - y_pred| / max(|y_true|, epsilon))`.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]).item()
    25.0
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_absolute_percentage_error"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return mean_absolute_percentage_error(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return 100.0 * _relative_error(*same_shape(y_true, y_pred)).mean()


def _logarithm(y: Tensor) -> Tensor:
    return y.clamp(min=_settings.epsilon()).log1p()


@LOSSES.function("msle")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of the squared differences of logarithms: `mean((log(y_true + 1) - log(y_pred + 1))²)` over the last axis.

    Both are at least `epsilon()`: it is for amounts that are not negative.

    Shapes: (..., values), (..., values) → (...)

    >>> mean_squared_logarithmic_error([[0.0, 1.0]], [[0.0, 3.0]]).tolist()
    [0.2402]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _kernels.mse_loss(_logarithm(y_pred), _logarithm(y_true), NONE).mean(-1)


class MeanSquaredLogarithmicError(Loss):
    """Mean of the squared differences of logarithms: `mean((log(y_true + 1) - log(y_pred + 1))²)`.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> MeanSquaredLogarithmicError()([[0.0, 1.0]], [[0.0, 3.0]]).item()
    0.2402
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "mean_squared_logarithmic_error"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return mean_squared_logarithmic_error(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = same_shape(y_true, y_pred)
        return _kernels.mse_loss(_logarithm(y_pred), _logarithm(y_true), MEAN)


@LOSSES.function()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Mean of errors that count squared up to `delta` and linearly beyond it, over the last axis.

    `e²/2` where `|e| <= delta`, else `delta |e| - delta²/2`.

    Shapes: (..., values), (..., values) → (...)

    >>> huber([[0.0, 0.0]], [[0.5, 3.0]]).tolist()
    [1.3125]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _kernels.huber_loss(y_pred, y_true, NONE, delta).mean(-1)


class Huber(Loss):
    """Mean of errors that count squared up to `delta` and linearly beyond it: outliers weigh less.

    Args:
        delta: where the square ends; greater than 0.
        reduction, name, dtype: as in `Loss`.

    Source: Huber 1964, Annals of Statistics 53(1).

    >>> Huber()([[0.0, 0.0]], [[0.5, 3.0]]).item()
    1.3125
    """

    delta: float = 1.0
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "huber_loss"
    dtype: Any = None

    _rows_are_apart = True
    _seldom_written = ("delta",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise ValueError(f"`delta` must be greater than 0; received {self.delta!r}.")

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return huber(y_true, y_pred, self.delta)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = same_shape(y_true, y_pred)
        return _kernels.huber_loss(y_pred, y_true, MEAN, self.delta)


def _log_cosh_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    error = y_pred - y_true
    return error + F.softplus(-2.0 * error) - math.log(2.0)


@LOSSES.function("logcosh")
def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Mean of `log(cosh(y_pred - y_true))` over the last axis: `e²/2` for small errors, `|e| - log 2` for large ones.

    Shapes: (..., values), (..., values) → (...)

    >>> log_cosh([[0.0, 0.0]], [[1.0, 0.0]]).tolist()
    [0.2169]
    """
    return _log_cosh_error(*pair(y_true, y_pred)).mean(-1)


class LogCosh(Loss):
    """Mean of `log(cosh(y_pred - y_true))`: `e²/2` for small errors, `|e| - log 2` for large ones.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> LogCosh()([[0.0, 0.0]], [[1.0, 0.0]]).item()
    0.2169
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "log_cosh"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return log_cosh(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return _log_cosh_error(*same_shape(y_true, y_pred)).mean()


@LOSSES.function()
def cosine_similarity(y_true: Any, y_pred: Any, axis: int | tuple[int, ...] = -1) -> Tensor:
    """The cosine of the angle between label and prediction, with its sign turned: -1 is the same direction, 1 the opposite.

    `-sum(y_true / |y_true| · y_pred / |y_pred|)`; 0 where one of them is all zeros.

    Shapes: (..., values), (..., values) → (...)

    >>> cosine_similarity([[0.0, 1.0], [1.0, 1.0]], [[0.0, 5.0], [-1.0, 1.0]]).tolist()
    [-1.0, 0.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    if not isinstance(axis, int):
        last = tuple(range(-len(axis), 0))
        y_true, y_pred = (y.movedim(tuple(axis), last).flatten(last[0]) for y in (y_true, y_pred))
        axis = -1
    return -F.cosine_similarity(y_true, y_pred, dim=axis, eps=_settings.epsilon())


class CosineSimilarity(Loss):
    """The cosine of the angle between label and prediction, with its sign turned, so that training brings them together.

    Args:
        axis: the axis, or axes, that directions lie on.
        reduction, name, dtype: as in `Loss`.

    >>> CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[0.0, 5.0], [-1.0, 1.0]]).item()
    -0.5
    """

    axis: Any = -1
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "cosine_similarity"
    dtype: Any = None

    _rows_are_apart = True
    _seldom_written = ("axis",)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return cosine_similarity(y_true, y_pred, self.axis)
