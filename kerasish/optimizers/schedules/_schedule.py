"""The base of learning rate schedules, and the one formula that serves steps on the host and steps in tensors."""

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from kerasish._base._configurable import Configurable
from kerasish.core import torch_dtype
from kerasish.optimizers._registry import SCHEDULES


class LearningRateSchedule(Configurable):
    """A function from the step to the learning rate. To make your own, write `__call__(self, step)`.

    The optimizer gives `step` as an int tensor on the CPU, and takes a number or a tensor without axes back.

    >>> class Halving(LearningRateSchedule):
    ...     initial: float
    ...     def __call__(self, step):
    ...         return self.initial * 0.5 ** int(step)
    >>> Halving(0.8)(2), Halving(0.8).get_config()
    (0.2, {'initial': 0.8})
    """

    registry = SCHEDULES
    takes_numbers: ClassVar[bool] = False

    def __call__(self, step: Any) -> Any:
        """Give the learning rate at a step, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} must override `__call__(self, step)`.")


class _FormulaSchedule(LearningRateSchedule):
    """A schedule that is one formula, `_rate(step, by)`, where `by` is the mathematics of numbers or of tensors.

    A Python number gives a Python float, which costs the training step no kernel; a tensor gives a tensor.
    """

    takes_numbers = True

    def __call__(self, step: Any) -> Any:
        """Give the learning rate at a step: a float for a number, a tensor for a tensor."""
        if isinstance(step, Tensor):
            return self._rate(step.detach().to(torch_dtype(None)), OfTensors)
        return float(self._rate(float(step), OfNumbers))

    def _rate(self, step: Any, by: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must override `__call__(self, step)`.")

    def _check_positive(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) <= 0:
                raise ValueError(f"{type(self).__name__}: `{name}` must be > 0; received {getattr(self, name)!r}.")


class OfNumbers:
    """What formulas call, for Python's numbers."""

    cos = math.cos
    ceil = math.ceil
    minimum = min

    @staticmethod
    def floor(x: float) -> float:
        return math.floor(x) if math.isfinite(x) else x

    @staticmethod
    def log(x: float) -> float:
        return math.log(x) if x > 0 else math.nan

    @staticmethod
    def where(condition: bool, yes: float, no: float) -> float:
        return yes if condition else no


class OfTensors:
    """What formulas call, for tensors."""

    cos = torch.cos
    ceil = torch.ceil
    floor = torch.floor
    log = torch.log
    where = torch.where

    @staticmethod
    def minimum(x: Tensor, most: float) -> Tensor:
        return x.clamp(max=most)


def plain_number(value: Any) -> Any:
    """Take the number out of a tensor as a person would write it: 0.001, not 0.0010000000474974513."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        value = value.detach().cpu() if isinstance(value, Tensor) else torch.as_tensor(value)
        if value.is_floating_point():
            return float(str(value.float().numpy() if value.dtype is not torch.float64 else value.numpy()))
        return value.item()
    return value


Number = Annotated[float, plain_number]


def serialize(learning_rate_schedule: LearningRateSchedule | Callable) -> Any:
    """Describe a schedule by plain data."""
    return SCHEDULES.serialize(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the schedule that `serialize` described."""
    return SCHEDULES.deserialize(config, custom_objects)
