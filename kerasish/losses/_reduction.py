"""Reduction: one number, or one for each sample, of the values of a loss, their weights and their mask."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base._registry import did_you_mean
from kerasish.losses._alignment import align, tensor_beside

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)
# Without weights and masks these two are the plain mean.
MEANS = ("sum_over_batch_size", "mean")


def check_reduction(reduction: Any) -> None:
    """Refuse what is not the name of a reduction."""
    if reduction is not None and (not isinstance(reduction, str) or reduction not in REDUCTIONS):
        hint = did_you_mean(reduction, [name for name in REDUCTIONS if name]) if isinstance(reduction, str) else ""
        names = ", ".join(map(repr, REDUCTIONS))
        raise ValueError(f"`reduction` must be one of {names}; received {reduction!r}.{hint}")


def reduce_weighted(values: Tensor, sample_weight: Any, mask: Any, reduction: str | None, dtype: torch.dtype) -> Tensor:
    """Weigh the values and reduce them.

    `sum_over_batch_size` and `mean` divide by the number of values that the mask leaves, whatever the weights;
    `mean_with_sample_weight` by the sum of the weights; `sum` does not divide; `none` keeps the values apart.

    Args:
        values: the loss of each sample, or of each place of it.
        sample_weight: what each counts; may lack axes of size 1.
        mask: True where a value counts.
    """
    values = tensor_beside(values, None, dtype)
    weight = None if sample_weight is None else tensor_beside(sample_weight, values, dtype)
    if mask is not None:
        weight = _masked(weight, tensor_beside(mask, values), reduction, dtype)
    if weight is not None:
        values, weight = align(values, weight)
        values = _weighed(values, weight)
    return _reduced(values, weight, reduction)


def _masked(weight: Tensor | None, mask: Tensor, reduction: str | None, dtype: torch.dtype) -> Tensor:
    """The weights with the mask in them; for a mean, those that stay make up for those that go."""
    masked = mask.to(dtype)
    if reduction in MEANS:
        masked = masked * _divided(mask.numel(), masked.sum())
    if weight is None:
        return masked
    masked, weight = align(masked, weight)
    return _weighed(weight, masked, "mask")


def _weighed(values: Tensor, weight: Tensor, name: str = "sample_weight") -> Tensor:
    try:
        return values * weight
    except RuntimeError as error:
        raise ValueError(
            f"`{name}` must have a shape that broadcasts to {tuple(values.shape)}, one for each value; received "
            f"{tuple(weight.shape)}. One weight for a whole sample needs axes of size 1: sample_weight[:, None]."
        ) from error


def _reduced(values: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if reduction is None or reduction == "none" or values.ndim == 0 or values.shape == (0,):
        return values
    if reduction == "mean_with_sample_weight" and weight is not None:
        return _divided(values.sum(), weight.sum())
    if reduction == "sum" or values.numel() == 0:
        return values.sum()
    return values.mean()


def _divided(a: Tensor | int, b: Tensor) -> Tensor:
    """The quotient, and 0 where the divisor is 0."""
    nothing = b == 0
    return torch.where(nothing, 0, a / torch.where(nothing, 1, b))
