"""Probabilistic: losses between distributions and of counts. Cross entropies have files of their own."""

from typing import Any

from torch import Tensor

from kerasish._base import _settings
from kerasish.losses._alignment import pair, same_shape
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES


@LOSSES.function("kld", "kullback_leibler_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """How far a predicted distribution is from the true one: `sum(y_true log(y_true / y_pred))` over the last axis.

    Probabilities are held between `epsilon()` and 1.

    Shapes: (..., classes), (..., classes) → (...)

    >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).tolist()
    [0.1438]
    """
    y_true, y_pred = (y.clamp(_settings.epsilon(), 1) for y in pair(y_true, y_pred))
    return (y_true * (y_true / y_pred).log()).sum(-1)


class KLDivergence(Loss):
    """How far a predicted distribution is from the true one: `sum(y_true log(y_true / y_pred))`.

    Args:
        reduction, name, dtype: as in `Loss`.

    Source: Kullback and Leibler 1951, Annals of Mathematical Statistics 22(1).

    >>> KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).item()
    0.1438
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "kl_divergence"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return kl_divergence(y_true, y_pred)


def _unlikeliness_of_count(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return y_pred - y_true * (y_pred + _settings.epsilon()).log()


@LOSSES.function()
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """How unlikely counts are under predicted rates: `mean(y_pred - y_true log(y_pred + epsilon))` over the last axis.

    Shapes: (..., values), (..., values) → (...)

    >>> poisson([[1.0, 0.0]], [[2.0, 1.0]]).tolist()
    [1.1534]
    """
    return _unlikeliness_of_count(*pair(y_true, y_pred)).mean(-1)


class Poisson(Loss):
    """How unlikely counts are under predicted rates: `mean(y_pred - y_true log(y_pred + epsilon))`.

    Args:
        reduction, name, dtype: as in `Loss`.

    >>> Poisson()([[1.0, 0.0]], [[2.0, 1.0]]).item()
    1.1534
    """

    reduction: str | None = "sum_over_batch_size"
    name: str | None = "poisson"
    dtype: Any = None

    _rows_are_apart = True

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return poisson(y_true, y_pred)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return _unlikeliness_of_count(*same_shape(y_true, y_pred)).mean()
