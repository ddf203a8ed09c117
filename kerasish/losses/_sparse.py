"""Sparse cross entropies: losses of labels that are class numbers."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from kerasish._base import _settings
from kerasish.losses._alignment import tensor_beside
from kerasish.losses._loss import Loss
from kerasish.losses._registry import LOSSES
from kerasish.losses._rows import check_class_axis, numbered_rows, out_of_range

# A number that is no class and no one's label: torch would leave out -100 unasked.
_NOTHING = -(2**31)
# Above this many classes it is cheaper to pick the label's probability first and then to take its logarithm.
_MANY_CLASSES = 64


def log_probability(part: Tensor, whole: Tensor) -> Tensor:
    """The logarithm of a part of a whole, held `epsilon()` away from 0 and 1."""
    eps = _settings.epsilon()
    return (part / whole).clamp(eps, 1.0 - eps).log()


def _cross_entropy(scores: Tensor, labels: Tensor, from_logits: bool, ignored: int | None, reduction: str) -> Tensor:
    """The cross entropy of rows of scores, classes on axis 1; what is ignored counts 0."""
    left_out = _NOTHING if ignored is None else ignored
    try:
        if from_logits:
            return F.cross_entropy(scores, labels, ignore_index=left_out, reduction=reduction)
        whole = scores.sum(1, keepdim=True)
        if ignored is not None or scores.shape[1] <= _MANY_CLASSES:
            return F.nll_loss(log_probability(scores, whole), labels, ignore_index=left_out, reduction=reduction)
        chosen = log_probability(scores.gather(1, labels.unsqueeze(1)), whole)
        return -(chosen.mean() if reduction == "mean" else chosen.squeeze(1))
    except (IndexError, RuntimeError) as error:
        if "out of bounds" not in str(error):
            raise
        raise ValueError(out_of_range(labels if ignored is None else labels[labels != ignored], scores)) from error


@LOSSES.function()
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Cross entropy of class numbers: `-log p[y_true]`.

    Args:
        y_true: class numbers, of any integer dtype; a class axis of size 1 may be there.
        from_logits: whether predictions are logits; else they are probabilities, which are divided by their sum.
        ignore_class: a number in the labels that is no class: its loss is 0, and masked.
        axis: the axis of the classes.

    Shapes: (...), (..., classes) → (...)

    >>> sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]).tolist()
    [0.0513, 2.3026]
    """
    y_pred = tensor_beside(y_pred, None)
    scores, labels, shape = numbered_rows(y_true, y_pred, axis)
    losses = _cross_entropy(scores, labels, from_logits, ignore_class, "none").reshape(shape)
    if ignore_class is not None:
        losses._keras_mask = (labels != ignore_class).reshape(shape)  # type: ignore[attr-defined]
    return losses


class SparseCategoricalCrossentropy(Loss):
    """Cross entropy of class numbers: `-log p[y_true]`. For one-hot labels there is `CategoricalCrossentropy`.

    Args:
        from_logits: whether predictions are logits, which is faster and more exact; else they are probabilities.
        ignore_class: a number in the labels that is no class and does not count, such as 255 or -1.
        reduction, name, dtype: as in `Loss`.
        axis: the axis of the classes.

    Shapes: (...), (..., classes); labels may be (..., 1)

    Raises:
        ValueError: labels that are one-hot, or numbers that there are no scores for.

    >>> SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]).item()
    1.1769
    """

    from_logits: bool = False
    ignore_class: int | None = None
    reduction: str | None = "sum_over_batch_size"
    axis: int = -1
    name: str | None = "sparse_categorical_crossentropy"
    dtype: Any = None

    _rows_are_apart = True
    _takes_class_numbers = True
    _seldom_written = ("axis",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_class_axis(self.axis)

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)

    def fused(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        scores, labels, _ = numbered_rows(y_true, y_pred, self.axis)
        if self.ignore_class is None:
            return _cross_entropy(scores, labels, self.from_logits, None, "mean")
        # Not "mean": it would be nan where nothing counts.
        total = _cross_entropy(scores, labels, self.from_logits, self.ignore_class, "sum")
        return total / (labels != self.ignore_class).sum().clamp(min=1)

    def _adds_up(self) -> bool:
        return self.ignore_class is None and super()._adds_up()  # else the mean is over the rows that are left


@LOSSES.function()
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """Generalized cross entropy of class numbers, which wrong labels harm less: `(1 - p[y_true] ^ q) / q`.

    Args:
        y_true: class numbers.
        y_pred: probabilities.
        q: from the cross entropy, towards 0, to the absolute error, at 1.

    Shapes: (...), (..., classes) → (...)

    Source: Zhang and Sabuncu 2018, arXiv 1805.07836.

    >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).tolist()
    [1.0]
    """
    y_pred = tensor_beside(y_pred, None)
    scores, labels, shape = numbered_rows(y_true, y_pred, -1)
    try:
        chosen = scores.gather(1, labels.unsqueeze(1)).reshape(shape)
    except RuntimeError as error:
        if "out of bounds" not in str(error):
            raise
        raise ValueError(out_of_range(labels, scores)) from error
    return (1 - chosen.pow(q)) / q


class CategoricalGeneralizedCrossEntropy(Loss):
    """Generalized cross entropy of class numbers, which wrong labels harm less: `(1 - p[y_true] ^ q) / q`.

    Args:
        q: between 0, towards which it is the cross entropy, and 1, towards which it is the absolute error.
        reduction, name, dtype: as in `Loss`.

    Shapes: (...), (..., classes), which are probabilities

    Source: Zhang and Sabuncu 2018, arXiv 1805.07836.

    >>> CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]).item()
    1.0
    """

    q: float = 0.5
    reduction: str | None = "sum_over_batch_size"
    name: str | None = "categorical_generalized_cross_entropy"
    dtype: Any = None

    _takes_class_numbers = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.q < 1:
            raise ValueError(f"`q` must lie between 0 and 1; received {self.q!r}.")

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)
