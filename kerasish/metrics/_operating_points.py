"""Operating points: the best of one rate where another is at least so high."""

from typing import Any

import torch
from torch import Tensor

from kerasish.metrics._confusion import _Confusion, check_class_id, divide_no_nan, spaced_thresholds


class _OperatingPoint(_Confusion):
    """The greatest of one rate over the thresholds where another rate is not below a bound, and 0 if it is everywhere."""

    _direction = "up"
    _bound = ""  # the field that says it

    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.value: float = getattr(self, self._bound)
        if not isinstance(self.value, (int, float)) or not 0 <= self.value <= 1:
            raise ValueError(f"`{self._bound}` must be a number between 0 and 1; received {self.value!r}.")
        check_class_id(self.class_id)
        self.thresholds = spaced_thresholds(self.num_thresholds)
        self._set_up(self.thresholds, even=self.num_thresholds > 1)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        self._count(y_true, y_pred, sample_weight, class_id=self.class_id)

    def _rates(self) -> tuple[Tensor, Tensor]:
        """The rate that is bounded and the rate that is wanted, at each threshold."""
        raise NotImplementedError

    def result(self) -> Tensor:
        """The best rate so far."""
        self._settle()
        bounded, wanted = self._rates()
        return torch.where(bounded >= self.value, wanted, 0.0).amax()

    def _sensitivity(self) -> Tensor:
        return divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _specificity(self) -> Tensor:
        return divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def _precision(self) -> Tensor:
        return divide_no_nan(self.true_positives, self.true_positives + self.false_positives)


class SensitivityAtSpecificity(_OperatingPoint):
    """The best `tp / (tp + fn)` over the thresholds where `tn / (tn + fp)` is at least so high.

    Args:
        specificity: how high, from 0 to 1.
        num_thresholds: how many are tried, from 0 to 1.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: a rate outside of 0 to 1, no positive number of thresholds; a class that is not there.

    >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]).item()
    0.5
    """

    _bound = "specificity"

    specificity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def _rates(self) -> tuple[Tensor, Tensor]:
        return self._specificity(), self._sensitivity()


class SpecificityAtSensitivity(_OperatingPoint):
    """The best `tn / (tn + fp)` over the thresholds where `tp / (tp + fn)` is at least so high.

    Args:
        sensitivity: how high, from 0 to 1.
        num_thresholds: how many are tried, from 0 to 1.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: a rate outside of 0 to 1, no positive number of thresholds; a class that is not there.

    >>> SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]).item()
    0.6667
    """

    _bound = "sensitivity"

    sensitivity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def _rates(self) -> tuple[Tensor, Tensor]:
        return self._sensitivity(), self._specificity()


class PrecisionAtRecall(_OperatingPoint):
    """The best `tp / (tp + fp)` over the thresholds where `tp / (tp + fn)` is at least so high.

    Args:
        recall: how high, from 0 to 1.
        num_thresholds: how many are tried, from 0 to 1.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: a rate outside of 0 to 1, no positive number of thresholds; a class that is not there.

    >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]).item()
    0.5
    """

    _bound = "recall"

    recall: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def _rates(self) -> tuple[Tensor, Tensor]:
        return self._sensitivity(), self._precision()


class RecallAtPrecision(_OperatingPoint):
    """The best `tp / (tp + fn)` over the thresholds where `tp / (tp + fp)` is at least so high.

    Args:
        precision: how high, from 0 to 1.
        num_thresholds: how many are tried, from 0 to 1.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: a rate outside of 0 to 1, no positive number of thresholds; a class that is not there.

    >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]).item()
    0.5
    """

    _bound = "precision"

    precision: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def _rates(self) -> tuple[Tensor, Tensor]:
        return self._precision(), self._sensitivity()
