"""Linear algebra, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _functions

globals().update(_functions.LINALG)

__all__ = sorted(_functions.LINALG)
