"""Random tensors, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _random

globals().update(_random.RANDOM)

__all__ = sorted(_random.RANDOM)
