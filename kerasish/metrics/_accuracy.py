"""Accuracy: how often predictions are right."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish.core import torch_dtype
from kerasish.metrics._inputs import as_tensor, misfit, pair, same_rank
from kerasish.metrics._reduction import NARROW
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import _MeanOfFunction


def resolve_accuracy(name: str, y_true_shape: Any, y_pred_shape: Any) -> str:
    """Say which accuracy, or crossentropy, is meant where the labels' shape decides; other names stay as they are.

    One value for each sample is binary; labels without the class axis, or with one of size 1, are sparse.

    Args:
        name: "accuracy", "acc", "crossentropy" or "ce", in any case.
        y_true_shape, y_pred_shape: shapes of a batch.
    """
    family = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}.get(name.lower())
    if family is None:
        return name
    if not len(y_pred_shape):
        raise ValueError(f"{name!r} needs predictions of shape (batch, …); received a number. Name the metric that you mean.")
    if y_pred_shape[-1] == 1:
        return f"binary_{family}"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return f"sparse_categorical_{family}"
    return f"categorical_{family}"


class _Accuracy(_MeanOfFunction):
    """The mean of a function that says of each sample whether the prediction is right, as a bool."""

    _direction = "up"
    _widens = False


def _floats(matches: Tensor) -> Tensor:
    return matches.to(torch_dtype(_settings.floatx()))


def _equal(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = pair(y_true, y_pred)
    return y_true == y_pred


class Accuracy(_Accuracy):
    """How often predictions equal labels: `mean(y_true == y_pred)`.

    Args:
        name, dtype: see Metric.

    >>> Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]).item()
    0.75
    """

    _function = staticmethod(_equal)

    name: str | None = "accuracy"
    dtype: Any = None


def _right_side(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    y_pred = as_tensor(y_pred)
    y_true, y_pred = same_rank(as_tensor(y_true, beside=y_pred), y_pred)
    if y_pred.dtype in NARROW:
        y_pred = y_pred.float()  # else the threshold would be rounded
    return y_true == (y_pred > threshold)


@METRICS.function()
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """Say 1 where prediction and label lie on one side: `y_true == (y_pred > threshold)`.

    >>> binary_accuracy([[1], [0]], [[0.7], [0.6]]).tolist()
    [[1.0], [0.0]]
    """
    return _floats(_right_side(y_true, y_pred, threshold))


class BinaryAccuracy(_Accuracy):
    """How often predictions lie on the label's side of a threshold: `mean(y_true == (y_pred > threshold))`.

    Args:
        name, dtype: see Metric.
        threshold: above it a prediction means 1; between 0 and 1 for probabilities, 0 for logits.

    >>> BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]]).item()
    0.75
    """

    _function = staticmethod(_right_side)
    _options = ("threshold",)

    name: str | None = "binary_accuracy"
    dtype: Any = None
    threshold: float = 0.5


def _same_class(y_true: Any, y_pred: Any) -> Tensor:
    y_pred = as_tensor(y_pred)
    return _argmax_is(_argmax(as_tensor(y_true, beside=y_pred)), y_pred)


def _class_named(y_true: Any, y_pred: Any) -> Tensor:
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, beside=y_pred)
    matches = _argmax_is(y_true, y_pred)
    return matches.squeeze(-1) if matches.ndim > 1 and matches.shape[-1] == 1 else matches


def _argmax_is(labels: Tensor, y_pred: Tensor) -> Tensor:
    if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
        labels = labels.squeeze(-1)
    found = _argmax(y_pred)
    if labels.shape != found.shape:
        raise misfit(labels, y_pred)
    return labels == found


def _argmax(scores: Tensor) -> Tensor:
    return (scores.to(torch.uint8) if scores.dtype is torch.bool else scores).argmax(-1)


@METRICS.function()
def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Say 1 where the greatest prediction is of the label's class: `argmax(y_true) == argmax(y_pred)`.

    >>> categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).tolist()
    [0.0, 1.0]
    """
    return _floats(_same_class(y_true, y_pred))


class CategoricalAccuracy(_Accuracy):
    """How often the greatest prediction is of the label's class: `mean(argmax(y_true) == argmax(y_pred))`.

    Args:
        name, dtype: see Metric.

    Shapes:
        y_true (…, classes), one-hot; y_pred (…, classes).

    >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).item()
    0.5
    """

    _function = staticmethod(_same_class)

    name: str | None = "categorical_accuracy"
    dtype: Any = None


@METRICS.function()
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Say 1 where the greatest prediction is of the label's class: `y_true == argmax(y_pred)`.

    >>> sparse_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).tolist()
    [0.0, 1.0]
    """
    return _floats(_class_named(y_true, y_pred))


class SparseCategoricalAccuracy(_Accuracy):
    """How often the greatest prediction is of the label's class: `mean(y_true == argmax(y_pred))`.

    Args:
        name, dtype: see Metric.

    Shapes:
        y_true (…) or (…, 1), class numbers; y_pred (…, classes).

    >>> SparseCategoricalAccuracy()([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]]).item()
    0.5
    """

    _function = staticmethod(_class_named)

    name: str | None = "sparse_categorical_accuracy"
    dtype: Any = None


def _in_top(labels: Tensor, scores: Tensor, k: int) -> Tensor:
    """Whether fewer than `k` scores are greater than the label's own."""
    if k > scores.shape[-1]:
        raise ValueError(f"`k` must not be greater than the number of classes, {scores.shape[-1]}; received {k}.")
    if labels.shape != scores.shape[:-1]:
        raise misfit(labels, scores)
    own = scores.gather(-1, labels.long().unsqueeze(-1))
    return (scores > own).sum(-1) < k


def _among_top(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    y_pred = as_tensor(y_pred)
    return _in_top(_argmax(as_tensor(y_true, beside=y_pred)), y_pred, k)


def _named_among_top(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, beside=y_pred)
    labels = y_true.squeeze(-1) if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true
    if from_sorted_ids:
        if labels.shape != y_pred.shape[:-1]:
            raise misfit(labels, y_pred)
        matches = (labels.unsqueeze(-1) == y_pred[..., :k]).any(-1)
    else:
        matches = _in_top(labels, y_pred, k)
    return matches.view(y_true.shape)


@METRICS.function()
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """Say 1 where the label's class is among the `k` greatest predictions.

    >>> top_k_categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=2).tolist()
    [1.0, 1.0]
    """
    return _floats(_among_top(y_true, y_pred, k))


@METRICS.function()
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    """Say 1 where the label's class is among the `k` greatest predictions.

    Args:
        y_true: class numbers (…) or (…, 1).
        y_pred: scores (…, classes), or class numbers (…, at least k), best first.
        k: how many may come before it, and it.
        from_sorted_ids: whether `y_pred` holds class numbers.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=1).tolist()
    [0.0, 1.0]
    """
    return _floats(_named_among_top(y_true, y_pred, k, from_sorted_ids))


class _TopK(_Accuracy):
    k: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.k, int) or self.k < 1:
            raise ValueError(f"`k` must be a positive integer; received {self.k!r}.")


class TopKCategoricalAccuracy(_TopK):
    """How often the label's class is among the `k` greatest predictions.

    Args:
        k: how many may be greater, and the one that is right.
        name, dtype: see Metric.

    Shapes:
        y_true (…, classes), one-hot; y_pred (…, classes).

    >>> TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).item()
    0.5
    """

    _function = staticmethod(_among_top)
    _options = ("k",)

    k: int = 5
    name: str | None = "top_k_categorical_accuracy"
    dtype: Any = None


class SparseTopKCategoricalAccuracy(_TopK):
    """How often the label's class is among the `k` greatest predictions.

    Args:
        k: how many may be greater, and the one that is right.
        name, dtype: see Metric.
        from_sorted_ids: whether predictions are class numbers, best first, rather than scores.

    Shapes:
        y_true (…) or (…, 1), class numbers; y_pred (…, classes), or (…, at least k) class numbers.

    >>> SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).item()
    0.5
    """

    _function = staticmethod(_named_among_top)
    _options = ("k", "from_sorted_ids")

    k: int = 5
    name: str | None = "sparse_top_k_categorical_accuracy"
    dtype: Any = None
    from_sorted_ids: bool = False

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this metric again."""
        config = super().get_config()
        if not self.from_sorted_ids:
            config.pop("from_sorted_ids", None)  # files of Keras have it only where it is set
        return config
