"""Keras under `tf.keras`: the library itself, with functions that take and give this face's tensors.

Modules can be imported by their paths, too:

>>> from kerasish.tf.keras.layers import Dense
>>> import kerasish
>>> Dense is kerasish.layers.Dense
True
"""

# pyright: reportUnsupportedDunderAll=false

import sys

import kerasish
from kerasish.tf import _absent, _hooks  # noqa: F401 - layers, losses and models take this face's tensors from here on
from kerasish.tf.keras import activations, backend, losses, metrics, mixed_precision, ops

_OWN = {
    "activations": activations,
    "backend": backend,
    "losses": losses,
    "metrics": metrics,
    "mixed_precision": mixed_precision,
    "ops": ops,
}

globals().update({name: getattr(kerasish, name) for name in kerasish.__all__ if name not in _OWN})


def _paths() -> dict[str, str]:
    """The library's public modules, by the names that they have under this one."""
    found = {}
    for name in list(sys.modules):
        parts = name.split(".")[1:]
        public = parts and not any(part.startswith("_") for part in parts)
        if name.startswith("kerasish.") and public and parts[0] not in ("tf", "tfjs", *_OWN) and parts[0] in kerasish.__all__:
            found[".".join([__name__, *parts])] = name
    return found


# `import kerasish.tf.keras.layers` finds the very module that `tf.keras.layers` is.
for _alias, _name in _paths().items():
    sys.modules.setdefault(_alias, sys.modules[_name])

__getattr__ = _absent.absent("tf.keras")

__all__ = sorted({*kerasish.__all__, *_OWN})
