"""Fourier transforms, windows and frames, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _signal

globals().update(_signal.SIGNAL)

__getattr__ = _absent.absent("tf.signal")

__all__ = sorted(_signal.SIGNAL)
