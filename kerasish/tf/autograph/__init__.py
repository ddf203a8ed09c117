"""What TensorFlow says of Python code under tf.function, which is never rewritten here."""

from kerasish.tf import _absent
from kerasish.tf._function import autograph_experimental as experimental

__getattr__ = _absent.absent("tf.autograph")

__all__ = [
    "experimental",
]
