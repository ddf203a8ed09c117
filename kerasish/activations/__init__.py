"""Activations: functions of a tensor that bend it, by name in layers and callable on their own."""

from kerasish.activations._rectifiers import (
    celu,
    elu,
    hard_shrink,
    leaky_relu,
    linear,
    relu,
    relu6,
    selu,
    soft_shrink,
    threshold,
)
from kerasish.activations._registry import deserialize, get, serialize
from kerasish.activations._smooth import (
    exponential,
    gelu,
    glu,
    hard_silu,
    mish,
    silu,
    softplus,
    sparse_plus,
    squareplus,
)
from kerasish.activations._softmax import log_softmax, softmax, sparsemax
from kerasish.activations._squashing import (
    hard_sigmoid,
    hard_tanh,
    log_sigmoid,
    sigmoid,
    softsign,
    sparse_sigmoid,
    tanh,
    tanh_shrink,
)

swish = silu
hard_swish = hard_silu

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
