"""Dtypes: Keras's names beside torch's objects."""

from typing import Any

import numpy as np
import torch

from kerasish._base import _settings

_NAMES = (
    "float16 bfloat16 float32 float64 uint8 uint16 uint32 uint64 int8 int16 int32 int64 bool "
    "complex64 complex128 float8_e4m3fn float8_e5m2"
).split()
_TORCH = {name: getattr(torch, name) for name in _NAMES}
_BY_TORCH = {dtype: name for name, dtype in _TORCH.items()}
_PYTHON = {bool: "bool", int: "int32", float: "float32", complex: "complex64"}


def standardize_dtype(dtype: Any) -> str:
    """Give the name of a dtype that is told as a name, a torch or numpy dtype or a Python type; None is `floatx()`.

    Raises:
        ValueError: torch has no such dtype.

    >>> standardize_dtype(torch.float16), standardize_dtype(int), standardize_dtype(None)
    ('float16', 'int32', 'float32')
    """
    if dtype is None:
        return _settings.floatx()
    if isinstance(dtype, torch.dtype):
        return _BY_TORCH[dtype] if dtype in _BY_TORCH else str(dtype).removeprefix("torch.")
    if isinstance(dtype, type) and dtype in _PYTHON:
        return _PYTHON[dtype]
    if isinstance(dtype, str):
        name = {"float": "float32", "int": "int32"}.get(dtype, dtype)
        if name in _TORCH:
            return name
    else:
        try:
            return standardize_dtype(np.dtype(dtype).name)
        except TypeError:
            name = None
    raise ValueError(f"`dtype` must be one of {', '.join(_NAMES)}; received {dtype!r}.")


def torch_dtype(dtype: Any) -> torch.dtype:
    """Give torch's object for a dtype told in any way.

    >>> torch_dtype("float32")
    torch.float32
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    return _TORCH[standardize_dtype(dtype)]


def is_float(dtype: Any) -> bool:
    """Say whether a dtype is a floating one."""
    return torch_dtype(dtype).is_floating_point


def is_int(dtype: Any) -> bool:
    """Say whether a dtype counts: a signed or unsigned integer, not bool."""
    return "int" in standardize_dtype(dtype)
