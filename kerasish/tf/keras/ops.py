"""The library's operations, which take and give this face's tensors."""

# pyright: reportUnsupportedDunderAll=false

from kerasish import ops
from kerasish.tf._calls import across

globals().update({name: across(getattr(ops, name)) for name in ops.__all__ if callable(getattr(ops, name))})

__all__ = sorted(name for name in ops.__all__ if callable(getattr(ops, name)))
