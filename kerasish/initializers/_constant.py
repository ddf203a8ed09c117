"""Initializers that give the same values each time: numbers, given values, the identity."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base._serialization import deserialize, serialize
from kerasish.core import convert_to_tensor, default_device, torch_dtype
from kerasish.initializers._initializer import Initializer


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,)).tolist()
    [0.0, 0.0]
    """

    aliases = ("zero",)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make the tensor."""
        return torch.zeros(shape, dtype=torch_dtype(dtype), device=default_device())


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,)).tolist()
    [1.0, 1.0]
    """

    aliases = ("one",)

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make the tensor."""
        return torch.ones(shape, dtype=torch_dtype(dtype), device=default_device())


class Constant(Initializer):
    """One number everywhere, or given values.

    Args:
        value: a number; or an array or tensor, which is broadcast to the shape.

    >>> Constant(0.5)((2,)).tolist()
    [0.5, 0.5]
    """

    value: Any = 0.0

    _exact = False  # whether a shape other than the value's own is refused

    @classmethod
    def of(cls, values: Any) -> "Constant":
        """Make the initializer that stands for these very values and fits only their shape."""
        constant = cls(values)
        constant._exact = True
        return constant

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make the tensor.

        Raises:
            ValueError: the values do not fit this shape.
        """
        if isinstance(self.value, (bool, int, float)):
            return torch.full(shape, self.value, dtype=torch_dtype(dtype), device=default_device())
        values = convert_to_tensor(self.value, torch_dtype(dtype)).detach().to(default_device())
        if self._exact and tuple(values.shape) != tuple(shape):
            raise ValueError(f"An initializer of given values fits their shape {tuple(values.shape)}; received {tuple(shape)}.")
        return values.broadcast_to(tuple(shape)).clone(memory_format=torch.contiguous_format)

    def get_config(self) -> dict[str, Any]:
        """Give the value, as plain data."""
        return {"value": serialize(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constant":
        """Make an object from what `get_config` gave."""
        return cls(deserialize(config["value"]))


class Identity(Initializer):
    """The identity matrix, times a number.

    Args:
        gain: the number on the diagonal.

    Raises:
        ValueError: called with a shape that is not (rows, columns).

    >>> Identity(2.0)((2, 2)).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """

    aliases = ("IdentityInitializer",)
    gain: float = 1.0

    def __call__(self, shape: Any, dtype: Any = None) -> Tensor:
        """Make the matrix."""
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices, of shape (rows, columns); received shape {tuple(shape)}.")
        eye = torch.eye(*shape, dtype=torch_dtype(dtype), device=default_device())
        return eye if self.gain == 1 else (self.gain * eye).to(eye.dtype)

    def get_config(self) -> dict[str, Any]:
        """Give the gain, unless it is 1: Keras writes none."""
        return {} if self.gain == 1 else {"gain": self.gain}
