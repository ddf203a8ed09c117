"""Tensors: what a user may hand in, made into a torch tensor."""

from typing import Any

import numpy as np
import torch

from kerasish._base import _edges
from kerasish.core._device import default_device
from kerasish.core._dtypes import standardize_dtype, torch_dtype


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> torch.Tensor:
    """Make a plain torch tensor on the default device; a tensor that is one already is given back as it is.

    Python floats become `floatx()`, ints int32; numpy arrays keep their dtype.

    Args:
        x: tensor, Variable, array, number, or nested lists of these.
        dtype: the dtype wanted, or None.
        sparse, ragged: torch's dense tensors are the only ones here; True raises.
    """
    if sparse or ragged:
        raise ValueError("Only dense tensors are supported; `sparse` and `ragged` must be None or False.")
    if isinstance(x, torch.Tensor):
        if type(x) is not torch.Tensor:
            x = _edges.plain(x)
        wanted = x.dtype if dtype is None else torch_dtype(dtype)
        return x if wanted is x.dtype else x.to(wanted)
    if not isinstance(x, np.ndarray):
        x = _from_python(x, chooses=dtype is None)
        if isinstance(x, torch.Tensor):
            return x if dtype is None else x.to(torch_dtype(dtype))
    if x.dtype.kind in "OUSV" and x.dtype.name != "bfloat16":
        raise ValueError(f"An array of dtype {x.dtype} cannot become a tensor; map its values to numbers first.")
    if dtype is None:
        dtype = standardize_dtype(x.dtype)
    if x.dtype.name == "bfloat16":
        x = x.astype(np.float32)
    return torch.as_tensor(x, device=default_device()).to(torch_dtype(dtype))


def _from_python(x: Any, chooses: bool) -> Any:
    """An array of a number or of lists; a tensor if tensors are inside.

    Args:
        x: what is given.
        chooses: whether Python's own types get Keras's default dtypes; else all digits are kept for the dtype that is wanted.
    """
    if isinstance(x, (list, tuple)) and any(isinstance(part, torch.Tensor) for part in x):
        return torch.stack([convert_to_tensor(part) for part in x])
    array = np.asarray(x)
    if chooses and not hasattr(x, "dtype"):
        if array.dtype == np.float64:
            return array.astype(np.float32 if standardize_dtype(None) in ("bfloat16", "float16") else standardize_dtype(None))
        if array.dtype == np.int64 and (array.size == 0 or np.abs(array).max() < 2**31):
            return array.astype(np.int32)
    return array


def convert_to_numpy(x: Any) -> np.ndarray:
    """Make a new numpy array of anything that a tensor can be made of; this reads from the device."""
    if isinstance(x, torch.Tensor):
        x = x.detach()
        return np.array((x.float() if x.dtype is torch.bfloat16 else x).cpu().numpy())
    if isinstance(x, (list, tuple)):
        return np.array([convert_to_numpy(part) for part in x])
    return np.asarray(x)


def is_tensor(x: Any) -> bool:
    """Say whether this is a torch tensor (a Variable is one)."""
    return isinstance(x, torch.Tensor)


def laid_out(tensor: torch.Tensor, memory_order: tuple[int, ...] | None) -> torch.Tensor:
    """Store a tensor with its axes in another order in memory; its shape stays.

    A Dense kernel of shape (in, out) with order (1, 0) lies in memory as torch's linear wants it.
    """
    if memory_order is None or tensor.ndim != len(memory_order):
        return tensor.contiguous()
    inverse = sorted(range(tensor.ndim), key=memory_order.__getitem__)
    return tensor.permute(memory_order).contiguous().permute(inverse)
