"""Math: elementwise functions, reductions and the like, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _namespaces

globals().update(_namespaces.MATH)

__getattr__ = _absent.absent("tf.math")

__all__ = sorted(_namespaces.MATH)
