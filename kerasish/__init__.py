"""Keras's API at PyTorch's speed, where every model is an ordinary `torch.nn.Module`.

>>> import kerasish as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
>>> model.output_shape
(None, 2)
"""

from kerasish import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    data,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    saving,
    train,
    tree,
    utils,
)
from kerasish._version import __version__
from kerasish.core import DTypePolicy, GradientTape, KerasTensor, Variable, device, function
from kerasish.initializers import Initializer
from kerasish.layers import Input, InputSpec, Layer
from kerasish.losses import Loss
from kerasish.metrics import Metric
from kerasish.models import Functional, Model, Module, Sequential
from kerasish.optimizers import Optimizer
from kerasish.regularizers import Regularizer
from kerasish.train import Checkpoint


def version() -> str:
    """The version of kerasish."""
    return __version__


__all__ = [
    "Checkpoint",
    "DTypePolicy",
    "Functional",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Module",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "data",
    "device",
    "dtype_policies",
    "function",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "train",
    "tree",
    "utils",
    "version",
]
