"""Gradients, under TensorFlow's names."""

from kerasish.tf import _absent
from kerasish.tf._gradients import GradientTape

__getattr__ = _absent.absent("tf.autodiff")

__all__ = [
    "GradientTape",
]
