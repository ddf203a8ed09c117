"""TensorFlow's spelling: the same objects under its names, with its defaults and its printed forms.

>>> import kerasish.tf as tf
>>> x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
>>> print(x)
tf.Tensor(
[[1. 2. 3.]
 [4. 5. 6.]], shape=(2, 3), dtype=float32)
>>> tf.reduce_sum(x)
<tf.Tensor: shape=(), dtype=float32, numpy=21.0>
"""

# ruff: noqa: F401 - the names listed at the end are put together from tables
# pyright: reportUnsupportedDunderAll=false

from kerasish import initializers, metrics, optimizers
from kerasish.data import TensorSpec
from kerasish.models import Module
from kerasish.tf import _dtypes, _functions, config, data, keras, linalg, math, nn, random, saved_model, train
from kerasish.tf._dtypes import DType, as_dtype
from kerasish.tf._function import Function, function
from kerasish.tf._gradients import GradientTape
from kerasish.tf._shape import TensorShape
from kerasish.tf._tensor import Tensor
from kerasish.tf._variable import Variable

globals().update(_functions.TOP)
globals().update(_dtypes.DTYPES)
is_tensor = _functions.is_tensor
losses = keras.losses
newaxis = None

__all__ = sorted(
    {
        *_functions.TOP,
        *_dtypes.DTYPES,
        "DType",
        "Function",
        "GradientTape",
        "Module",
        "Tensor",
        "TensorShape",
        "TensorSpec",
        "Variable",
        "as_dtype",
        "config",
        "data",
        "function",
        "initializers",
        "is_tensor",
        "keras",
        "linalg",
        "losses",
        "math",
        "metrics",
        "newaxis",
        "nn",
        "optimizers",
        "random",
        "saved_model",
        "train",
    }
)
