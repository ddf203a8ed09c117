"""F-scores: precision and recall in one number."""

from typing import Any

from torch import Tensor

from kerasish._base import _settings
from kerasish.metrics._inputs import as_tensor, broadcast_weight, misfit
from kerasish.metrics._metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")


class _FScore(Metric):
    """The weighed harmonic mean of precision and recall, for each class or averaged."""

    _direction = "up"

    average: str | None = None
    threshold: float | None = None
    beta = 1.0  # declared where it can be chosen

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.average not in _AVERAGES:
            raise ValueError(f"`average` must be one of {', '.join(map(repr, _AVERAGES))}; received {self.average!r}.")
        if not isinstance(self.beta, (int, float)) or self.beta <= 0:
            raise ValueError(f"`beta` must be a positive number; received {self.beta!r}.")
        if self.threshold is not None and (not isinstance(self.threshold, (int, float)) or not 0 < self.threshold <= 1):
            raise ValueError(f"`threshold` must be a number above 0 and up to 1, or None; received {self.threshold!r}.")
        self._built = False

    def _build(self, y_true: Tensor, y_pred: Tensor) -> None:
        if y_true.ndim != 2 or y_pred.ndim != 2:
            raise ValueError(
                f"{self.name} expects labels and predictions of shape (samples, classes); received {tuple(y_true.shape)} and "
                f"{tuple(y_pred.shape)}."
            )
        shape = () if self.average == "micro" else (y_pred.shape[1],)
        self.true_positives = self.add_variable(shape, dtype=self.dtype, name="true_positives")
        self.false_positives = self.add_variable(shape, dtype=self.dtype, name="false_positives")
        self.false_negatives = self.add_variable(shape, dtype=self.dtype, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, dtype=self.dtype, name="intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        y_pred = as_tensor(y_pred, self._compute)
        y_true = as_tensor(y_true, self._compute, y_pred)
        if not self._built:
            self._build(y_true, y_pred)
        if y_true.shape != y_pred.shape:
            raise misfit(y_true, y_pred)
        if self.threshold is None:
            positive = (y_pred >= y_pred.amax(-1, keepdim=True)).logical_and_(y_pred.abs() > 1e-9)
        else:
            positive = y_pred > self.threshold
        positive = positive.to(self._compute)
        found = positive * y_true
        if sample_weight is not None:
            weight = broadcast_weight(as_tensor(sample_weight, self._compute, y_pred), y_pred.shape[:1]).unsqueeze(1)
            positive, y_true, found = positive * weight, y_true * weight, found * weight
        true_positives, positives, actual = (self._total(counts) for counts in (found, positive, y_true))
        self.true_positives.add_(true_positives)
        self.false_positives.add_(positives.sub_(true_positives))
        self.false_negatives.add_(actual - true_positives)
        self.intermediate_weights.add_(actual)

    def _total(self, counts: Tensor) -> Tensor:
        return counts.sum() if self.average == "micro" else counts.sum(0)

    def result(self) -> Tensor:
        """The score so far: one for each class without an average."""
        if not self._built:
            raise ValueError(f"{self.name} has no result yet: it learns the number of classes from the first batch.")
        epsilon, square = _settings.epsilon(), self.beta**2
        precision = self.true_positives / (self.true_positives + self.false_positives + epsilon)
        recall = self.true_positives / (self.true_positives + self.false_negatives + epsilon)
        score = precision * recall / (square * precision + recall + epsilon) * (1 + square)
        if self.average == "weighted":
            return (score * (self.intermediate_weights / (self.intermediate_weights.sum() + epsilon))).sum()
        return score if self.average is None else score.mean()


class FBetaScore(_FScore):
    """The harmonic mean of precision and recall, recall weighed `beta` times: `(1 + β²) p r / (β² p + r)`.

    Args:
        average: None (each class), "micro" (over all places), "macro" (the mean of the classes), or "weighted" (the mean
            weighed by how often each class is a label).
        beta: how many times recall matters more than precision.
        threshold: a prediction above it is positive; by default the greatest of a sample is.
        name, dtype: see Metric.

    Shapes:
        y_true, y_pred (samples, classes).

    Raises:
        ValueError: an unknown average, `beta` not positive, a threshold outside of 0 to 1, or other shapes.

    >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.8]]).tolist()
    [0.5556, 0.8333]
    """

    average: str | None = None
    beta: float = 1.0
    threshold: float | None = None
    name: str | None = "fbeta_score"
    dtype: Any = None


class F1Score(_FScore):
    """The harmonic mean of precision and recall: `2 p r / (p + r)`.

    Args:
        average: None (each class), "micro" (over all places), "macro" (the mean of the classes), or "weighted" (the mean
            weighed by how often each class is a label).
        threshold: a prediction above it is positive; by default the greatest of a sample is.
        name, dtype: see Metric.

    Shapes:
        y_true, y_pred (samples, classes).

    Raises:
        ValueError: an unknown average, a threshold outside of 0 to 1, or other shapes.

    >>> F1Score(threshold=0.5, average="micro")([[1, 1], [1, 0]], [[0.2, 0.6], [0.6, 0.8]]).item()
    0.6667
    """

    average: str | None = None
    threshold: float | None = None
    name: str | None = "f1_score"
    dtype: Any = None
