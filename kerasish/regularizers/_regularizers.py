"""Regularizers: penalties on the size or the likeness of weights, to be added to the loss."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kerasish._base import _settings
from kerasish._base._configurable import Configurable
from kerasish.core import convert_to_tensor
from kerasish.regularizers._registry import REGULARIZERS


class Regularizer(Configurable):
    """Base of regularizers: callables that give a scalar penalty for a tensor. Subclass it and write `__call__`.

    >>> class Mean(Regularizer):
    ...     factor: float = 1.0
    ...     def __call__(self, x):
    ...         return self.factor * x.mean()
    >>> Mean(2.0)(torch.ones(3)).item(), Mean(2.0).get_config()
    (2.0, {'factor': 2.0})
    """

    registry = REGULARIZERS

    def __call__(self, x: Any) -> Any:
        """Give the penalty for this tensor; none in the base class."""
        return 0.0


class L1(Regularizer):
    """Penalty on absolute values: `l1 * sum(|x|)`.

    Args:
        l1: the factor, not negative.

    >>> L1(0.5)([[1.0, -3.0]]).item()
    2.0
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        self.l1 = _factor(0.01 if self.l1 is None else self.l1, "l1")

    def __call__(self, x: Any) -> Tensor:
        """Give the penalty, a scalar of `x`'s dtype."""
        return _absolute_sum(convert_to_tensor(x)) * self.l1


class L2(Regularizer):
    """Penalty on squares: `l2 * sum(x²)`.

    Args:
        l2: the factor, not negative.

    >>> L2(0.5)([[1.0, -3.0]]).item()
    5.0
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        self.l2 = _factor(0.01 if self.l2 is None else self.l2, "l2")

    def __call__(self, x: Any) -> Tensor:
        """Give the penalty, a scalar of `x`'s dtype."""
        return _square_sum(convert_to_tensor(x)) * self.l2


class L1L2(Regularizer):
    """Penalty on absolute values and on squares: `l1 * sum(|x|) + l2 * sum(x²)`.

    Args:
        l1, l2: the factors, not negative; a term with factor 0 is not computed.

    >>> L1L2(l1=1.0, l2=0.5)([[1.0, -3.0]]).item()
    9.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        self.l1 = _factor(0.0 if self.l1 is None else self.l1, "l1")
        self.l2 = _factor(0.0 if self.l2 is None else self.l2, "l2")

    def __call__(self, x: Any) -> Tensor:
        """Give the penalty, a scalar of `x`'s dtype."""
        x = convert_to_tensor(x)
        if self.l1 == 0.0:
            return _square_sum(x) * self.l2 if self.l2 != 0.0 else x.new_zeros(())
        penalty = _absolute_sum(x) * self.l1
        return penalty if self.l2 == 0.0 else penalty + _square_sum(x) * self.l2


class OrthogonalRegularizer(Regularizer):
    """Penalty on rows (or columns) of a matrix that point alike: `factor` times the mean `|cos|` over all pairs.

    Args:
        factor: the factor, not negative.
        mode: "rows" or "columns".

    Raises:
        ValueError: called with a tensor that is not a matrix.

    >>> OrthogonalRegularizer(1.0)([[1.0, 0.0], [0.0, 2.0]]).item()
    0.0
    """

    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        self.factor = _factor(self.factor, "factor")
        if self.mode not in ("rows", "columns"):
            raise ValueError(f"`mode` must be 'rows' or 'columns'; received {self.mode!r}.")

    def __call__(self, inputs: Any) -> Tensor:
        """Give the penalty, a scalar of the input's dtype."""
        x = convert_to_tensor(inputs)
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer needs a matrix, of shape (rows, columns); received {tuple(x.shape)}.")
        unit = F.normalize(x if self.mode == "rows" else x.t(), dim=1, eps=_settings.epsilon())
        size = unit.shape[0]
        return torch.triu(unit @ unit.t(), 1).abs().sum() * (self.factor / max(size * (size - 1) / 2, 1.0))


def _factor(value: Any, name: str) -> float:
    if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
        return float(value)
    raise ValueError(f"`{name}` must be a finite number of at least 0; received {value!r}.")


def _absolute_sum(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, 1)  # one kernel, and one for its gradient


def _square_sum(x: Tensor) -> Tensor:
    return (x * x).sum()
