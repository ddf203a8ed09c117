"""Files, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _io

globals().update(_io.FILES)

__getattr__ = _absent.absent("tf.io")

__all__ = sorted(_io.FILES)
