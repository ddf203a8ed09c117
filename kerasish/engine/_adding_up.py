"""Adding up: whether the loss and the metrics of many rows at once are those of the rows batch by batch."""

from typing import Any

from torch import Tensor

from kerasish import losses
from kerasish.engine._training_state import TrainingState
from kerasish.metrics import (
    Mean,
    MeanMetricWrapper,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    Sum,
)

# What the functions inside these do is not known here, or what is counted is not rows.
_UNKNOWN_METRICS = (Mean, MeanMetricWrapper, Sum)
_OF_CLASS_NUMBERS = (SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy)
_REPLACED = {"__call__", "update_state", "reset_state", "result"}


def adds_up(state: TrainingState, y: Any, y_pred: Any, sample_weight: Any) -> bool:
    """Say whether a batch of any number of rows counts for the loss and the metrics as its parts would, one after the other.

    Losses and metrics of users' own may look at a batch as they like; those of the library are known.

    Args:
        state: what `compile` made; it has seen a batch.
        y, y_pred, sample_weight: a batch.
    """
    loss = None if state.loss is None else state.loss.only
    if loss is None or not isinstance(y, Tensor) or not isinstance(y_pred, Tensor) or y_pred.dim() < 2:
        return False
    if sample_weight is not None and (not isinstance(sample_weight, Tensor) or sample_weight.dim() != y_pred.dim() - 1):
        return False
    metrics = [] if state.metrics is None else state.metrics.metrics
    if y.dim() != y_pred.dim():
        # Labels of another rank are class numbers, or else they are brought to one shape in ways that may mix rows.
        if y.dim() != y_pred.dim() - 1 or y_pred.shape[-1] == 1 or type(loss) is not losses.SparseCategoricalCrossentropy:
            return False
        if any(type(metric) not in _OF_CLASS_NUMBERS for metric in metrics):
            return False
    return loss._adds_up() and all(map(metric_adds_up, metrics))


def metric_adds_up(metric: Any) -> bool:
    """Say whether a metric is one of the library's, which all count rows and add what they count."""
    return (
        type(metric).__module__.startswith("kerasish.metrics.")
        and type(metric) not in _UNKNOWN_METRICS
        and getattr(metric, "axis", -1) == -1
        and metric.__dict__.keys().isdisjoint(_REPLACED)
    )
