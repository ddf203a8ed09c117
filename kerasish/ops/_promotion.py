"""Promotion: the dtype that operands of several dtypes are computed in.

torch's own promotion agrees with Keras's wherever 64 bits stay out of it, so the operations leave it to torch.
`result_type` is Keras's rule in full, for those who ask. It narrows 64 bits to 32; the operations here do not.
"""

import functools
from typing import Any

from kerasish._base import _settings
from kerasish.core import standardize_dtype

# What each dtype may become next. "int" and "float" are those of Python's numbers, which have no say about the width.
_NEXT = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
_NARROWED = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def _above(dtype: str) -> frozenset[str]:
    found = {dtype}
    for following in _NEXT[dtype]:
        found |= _above(following)
    return frozenset(found)


_ABOVE = {dtype: _above(dtype) for dtype in _NEXT}


@functools.lru_cache(512)
def _join(dtypes: frozenset[str]) -> str:
    """The lowest dtype that all of these may become."""
    common = frozenset.intersection(*(_ABOVE[dtype] for dtype in dtypes))
    for dtype in common:
        if common <= _ABOVE[dtype]:
            return dtype
    raise ValueError(f"The dtypes {', '.join(sorted(dtypes))} have no common dtype; cast them first.")


def result_type(*dtypes: Any) -> str:
    """Give the dtype of a computation on these dtypes; Python's `int` and `float` have no say about the width.

    Results are 32 bits wide at most, as in Keras: int32 and float16 give float16, bfloat16 and float16 float32.
    """
    if not dtypes:
        return _settings.floatx()
    names = []
    for dtype in dtypes:
        name = "int" if dtype is int else "float" if dtype is float else standardize_dtype(dtype)
        if name.startswith("float8"):
            raise ValueError(f"{name} is never promoted; cast it first. Received the dtypes {dtypes}.")
        names.append(name)
    joined = _join(frozenset(names))
    if joined in ("int", "float"):
        joined = f"{joined}{_settings.floatx()[-2:]}"
    return _NARROWED.get(joined, joined)
