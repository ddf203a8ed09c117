"""Functions that neural networks are made of, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _functions, _random

globals().update(_functions.NN, dropout=_random.DROPOUT)

__all__ = sorted([*_functions.NN, "dropout"])
