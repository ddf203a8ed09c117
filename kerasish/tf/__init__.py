"""TensorFlow's spelling: the same objects under its names, with its defaults and its printed forms.

>>> import kerasish.tf as tf
>>> x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
>>> x
<tf.Tensor: shape=(2, 3), dtype=float32, numpy=
array([[1., 2., 3.],
       [4., 5., 6.]], dtype=float32)>
>>> tf.reduce_sum(x)
<tf.Tensor: shape=(), dtype=float32, numpy=21.0>
"""

# ruff: noqa: F401 - the names listed at the end are put together from tables
# pyright: reportUnsupportedDunderAll=false

from kerasish import initializers, optimizers
from kerasish._version import __version__
from kerasish.models import Module
from kerasish.tf import (
    _absent,
    _dtypes,
    _namespaces,
    autodiff,
    autograph,
    bitwise,
    config,
    data,
    debugging,
    distribute,
    errors,
    image,
    io,
    keras,
    linalg,
    math,
    nest,
    nn,
    random,
    saved_model,
    signal,
    summary,
    test,
    train,
    version,
)
from kerasish.tf._devices import device
from kerasish.tf._dtypes import DType, as_dtype
from kerasish.tf._function import Function, function
from kerasish.tf._gradients import GradientTape
from kerasish.tf._shape import TensorShape
from kerasish.tf._specs import TensorSpec, UnconnectedGradients
from kerasish.tf._tensor import Tensor
from kerasish.tf._tensor_array import TensorArray
from kerasish.tf._variable import Variable

_INITIALIZERS = {
    "constant_initializer": initializers.Constant,
    "ones_initializer": initializers.Ones,
    "random_normal_initializer": initializers.RandomNormal,
    "random_uniform_initializer": initializers.RandomUniform,
    "zeros_initializer": initializers.Zeros,
}

globals().update(_namespaces.TOP, **_dtypes.DTYPES, **_INITIALIZERS)
losses, metrics = keras.losses, keras.metrics
newaxis = None

__getattr__ = _absent.absent("tf")

__all__ = sorted(
    {
        *_namespaces.TOP,
        *_dtypes.DTYPES,
        *_INITIALIZERS,
        "DType",
        "Function",
        "GradientTape",
        "Module",
        "Tensor",
        "TensorArray",
        "TensorShape",
        "TensorSpec",
        "UnconnectedGradients",
        "Variable",
        "as_dtype",
        "autodiff",
        "autograph",
        "bitwise",
        "config",
        "data",
        "debugging",
        "device",
        "distribute",
        "errors",
        "function",
        "image",
        "initializers",
        "io",
        "keras",
        "linalg",
        "losses",
        "math",
        "metrics",
        "nest",
        "newaxis",
        "nn",
        "optimizers",
        "random",
        "saved_model",
        "signal",
        "summary",
        "test",
        "train",
        "version",
    }
)
