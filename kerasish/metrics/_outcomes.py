"""Outcomes: counts of true and false positives and negatives, precision and recall."""

from typing import Any, ClassVar

from torch import Tensor

from kerasish.core import Variable
from kerasish.metrics._confusion import LOWEST, _Confusion, are_even, check_class_id, check_thresholds, check_top_k, divide_no_nan


class _AtThresholds(_Confusion):
    """Outcomes at thresholds that the user names; `init_thresholds` is what was said, `thresholds` the list."""

    thresholds: Any = None

    def _begin(self, default: float = 0.5) -> None:
        self.init_thresholds = self.thresholds
        self.thresholds = check_thresholds(self.thresholds, default)
        self._set_up(self.thresholds, are_even(self.thresholds))

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this metric again."""
        config = super().get_config()
        return {**config, "thresholds": self.init_thresholds} if "thresholds" in config else config

    def _each(self, values: Tensor) -> Tensor:
        """One number for one threshold, else one for each."""
        return values[0].clone() if len(self.thresholds) == 1 else values.clone()


class _Outcome(_AtThresholds):
    """One outcome, in a Variable that is called `accumulator`."""

    thresholds: Any = None
    name: str | None = None
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begin()
        self.accumulator: Variable = getattr(self, self._outcomes[0])
        self.accumulator._name, self.accumulator._path = "accumulator", f"{self.name}/accumulator"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        self._count(y_true, y_pred, sample_weight)

    def result(self) -> Tensor:
        """The weights counted so far, for each threshold if there are several."""
        self._settle()
        return self._each(self.accumulator)


class TruePositives(_Outcome):
    """How many predictions above the threshold are of label 1, each counted with its weight.

    Args:
        thresholds: a number from 0 to 1, or a list of such; 0.5 by default.
        name, dtype: see Metric.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]).item()
    2.0
    """

    _outcomes = ("true_positives",)


class FalsePositives(_Outcome):
    """How many predictions above the threshold are of label 0, each counted with its weight.

    Args:
        thresholds: a number from 0 to 1, or a list of such; 0.5 by default.
        name, dtype: see Metric.

    >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]).item()
    2.0
    """

    _outcomes = ("false_positives",)


class TrueNegatives(_Outcome):
    """How many predictions not above the threshold are of label 0, each counted with its weight.

    Args:
        thresholds: a number from 0 to 1, or a list of such; 0.5 by default.
        name, dtype: see Metric.

    >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]).item()
    2.0
    """

    _outcomes = ("true_negatives",)


class FalseNegatives(_Outcome):
    """How many predictions not above the threshold are of label 1, each counted with its weight.

    Args:
        thresholds: a number from 0 to 1, or a list of such; 0.5 by default.
        name, dtype: see Metric.

    >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]).item()
    2.0
    """

    _outcomes = ("false_negatives",)


class _Share(_AtThresholds):
    """True positives among all of some kind: themselves and those of a second outcome."""

    _direction = "up"
    _outcomes: ClassVar[tuple[str, ...]]

    thresholds: Any = None
    top_k: int | None = None
    class_id: int | None = None
    name: str | None = None
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_top_k(self.top_k)
        check_class_id(self.class_id)
        self._begin(0.5 if self.top_k is None else LOWEST)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        self._count(y_true, y_pred, sample_weight, self.top_k, self.class_id)

    def result(self) -> Tensor:
        """The share so far, for each threshold if there are several; 0 of none."""
        self._settle()
        found, others = (getattr(self, name) for name in self._outcomes)
        return self._each(divide_no_nan(found, found + others))


class Precision(_Share):
    """The share of positive predictions that are right: `tp / (tp + fp)`.

    Args:
        thresholds: a prediction above it is positive; a number from 0 to 1, or a list of such; 0.5 by default, or none
            where `top_k` is given.
        top_k: only the so many greatest predictions of a sample can be positive.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: thresholds outside of 0 to 1, or arguments that are no integers; a class that is not there.

    >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1]).item()
    0.6667
    """

    _outcomes = ("true_positives", "false_positives")


class Recall(_Share):
    """The share of ones among the labels that are found: `tp / (tp + fn)`.

    Args:
        thresholds: a prediction above it is positive; a number from 0 to 1, or a list of such; 0.5 by default, or none
            where `top_k` is given.
        top_k: only the so many greatest predictions of a sample can be positive.
        class_id: the class, on the last axis, to look at alone.
        name, dtype: see Metric.

    Raises:
        ValueError: thresholds outside of 0 to 1, or arguments that are no integers; a class that is not there.

    >>> Recall()([0, 1, 1, 1], [1, 0, 1, 1]).item()
    0.6667
    """

    _outcomes = ("true_positives", "false_negatives")
