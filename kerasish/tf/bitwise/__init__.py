"""Functions of the bits of whole numbers, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _elementwise

globals().update(_elementwise.BITWISE)

__getattr__ = _absent.absent("tf.bitwise")

__all__ = sorted(_elementwise.BITWISE)
