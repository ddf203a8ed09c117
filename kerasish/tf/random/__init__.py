"""Random tensors, under TensorFlow's names."""

# ruff: noqa: F401 - the names listed at the end are put together from a table
# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _random
from kerasish.tf.random._generator import Generator, get_global_generator, set_global_generator

globals().update(_random.RANDOM)

__getattr__ = _absent.absent("tf.random")

__all__ = sorted({*_random.RANDOM, "Generator", "get_global_generator", "set_global_generator"})
