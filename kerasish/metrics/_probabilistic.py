"""Probabilistic metrics: how improbable the predictions make the labels."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base import _settings
from kerasish.metrics._inputs import as_tensor, floating_pair, misfit
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import _MeanOfErrors, _MeanOfFunction


@METRICS.function("kld", "kullback_leibler_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `sum(y_true · log(y_true / y_pred))`, over the last axis.

    >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).tolist()
    [0.0]
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    y_true, y_pred = (p.clamp(_settings.epsilon(), 1) for p in (y_true, y_pred))
    return (y_true * (y_true / y_pred).log_()).sum(-1)


def _poisson(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    return y_pred - y_true * (y_pred + _settings.epsilon()).log_()


@METRICS.function()
def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """Give each sample's `mean(y_pred - y_true · log(y_pred))`, over the last axis.

    >>> poisson([[1.0, 0.0]], [[1.0, 1.0]]).tolist()
    [1.0]
    """
    return _poisson(y_true, y_pred).mean(-1)


def _binary(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0) -> Tensor:
    y_true, y_pred = floating_pair(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        raise misfit(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(y_pred, y_true, reduction="none")
    return F.binary_cross_entropy(_inside(y_pred), y_true, reduction="none")


def _inside(probabilities: Tensor) -> Tensor:
    return probabilities.clamp(_settings.epsilon(), 1 - _settings.epsilon())


@METRICS.function()
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Give each sample's `-mean(y_true · log(y_pred) + (1 - y_true) · log(1 - y_pred))`, over an axis.

    >>> binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).item()
    0.6931
    """
    return _binary(y_true, y_pred, from_logits, label_smoothing).mean(axis)


@METRICS.function()
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
    """Give each sample's mean binary crossentropy, over an axis, each place times `(1 - p)^gamma`.

    `p` is the probability of what is true. Balancing also weighs ones with `alpha` and zeros with `1 - alpha`.

    Source: Lin et al. 2017, arXiv 1708.02002.

    >>> binary_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).item()
    0.1733
    """
    y_true, y_pred = floating_pair(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        y_pred = y_pred.sigmoid()
    improbable = 1 - (y_true * y_pred + (1 - y_true) * (1 - y_pred))
    values = improbable.pow(gamma) * _binary(y_true, y_pred)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return values.mean(axis)


def _smoothed(y_true: Any, y_pred: Any, label_smoothing: float) -> tuple[Tensor, Tensor]:
    y_true, y_pred = floating_pair(y_true, y_pred)
    if y_true.shape != y_pred.shape or not y_pred.ndim:
        raise misfit(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return y_true, y_pred


@METRICS.function()
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Give each sample's `-sum(y_true · log(y_pred))` over the axis of classes.

    >>> categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).item()
    0.6931
    """
    y_true, y_pred = _smoothed(y_true, y_pred, label_smoothing)
    return (y_true * _log_probabilities(y_pred, from_logits, axis)).sum(axis).neg_()


def _log_probabilities(y_pred: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return F.log_softmax(y_pred, axis)
    return _inside(y_pred / y_pred.sum(axis, keepdim=True)).log_()


@METRICS.function()
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Give each sample's `-sum(alpha · (1 - y_pred)^gamma · y_true · log(y_pred))` over the axis of classes.

    Source: Lin et al. 2017, arXiv 1708.02002.

    >>> categorical_focal_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).item()
    0.0433
    """
    y_true, y_pred = _smoothed(y_true, y_pred, label_smoothing)
    if from_logits:
        y_pred = y_pred.softmax(axis)
    y_pred = _inside(y_pred / y_pred.sum(axis, keepdim=True))
    return (alpha * (1 - y_pred).pow(gamma) * y_true * y_pred.log()).sum(axis).neg_()


@METRICS.function()
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Give each sample's `-log(y_pred[y_true])`.

    Args:
        y_true: class numbers (…) or (…, 1).
        y_pred: probabilities (…, classes), or logits.
        from_logits: whether they are logits.
        ignore_class: a class number whose samples get 0, and a mask that says so.
        axis: the axis of classes.

    >>> sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).item()
    0.6931
    """
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, beside=y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != y_pred.shape[: axis % y_pred.ndim] + y_pred.shape[axis % y_pred.ndim + 1 :]:
        raise misfit(y_true, y_pred)
    labels, kept = y_true.long(), None
    if ignore_class is not None:
        kept = labels != ignore_class
        labels = torch.where(kept, labels, 0)
    chances = y_pred.movedim(axis, -1).flatten(0, -2) if y_pred.ndim > 1 else y_pred.unsqueeze(0)
    values = F.nll_loss(_log_probabilities(chances, from_logits, -1), labels.flatten(), reduction="none").view(y_true.shape)
    if kept is not None:
        values = torch.where(kept, values, 0.0)
        values._keras_mask = kept  # type: ignore[attr-defined]
    return values


class KLDivergence(_MeanOfFunction):
    """The mean of `sum(y_true · log(y_true / y_pred))`.

    Args:
        name, dtype: see Metric.

    >>> KLDivergence()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).item()
    0.4581
    """

    aliases = ("kld", "kullback_leibler_divergence")
    _direction = "down"
    _function = staticmethod(kl_divergence)

    name: str | None = "kl_divergence"
    dtype: Any = None


class Poisson(_MeanOfErrors):
    """The mean of `y_pred - y_true · log(y_pred)`.

    Args:
        name, dtype: see Metric.

    >>> Poisson()([[1.0, 0.0]], [[1.0, 1.0]]).item()
    1.0
    """

    _direction = "down"
    _function = staticmethod(_poisson)

    name: str | None = "poisson"
    dtype: Any = None


class BinaryCrossentropy(_MeanOfErrors):
    """The mean of `-(y_true · log(y_pred) + (1 - y_true) · log(1 - y_pred))`.

    Args:
        name, dtype: see Metric.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far labels are moved towards 1/2; 0 to 1.

    >>> BinaryCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]).item()
    0.6931
    """

    aliases = ("bce",)
    _direction = "down"
    _function = staticmethod(_binary)
    _options = ("from_logits", "label_smoothing")

    name: str | None = "binary_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0


class CategoricalCrossentropy(_MeanOfFunction):
    """The mean of `-sum(y_true · log(y_pred))`; labels are one-hot.

    Args:
        name, dtype: see Metric.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: how far labels are moved towards equal chances for all classes; 0 to 1.
        axis: the axis of classes.

    >>> CategoricalCrossentropy()([[0, 1, 0]], [[0.25, 0.5, 0.25]]).item()
    0.6931
    """

    _direction = "down"
    _function = staticmethod(categorical_crossentropy)
    _options = ("from_logits", "label_smoothing", "axis")

    name: str | None = "categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0
    axis: int = -1


class SparseCategoricalCrossentropy(_MeanOfFunction):
    """The mean of `-log(y_pred[y_true])`; labels are class numbers.

    Args:
        name, dtype: see Metric.
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: a class number whose samples count as 0.
        axis: the axis of classes.

    >>> SparseCategoricalCrossentropy()([1], [[0.25, 0.5, 0.25]]).item()
    0.6931
    """

    _direction = "down"
    _function = staticmethod(sparse_categorical_crossentropy)
    _options = ("from_logits", "ignore_class", "axis")

    name: str | None = "sparse_categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    ignore_class: int | None = None
    axis: int = -1
