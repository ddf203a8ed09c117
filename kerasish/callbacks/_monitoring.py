"""What callbacks share that watch one number of the logs: whether less or more of it is better, and whether it got better."""

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasish._base._registry import did_you_mean


class Monitoring:
    """Watch the number called `monitor`: less of it is better in mode "min", more in "max"; "auto" asks the metric."""

    monitor: str
    mode: str
    min_delta: float = 0.0
    model: Any
    best: Any = None
    monitor_op: Callable[[Any, Any], bool] | None = None

    def _check_mode(self) -> None:
        if self.mode not in ("auto", "min", "max"):
            warnings.warn(
                f"`mode` of {type(self).__name__} must be 'auto', 'min' or 'max'; received {self.mode!r}. 'auto' is used.",
                stacklevel=5,
            )
            self.mode = "auto"
        self.min_delta = abs(self.min_delta)

    def _monitored(self, logs: Any, what_is_lost: str) -> Any:
        """The number watched, or None and a warning where the logs do not have it."""
        logs = logs if logs is not None else {}
        value = logs.get(self.monitor)
        if value is None:
            hint = did_you_mean(self.monitor, list(logs))
            if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
                hint = " There was no validation: give `fit` validation_data or a validation_split."
            warnings.warn(
                f"{type(self).__name__} watches `{self.monitor}`, which is not among the logs: {what_is_lost}.{hint}",
                stacklevel=4,
            )
        return value

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        """Say whether a value is better than another by more than `min_delta`; anything is better than None.

        Raises:
            ValueError: `mode` is "auto", and it cannot be told from the number's name.
        """
        if self.monitor_op is None:
            self.monitor_op = self._find_direction()
        if reference is None:
            return True
        less = self.monitor_op is operator.lt
        return bool(self.monitor_op(value + self.min_delta if less else value - self.min_delta, reference))

    def _find_direction(self) -> Callable[[Any, Any], bool]:
        if self.mode != "auto":
            return operator.lt if self.mode == "min" else operator.gt
        name = self.monitor.removeprefix("val_")
        for metric in getattr(self.model, "metrics", []):
            # Those of `compile` are one metric, which knows the names that they have in logs.
            direction = getattr(getattr(metric, "shown", {metric.name: metric}).get(name), "_direction", None)
            if direction is not None:
                return operator.gt if direction == "up" else operator.lt
        if name.endswith("loss"):
            return operator.lt
        raise ValueError(
            f"{type(self).__name__} cannot tell whether less or more of `{self.monitor}` is better. Pass mode='min' or 'max'."
        )


def is_scalar(value: Any) -> bool:
    """Say whether a log is one number."""
    return np.ndim(value) == 0
