"""The library's activations, which take and give this face's tensors."""

# pyright: reportUnsupportedDunderAll=false

from kerasish import activations
from kerasish.tf._calls import across

_PLAIN = ("deserialize", "get", "serialize")

globals().update({name: getattr(activations, name) for name in activations.__all__})
globals().update({name: across(getattr(activations, name)) for name in activations.__all__ if name not in _PLAIN})

__all__ = sorted(activations.__all__)
