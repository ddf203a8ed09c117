"""R²: how much of the labels' variance the predictions explain."""

from typing import Any

import torch
from torch import Tensor

from kerasish.metrics._inputs import as_tensor, broadcast_weight, misfit, same_rank
from kerasish.metrics._metric import Metric

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """How much of the labels' variance is explained: `1 - sum((y_true - y_pred)²) / sum((y_true - mean(y_true))²)`.

    Args:
        class_aggregation: what becomes of the scores of several outputs: "uniform_average" (their mean),
            "variance_weighted_average" (weighed by the labels' variance), or None (kept apart).
        num_regressors: the number of inputs, for the adjusted score `1 - (1 - R²) (n - 1) / (n - regressors - 1)`; 0 for
            the plain one, which is also given while there are too few samples to adjust.
        name, dtype: see Metric.

    Shapes:
        y_true, y_pred (samples, outputs).

    Raises:
        ValueError: an unknown aggregation, a negative number of regressors, or other shapes.

    >>> R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]).item()
    0.5714
    """

    _direction = "up"

    class_aggregation: str | None = "uniform_average"
    num_regressors: int = 0
    name: str | None = "r2_score"
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.class_aggregation not in _AGGREGATIONS:
            known = ", ".join(map(repr, _AGGREGATIONS))
            raise ValueError(f"`class_aggregation` must be one of {known}; received {self.class_aggregation!r}.")
        if self.num_regressors < 0:
            raise ValueError(f"`num_regressors` must not be negative; received {self.num_regressors}.")
        self.num_samples = self.add_variable((), name="num_samples")
        self._built = False

    def _build(self, y_true: Tensor, y_pred: Tensor) -> None:
        if y_true.ndim != 2 or y_pred.ndim != 2:
            raise ValueError(
                "R2Score expects labels and predictions of shape (samples, outputs); received "
                f"{tuple(y_true.shape)} and {tuple(y_pred.shape)}."
            )
        shape = (y_pred.shape[1],)
        self.squared_sum = self.add_variable(shape, name="squared_sum")
        self.sum = self.add_variable(shape, name="sum")
        self.total_mse = self.add_variable(shape, name="residual")
        self.count = self.add_variable(shape, name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        y_pred = as_tensor(y_pred, self._compute)
        y_true, y_pred = same_rank(as_tensor(y_true, self._compute, y_pred), y_pred)
        if not self._built:
            self._build(y_true, y_pred)
        if y_true.shape != y_pred.shape:
            raise misfit(y_true, y_pred)
        residual = (y_true - y_pred).square_()
        if sample_weight is None:
            self.sum.add_(y_true.sum(0))
            self.squared_sum.add_(y_true.square().sum(0))
            self.count.add_(y_true.shape[0])
        else:
            weight = as_tensor(sample_weight, self._compute, y_true)
            weight = broadcast_weight(weight.unsqueeze(1) if weight.ndim == 1 else weight, y_true.shape)
            weighed = y_true * weight
            self.sum.add_(weighed.sum(0))
            self.squared_sum.add_(weighed.mul_(y_true).sum(0))
            self.count.add_(weight.sum(0))
            residual.mul_(weight)
        self.total_mse.add_(residual.sum(0))
        self.num_samples.add_(y_true.numel())

    def result(self) -> Tensor:
        """The score so far."""
        if not self._built:
            raise ValueError(f"{self.name} has no result yet: it learns the number of outputs from the first batch.")
        total = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1 - self.total_mse / total
        scores = torch.where(torch.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Tensor) -> Tensor:
        samples, regressors = self.num_samples, self.num_regressors
        adjusted = 1 - (1 - scores) * (samples - 1) / (samples - regressors - 1)
        return torch.where(samples - 1 > regressors, adjusted, scores)
