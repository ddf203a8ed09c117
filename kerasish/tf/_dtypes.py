"""Dtypes: TensorFlow's objects for torch's dtypes."""

from typing import Any

import numpy as np
import torch

from kerasish.core import standardize_dtype, torch_dtype

_NAMES = ("float16 bfloat16 float32 float64 uint8 uint16 uint32 uint64 int8 int16 int32 int64 bool complex64 complex128").split()
_known: dict[torch.dtype, "DType"] = {}


class DType:
    """The kind of numbers in a tensor. It equals torch's and NumPy's dtype of that kind, and its name.

    Args:
        dtype: a dtype told in any way.

    >>> print(DType("float32"), DType("float32") == torch.float32, DType("int64").size)
    <dtype: 'float32'> True 8
    """

    torch: torch.dtype
    name: str

    def __new__(cls, dtype: Any) -> "DType":
        real = dtype.torch if isinstance(dtype, DType) else torch_dtype(dtype)
        if real not in _known:
            made = object.__new__(cls)
            made.torch, made.name = real, standardize_dtype(real)
            _known[real] = made
        return _known[real]

    @property
    def as_numpy_dtype(self) -> type:
        """NumPy's scalar type.

        Raises:
            TypeError: NumPy has none.
        """
        if self.torch is torch.bfloat16:
            raise TypeError("NumPy has no bfloat16; cast to tf.float32 first.")
        return np.dtype(self.name).type

    @property
    def dtype(self) -> np.dtype:
        """NumPy's dtype; NumPy itself asks for it by this name."""
        return np.dtype(self.as_numpy_dtype)

    @property
    def is_floating(self) -> bool:
        """Whether it is a floating one."""
        return self.torch.is_floating_point

    is_floating_point = is_floating  # as torch's dtypes have it

    @property
    def itemsize(self) -> int:
        """Bytes a number."""
        return self.torch.itemsize

    @property
    def is_complex(self) -> bool:
        """Whether it is a complex one."""
        return self.torch.is_complex

    @property
    def is_integer(self) -> bool:
        """Whether it counts; bool does not."""
        return "int" in self.name

    @property
    def is_bool(self) -> bool:
        """Whether it is bool."""
        return self.torch is torch.bool

    @property
    def size(self) -> int:
        """Bytes a number."""
        return self.torch.itemsize

    @property
    def min(self) -> Any:
        """The least number."""
        return torch.finfo(self.torch).min if self.is_floating else torch.iinfo(self.torch).min

    @property
    def max(self) -> Any:
        """The greatest number."""
        return torch.finfo(self.torch).max if self.is_floating else torch.iinfo(self.torch).max

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DType):
            return self is other
        if isinstance(other, torch.dtype):
            return self.torch is other
        try:
            return other is not None and torch_dtype(other) is self.torch
        except (ValueError, TypeError):
            return False

    def __hash__(self) -> int:
        return hash(self.torch)

    def __reduce__(self) -> tuple:
        return DType, (self.name,)

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __repr__(self) -> str:
        return f"tf.{self.name}"


DTYPES = {name: DType(name) for name in _NAMES} | {"half": DType("float16"), "double": DType("float64")}


def real_dtype(dtype: Any) -> Any:
    """Torch's dtype for one told in any way; None stays None."""
    return None if dtype is None else dtype.torch if isinstance(dtype, DType) else torch_dtype(dtype)


def as_dtype(dtype: Any) -> DType:
    """Give the DType for a dtype told in any way."""
    return DType(dtype)
