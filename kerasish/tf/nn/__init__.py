"""Functions that neural networks are made of, under TensorFlow's names."""

# pyright: reportUnsupportedDunderAll=false

from kerasish.tf import _absent, _nn

globals().update(_nn.NN)

__getattr__ = _absent.absent("tf.nn")

__all__ = sorted(_nn.NN)
