"""How whatever stands for a metric becomes one: names, configs, classes, functions."""

from typing import Any

from kerasish._base._names import to_snake_case
from kerasish.metrics._accuracy import resolve_accuracy
from kerasish.metrics._metric import Metric
from kerasish.metrics._registry import METRICS
from kerasish.metrics._wrapper import MeanMetricWrapper


def as_metric(identifier: Any, y_true_shape: Any = None, y_pred_shape: Any = None) -> Metric:
    """Make a metric of whatever stands for one: a name, config, class, function, loss, or a metric itself.

    A name becomes the metric's name as it is spelled. With both shapes, "accuracy", "acc", "crossentropy" and "ce"
    mean the binary, sparse or categorical one that fits them.

    Raises:
        ValueError: nothing of that name, or something that cannot be a metric.
    """
    if isinstance(identifier, str) and y_true_shape is not None and y_pred_shape is not None:
        metric = METRICS.get(resolve_accuracy(identifier, y_true_shape, y_pred_shape))
    else:
        metric = METRICS.get(identifier)
    if not isinstance(metric, Metric):
        if not callable(metric):
            raise ValueError(
                f"A metric must be a name, a Metric, or a function (y_true, y_pred) -> values; received {identifier!r}."
            )
        name = getattr(metric, "name", None) or to_snake_case(getattr(metric, "__name__", type(metric).__name__))
        metric = MeanMetricWrapper(fn=metric, name=name)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
