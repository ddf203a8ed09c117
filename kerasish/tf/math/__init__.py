"""Math: elementwise functions, reductions and the like, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _functions

globals().update(_functions.MATH)

__all__ = sorted(_functions.MATH)
