"""The wrapper: the mean, over samples, of a function of labels and predictions."""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from kerasish._base._names import fold
from kerasish._base._registry import find_custom, get_registered_name, registries
from kerasish._base._serialization import deserialize, serialize
from kerasish.metrics._inputs import as_tensor, with_mask
from kerasish.metrics._reduction import NARROW, Mean
from kerasish.metrics._registry import METRICS


class _MeanOfFunction(Mean):
    """The mean of `_function(y_true, y_pred, **options)`, which gives a value for each sample."""

    _function: ClassVar[Callable]
    _options: ClassVar[tuple[str, ...]] = ()  # the fields that the function takes
    _widens: ClassVar[bool] = True  # predictions in half precision are first cast to the metric's dtype

    def __post_init__(self) -> None:
        super().__post_init__()
        self._arguments = {name: getattr(self, name) for name in self._options}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account. A mask that the predictions carry counts as weights of 0 and 1."""
        mask = getattr(y_pred, "_keras_mask", None)
        if self._widens:
            y_pred = as_tensor(y_pred)
            if y_pred.dtype in NARROW:
                y_pred = y_pred.to(self._compute)
        if sample_weight is None and mask is None:
            self._add(*self._parts(y_true, y_pred))
        else:
            self._add_weighed(self._values(y_true, y_pred), with_mask(sample_weight, mask, self._compute))

    def _values(self, y_true: Any, y_pred: Any) -> Tensor:
        return as_tensor(self._function(y_true, y_pred, **self._arguments))

    def _parts(self, y_true: Any, y_pred: Any) -> tuple[Tensor, int]:
        """Anything whose mean is the mean of the values, and the number of samples: less work where there are no weights."""
        values = self._values(y_true, y_pred)
        return values, values.shape[0] if values.ndim else 1


class _MeanOfErrors(_MeanOfFunction):
    """The same where `_function` gives an error for each place, and the value of a sample is the mean over the last axis."""

    def _values(self, y_true: Any, y_pred: Any) -> Tensor:
        return super()._values(y_true, y_pred).mean(-1)

    def _parts(self, y_true: Any, y_pred: Any) -> tuple[Tensor, int]:
        errors = super()._values(y_true, y_pred)
        return errors, errors.shape[0] if errors.ndim > 1 else 1


class MeanMetricWrapper(_MeanOfFunction):
    """The mean of a function over all samples.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` gives a value for each sample.
        name, dtype: see Metric.
        **kwargs: what else the function is given.

    >>> def largest_error(y_true, y_pred):
    ...     return (y_true - y_pred).abs().amax(-1)
    >>> MeanMetricWrapper(largest_error)(np.zeros((2, 2)), np.array([[1.0, 3.0], [2.0, 0.0]])).item()
    2.5
    """

    _widens = False

    fn: Callable
    name: str | None = None
    dtype: Any = None

    def __pre_init__(self) -> None:
        super().__pre_init__()
        self._extra: dict[str, Any] = self.__dict__.get("_extra", {})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.fn):
            raise ValueError(f"`fn` must be a function (y_true, y_pred) -> values; received {self.fn!r}.")
        self._function, self._arguments = self.fn, self._extra  # type: ignore[misc]
        if _is_loss(self.fn):
            self._direction = "down"

    def _values(self, y_true: Any, y_pred: Any) -> Tensor:
        y_true, y_pred = (as_tensor(y) if isinstance(y, np.ndarray) else y for y in (y_true, y_pred))
        return super()._values(y_true, y_pred)

    def _take_argument(self, name: str, value: Any) -> None:
        self.__dict__.setdefault("_extra", {})[name] = value

    def get_config(self) -> dict[str, Any]:
        """Give the arguments that would make this metric again; the function is told by its name."""
        config = super().get_config()
        if "fn" in config:
            config["fn"] = _describe(self.fn)
        return config if self._own_init else {**config, **{name: serialize(value) for name, value in self._extra.items()}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a metric from what `get_config` gave."""
        if isinstance(config.get("fn"), dict):
            config = {name: _function(value) if name == "fn" else deserialize(value) for name, value in config.items()}
        return cls(**config)


def _is_loss(function: Callable) -> bool:
    losses = registries.get("keras.losses")
    if losses is None:
        return False
    if METRICS.owns(function):
        return fold(function.__name__) in losses.functions
    return losses.owns(function) or losses.owns(type(function))


def _describe(function: Callable) -> Any:
    if inspect.isfunction(function) and function.__name__ != "<lambda>":
        name = get_registered_name(function)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    return serialize(function)


def _function(described: dict[str, Any]) -> Any:
    """The function that Keras's files name without its module."""
    name = described.get("config")
    if described.get("class_name") != "function" or not isinstance(name, str):
        return deserialize(described)
    custom = find_custom(name)
    if custom is not None:
        return custom
    for registry in (METRICS, *registries.values()):
        found = registry.functions.get(fold(name))
        if found is not None and found.__name__ == name:
            return found
    return deserialize(described)
