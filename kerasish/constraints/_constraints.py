"""Constraints: projections that weights are put through after each step of the optimizer."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _settings
from kerasish._base._configurable import Configurable
from kerasish.constraints._registry import CONSTRAINTS
from kerasish.core import convert_to_tensor


class Constraint(Configurable):
    """Base of constraints: callables that give a weight's projection. Subclass it and write `__call__`.

    >>> class Cap(Constraint):
    ...     highest: float = 1.0
    ...     def __call__(self, w):
    ...         return w.clamp(max=self.highest)
    >>> Cap(2.0)(torch.tensor([1.0, 3.0])).tolist()
    [1.0, 2.0]
    """

    registry = CONSTRAINTS

    def __call__(self, w: Any) -> Any:
        """Give the weight's projection; the weight itself in the base class."""
        return w


class NonNeg(Constraint):
    """Weights that are not negative: `max(w, 0)`.

    >>> NonNeg()([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: Any) -> Tensor:
        """Give the weight with 0 where it was negative."""
        return torch.relu(convert_to_tensor(w))


class MaxNorm(Constraint):
    """Norms of at most a value: `w * min(norm, max_value) / (epsilon + norm)`.

    Args:
        max_value: the largest norm.
        axis: the axes of one norm: 0 for each unit of a Dense kernel, (0, 1, 2) for each filter of a Conv2D.

    >>> [round(v, 3) for v in MaxNorm(1.0)([3.0, 4.0]).tolist()]
    [0.6, 0.8]
    """

    max_value: float = 2
    axis: int | Sequence[int] | None = 0

    def __call__(self, w: Any) -> Tensor:
        """Give the weight, shortened where its norm is above `max_value`."""
        w, norms = _with_norms(w, self.axis)
        return w * (norms.clamp(0, self.max_value) / (norms + _settings.epsilon()))


class UnitNorm(Constraint):
    """Norms of one: `w / (epsilon + norm)`.

    Args:
        axis: the axes of one norm: 0 for each unit of a Dense kernel, (0, 1, 2) for each filter of a Conv2D.

    >>> [round(v, 3) for v in UnitNorm()([3.0, 4.0]).tolist()]
    [0.6, 0.8]
    """

    axis: int | Sequence[int] | None = 0

    def __call__(self, w: Any) -> Tensor:
        """Give the weight, brought to norm 1."""
        w, norms = _with_norms(w, self.axis)
        return w / (norms + _settings.epsilon())


class MinMaxNorm(Constraint):
    """Norms between two values: `w * wanted / (epsilon + norm)`.

    `wanted = rate * clip(norm, min_value, max_value) + (1 - rate) * norm`

    Args:
        min_value, max_value: the smallest and the largest norm.
        rate: how far towards the interval one application goes; 1 is all the way.
        axis: the axes of one norm: 0 for each unit of a Dense kernel, (0, 1, 2) for each filter of a Conv2D.

    >>> [round(v, 3) for v in MinMaxNorm(min_value=10.0, max_value=20.0)([3.0, 4.0]).tolist()]
    [6.0, 8.0]
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: int | Sequence[int] | None = 0

    def __call__(self, w: Any) -> Tensor:
        """Give the weight, its norm brought towards the interval."""
        w, norms = _with_norms(w, self.axis)
        wanted = norms.clamp(self.min_value, self.max_value)
        if self.rate != 1:
            wanted = torch.lerp(norms, wanted, self.rate)
        return w * (wanted / (norms + _settings.epsilon()))


def _with_norms(w: Any, axis: int | Sequence[int] | None) -> tuple[Tensor, Tensor]:
    w = convert_to_tensor(w)
    return w, torch.linalg.vector_norm(w, dim=axis, keepdim=True)  # type: ignore[arg-type]
