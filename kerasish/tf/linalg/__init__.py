"""Linear algebra, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _namespaces

globals().update(_namespaces.LINALG)

__getattr__ = _absent.absent("tf.linalg")

__all__ = sorted(_namespaces.LINALG)
