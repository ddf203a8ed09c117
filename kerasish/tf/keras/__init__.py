"""Keras under `tf.keras`: the library itself, with functions that take and give this face's tensors."""

# pyright: reportUnsupportedDunderAll=false

import kerasish
from kerasish.tf import _attached  # noqa: F401 - layers, losses and models take this face's tensors from here on
from kerasish.tf.keras import activations, losses, models, ops

_OWN = {"activations": activations, "losses": losses, "models": models, "ops": ops}

globals().update({name: getattr(kerasish, name) for name in kerasish.__all__ if name not in _OWN})


__all__ = sorted({*kerasish.__all__, *_OWN})
