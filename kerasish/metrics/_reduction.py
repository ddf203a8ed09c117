"""Reduction: sums and means over batches, weighed or not."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish.core import Variable
from kerasish.metrics._inputs import as_tensor, broadcast_weight, same_rank, with_mask
from kerasish.metrics._metric import Metric, keeps_state_in_variables

NARROW = (torch.float16, torch.bfloat16)


class Sum(Metric):
    """The sum of all values, each times its weight.

    Args:
        name, dtype: see Metric.

    >>> total = Sum()
    >>> total.update_state([1.0, 3.0], sample_weight=[1.0, 0.5])
    >>> total.result().item()
    2.5
    """

    name: str | None = "sum"
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.total = self.add_variable((), dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add the values.

        Args:
            values: (samples, …), or one number.
            sample_weight: (samples, …) with at most the axes of `values`; a weight counts for all that it stands before.
        """
        values = as_tensor(values)
        if sample_weight is not None:
            values, _ = _weighed(values, sample_weight, self._compute, torch.sum)
        self.total.add_(_sum_of(values.to(self._compute)))

    def result(self) -> Tensor:
        """The sum so far."""
        return self.total


class Mean(Metric):
    """The mean of all values, each with its weight: `sum(values · weights) / sum(weights)`, and 0 of none.

    Args:
        name, dtype: see Metric; the dtype must be a floating one.

    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0], sample_weight=[1.0, 3.0])
    >>> mean.update_state(7.0, sample_weight=4)
    >>> mean.result().item()
    4.75
    """

    name: str | None = "mean"
    dtype: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self._compute.is_floating_point:
            raise ValueError(f"`dtype` of a mean must be a floating one, such as 'float32'; received {self.dtype!r}.")
        self.total = self.add_variable((), dtype=self.dtype, name="total")
        self._count = self.add_variable((), dtype=self.dtype, name="count")
        # Counted on the host: what an update without weights adds to the count is known there, and needs no kernel.
        self._counted: float = 0

    @property
    def count(self) -> Variable:
        """The sum of the weights so far."""
        self._settle()
        return self._count

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values into account. Those of one sample count as one: their mean.

        Args:
            values: (samples, …), or one number.
            sample_weight: a number for all, or (samples, …) with at most the axes of `values`.
        """
        values = as_tensor(values)
        if sample_weight is None:
            self._add(values, values.shape[0] if values.ndim else 1)
        elif isinstance(sample_weight, (int, float)):
            self._add(values, sample_weight)
        else:
            self._add_weighed(values, sample_weight)

    def result(self) -> Tensor:
        """The mean so far."""
        count = self.count
        return torch.where(count == 0, 0.0, self.total / count)

    def _add(self, values: Tensor, count: float) -> None:
        """Let the mean of these values count as often as said."""
        size = values.numel()
        share = count / size if size else float("nan") if count else 0.0
        whole = _sum_of(values) if values.ndim else values
        if share == 1:
            self.total.add_(whole)
        else:
            self.total.add_(whole, alpha=share)
        if keeps_state_in_variables():
            self._count.add_(count)
        else:
            self._counted += count

    def _add_weighed(self, values: Tensor, sample_weight: Any) -> None:
        values, weight = _weighed(values, sample_weight, self._compute, torch.mean)
        share = values.shape[0] / max(values.numel(), 1) if values.ndim > 1 else 1
        self.total.add_(values.sum(), alpha=share)
        self._count.add_(weight.sum(), alpha=share)

    def _settle(self) -> None:
        if self._counted:
            self._count.add_(self._counted)
            self._counted = 0


def _sum_of(values: Tensor) -> Tensor:
    if values.dtype is torch.bool and values.is_cpu:
        return torch.count_nonzero(values)  # half the time of `sum` there; elsewhere it is two kernels
    return values.sum(dtype=torch.float32) if values.dtype in NARROW else values.sum()


def _weighed(values: Tensor, sample_weight: Any, dtype: torch.dtype, reduce: Callable) -> tuple[Tensor, Tensor]:
    """Values times weights, and the weights, in one shape: that of the values without the axes which weights lack."""
    mask = getattr(values, "_keras_mask", None)
    values = values.to(dtype)
    weight = as_tensor(sample_weight, dtype, values)
    values, weight = same_rank(values, with_mask(weight, mask, dtype))
    if values.ndim > weight.ndim:
        values = reduce(values, dim=tuple(range(weight.ndim, values.ndim)))
    weight = broadcast_weight(weight, values.shape)
    return values * weight, weight
