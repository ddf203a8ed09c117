"""TensorBuffer: values that are set one by one, before a Tensor is made of them."""

from typing import Any

import numpy as np

from kerasish.tfjs._promises import promised
from kerasish.tfjs._strings import StringTensor
from kerasish.tfjs._tensor import Tensor, as_torch, methods


class TensorBuffer:
    """Values that can be set one by one, before a Tensor is made of them.

    Args:
        shape: the sizes.
        dtype: the dtype's name.
        values: in one row; zeros by default.
    """

    def __init__(self, shape: Any, dtype: str = "float32", values: Any = None):
        self.shape, self.dtype = list(shape), dtype
        self.size = int(np.prod(self.shape))
        kind = np.dtype(object if dtype == "string" else dtype)
        empty = np.full(self.size, None if dtype == "string" else 0, kind)
        self.values = empty if values is None else np.array(values, kind).reshape(-1)
        if self.values.size != self.size:
            raise ValueError(f"A buffer of shape {self.shape} must have {self.size} values; received {self.values.size}.")

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def set(self, value: Any, *place: int) -> None:
        """Set the value at a place: one index for each axis."""
        self.values[self.locToIndex(place)] = value

    def get(self, *place: int) -> Any:
        """The value at a place."""
        return self.values[self.locToIndex(place)].item()

    def locToIndex(self, place: Any) -> int:  # noqa: N802
        """The number in the row of values of a place."""
        place = tuple(place) or (0,) * len(self.shape)
        if len(place) != len(self.shape):
            raise ValueError(f"A place in a buffer of shape {self.shape} has {len(self.shape)} indices; received {list(place)}.")
        return int(np.ravel_multi_index(place, tuple(self.shape))) if self.shape else 0

    def indexToLoc(self, index: int) -> list[int]:  # noqa: N802
        """The place of a number in the row of values."""
        return [int(part) for part in np.unravel_index(index, tuple(self.shape))] if self.shape else []

    def toTensor(self) -> Tensor:  # noqa: N802
        """A Tensor of the values as they are now."""
        if self.dtype == "string":
            return StringTensor.of(self.values, self.shape)
        return Tensor(as_torch(self.values.reshape(self.shape), self.dtype))


def _buffer_sync(self: Tensor) -> TensorBuffer:
    """A TensorBuffer of the values."""
    return TensorBuffer(self.shape, self.dtype, self.dataSync())


def _buffer(self: Tensor) -> Any:
    """A TensorBuffer of the values, which can be waited for."""
    return promised(_buffer_sync(self))


_buffer_sync.__name__, _buffer.__name__ = "bufferSync", "buffer"
methods.update(buffersync=_buffer_sync, buffer=_buffer)
