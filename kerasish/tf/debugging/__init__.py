"""Assertions about tensors, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _debugging

globals().update(_debugging.DEBUGGING)

__getattr__ = _absent.absent("tf.debugging")

__all__ = sorted(_debugging.DEBUGGING)
