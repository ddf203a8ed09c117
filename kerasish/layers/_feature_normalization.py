"""Normalization: features with a mean of 0 and a variance of 1, as data had them that were looked at before."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _settings, _tree
from kerasish._base._serialization import deserialize
from kerasish.layers._layer import Layer


class Normalization(Layer):
    """Shift and scale features: `(x - mean) / sqrt(variance)`, or the other way round.

    Mean and variance are given, or learned from data by `adapt`, before the model is trained.

    Args:
        axis: the axes that have a mean for each place, the last one by default; None for one of all values.
        mean, variance: numbers, or as many as the axes have places; both or neither.
        invert: whether it is undone: `x * sqrt(variance) + mean`.

    >>> layer = Normalization()
    >>> layer.adapt(torch.tensor([[1.0], [3.0]]))
    >>> layer(torch.tensor([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """

    _casts_ints = True

    axis: Any = -1
    mean: Any  # pyright: ignore[reportGeneralTypeIssues, reportRedeclaration] - a property keeps it, and is None by default
    variance: Any  # pyright: ignore[reportGeneralTypeIssues, reportRedeclaration]
    invert: bool = False

    @property
    def mean(self) -> Any:
        """What is subtracted, in a shape that broadcasts to inputs; None before the layer is built."""
        return self._statistic("mean")

    @mean.setter
    def mean(self, value: Any) -> None:
        self.__dict__["input_mean"] = _as_array(value)

    @property
    def variance(self) -> Any:
        """The square of what is divided by, in a shape that broadcasts to inputs; None before the layer is built."""
        return self._statistic("variance")

    @variance.setter
    def variance(self, value: Any) -> None:
        self.__dict__["input_variance"] = _as_array(value)

    def __post_init__(self) -> None:
        super().__post_init__()
        axes = () if self.axis is None else self.axis
        self.axis = (axes,) if isinstance(axes, int) else tuple(axes)
        if (self.input_mean is None) != (self.input_variance is None):
            told = f"{self.input_mean} and {self.input_variance}"
            raise ValueError(f"`mean` and `variance` must both be given, or neither; received {told}.")
        if self.input_mean is not None and self.input_mean.shape != self.input_variance.shape:
            told = f"{self.input_mean.shape} and {self.input_variance.shape}"
            raise ValueError(f"`mean` and `variance` must have one shape; received shapes {told}.")
        if self.input_mean is not None and self.input_mean.ndim > len(self.axis):
            raise ValueError(f"`mean` must have at most the {len(self.axis)} axes of `axis`; received {self.input_mean.shape}.")
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the statistics, unless they were given; the axes that have their own must be of a known size.

        Raises:
            ValueError: they are not, or there is no such axis.
        """
        ndim = len(input_shape)
        if any(not -ndim <= axis < ndim for axis in self.axis):
            raise ValueError(f"`axis` must lie in [-{ndim}, {ndim}) for inputs of shape {tuple(input_shape)}; it is {self.axis}.")
        self._kept = tuple(sorted(axis % ndim for axis in self.axis))
        shape = tuple(input_shape[axis] for axis in self._kept)
        if None in shape:
            raise ValueError(f"The axes {self.axis} must be of a known size; received shape {tuple(input_shape)}.")
        self._reduced = tuple(axis for axis in range(ndim) if axis not in self._kept)
        self._wide = tuple(input_shape[axis] if axis in self._kept else 1 for axis in range(ndim))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            # Keras's files hold a count, which nothing reads.
            self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")
            return
        for name, value in (("_mean", self.input_mean), ("_variance", self.input_variance)):
            wide = torch.from_numpy(np.broadcast_to(value, shape).copy()).view(self._wide)
            self.register_buffer(name, wide.to(self._device_of_weights()), persistent=False)

    def _statistic(self, name: str) -> Any:
        if not self.built and not self._in_build:
            return None
        return getattr(self, f"_{name}") if self.input_mean is not None else getattr(self, f"adapt_{name}").view(self._wide)

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize."""
        x = inputs.to(self._computes_in)
        mean, variance = self.mean.to(x.dtype), self.variance.to(x.dtype)
        deviation = variance.sqrt().clamp(min=_settings.epsilon())
        return torch.addcmul(mean, x, deviation) if self.invert else (x - mean) / deviation

    def adapt(self, data: Any) -> None:
        """Learn mean and variance: of an array or a tensor, or of batches of them; what was learned before is forgotten.

        Raises:
            ValueError: `mean` and `variance` were given, there is no data, or the axes have other sizes than before.
        """
        if self.input_mean is not None:
            raise ValueError(f"{self.name} was given `mean` and `variance`, so there is nothing to learn from data.")
        count, mean, spread = 0, torch.zeros(()), torch.zeros(())
        for batch in batches_of(data):
            x = torch.as_tensor(batch).double()
            if not self.built:
                self.build(tuple(x.shape))
            if x.ndim != len(self._wide) or any(x.shape[axis] != self._wide[axis] for axis in self._kept):
                told = f"built for {self._wide} with 1 for any; received shape {tuple(x.shape)}"
                raise ValueError(f"{self.name}: the axes {self.axis} must be of the sizes that it was built for: {told}.")
            new = math.prod(x.shape[axis] for axis in self._reduced)
            # (A reduction over no axes is one over all to torch.)
            variance, centre = torch.var_mean(x, self._reduced, correction=0) if self._reduced else (torch.zeros_like(x), x)
            part = new / (count + new)
            moved = mean + (centre - mean) * part
            spread = (spread + (mean - moved) ** 2) * (1 - part) + (variance + (centre - moved) ** 2) * part
            count, mean = count + new, moved
        if not count:
            raise ValueError("`data` must hold at least one batch; received none.")
        self.adapt_mean.assign(mean.to(self.adapt_mean.device, self.adapt_mean.dtype))
        self.adapt_variance.assign(spread.to(self.adapt_variance.device, self.adapt_variance.dtype))

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        config = super().get_config()
        for name, value in (("mean", self.input_mean), ("variance", self.input_variance)):
            config[name] = None if value is None else value.tolist()
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave."""
        return super().from_config({**config, **{key: deserialize(config.get(key)) for key in ("mean", "variance")}})


def _as_array(value: Any) -> np.ndarray | None:
    if value is None:
        return None
    return np.array(value.detach().cpu().numpy() if isinstance(value, Tensor) else value, "float32")


def batches_of(data: Any) -> Iterable[Any]:
    """Give the batches of an array, a tensor or an iterable of these, without targets.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(data, (np.ndarray, Tensor)):
        return [data]
    if isinstance(data, (list, tuple)) and data and not any(hasattr(leaf, "shape") for leaf in _tree.flatten(list(data[:1]))):
        return [np.array(data)]
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (list, tuple)):
        return (_inputs(data[i]) for i in range(len(data)))
    if not hasattr(data, "__iter__"):
        raise TypeError(f"`data` must be an array, a tensor, or batches of them; received {data!r}.")
    return (_inputs(batch) for batch in data)


def _inputs(batch: Any) -> Any:
    """The inputs of a batch, which may have targets beside them; a list of numbers or of strings has none."""
    if not isinstance(batch, (list, tuple)) or not batch:
        return batch
    first = batch[0]
    is_inputs = hasattr(first, "shape") or isinstance(batch, tuple) and not isinstance(first, (int, float, str, bytes))
    return first if is_inputs else batch
