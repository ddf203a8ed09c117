"""Constraints: projections of weights, applied after each step of the optimizer."""

from kerasish.constraints._constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from kerasish.constraints._registry import deserialize, get, serialize

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
