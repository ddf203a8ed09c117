"""Images, under TensorFlow's names; shape (height, width, channels), or (batch, …) of that."""

# ruff: noqa: F401 - the names listed at the end are put together from a table
# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _namespaces
from kerasish.tf._image import ResizeMethod

globals().update(_namespaces.IMAGE)

__getattr__ = _absent.absent("tf.image")

__all__ = sorted({*_namespaces.IMAGE, "ResizeMethod"})
