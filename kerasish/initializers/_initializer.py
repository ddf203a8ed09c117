"""The base of initializers."""

from typing import Any

from torch import Tensor

from kerasish._base._configurable import Configurable
from kerasish.initializers._registry import INITIALIZERS


class Initializer(Configurable):
    """Base of initializers: callables that make a weight's first values. Subclass it and write `__call__`.

    >>> import torch
    >>> class Ramp(Initializer):
    ...     step: float = 1.0
    ...     def __call__(self, shape, dtype=None):
    ...         return self.step * torch.arange(shape[0])
    >>> Ramp(0.5)((3,)).tolist(), Ramp(0.5).get_config()
    ([0.0, 0.5, 1.0], {'step': 0.5})
    """

    registry = INITIALIZERS

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make a tensor of this shape and dtype (`floatx()` by default)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `__call__(self, shape, dtype=None)`.")

    def clone(self) -> Any:
        """Make another one of the same config."""
        return type(self).from_config(self.get_config())
