"""The registry of metrics, and the three functions that names and configs go through."""

from collections.abc import Mapping
from typing import Any

from kerasish._base._names import fold
from kerasish._base._registry import Registry, find_custom


class _Metrics(Registry):
    """A name means the class, even where a function is spelled exactly so: "mean_squared_error" is to be counted over batches."""

    def get(self, identifier: Any) -> Any:
        if isinstance(identifier, str) and find_custom(identifier) is None:
            identifier = self.classes.get(fold(identifier), identifier)
        return super().get(identifier)


METRICS = _Metrics("metric", "keras.metrics")


def get(identifier: Any) -> Any:
    """Give the metric that a name, config, class, function or object stands for; None stays None.

    Raises:
        ValueError: no metric has that name; the message says what was probably meant.

    >>> get("mse").name
    'mean_squared_error'
    """
    return METRICS.get(identifier)


def serialize(metric: Any) -> Any:
    """Describe a metric by plain data.

    >>> serialize(get("TopKCategoricalAccuracy"))["config"]
    {'k': 5, 'name': 'top_k_categorical_accuracy', 'dtype': 'float32'}
    """
    return METRICS.serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the metric that `serialize` described.

    Args:
        config: a config, or a name.
        custom_objects: your own classes and functions that the config names.

    >>> deserialize({"class_name": "Recall", "config": {"top_k": 3}}).top_k
    3
    """
    return METRICS.deserialize(config, custom_objects)
