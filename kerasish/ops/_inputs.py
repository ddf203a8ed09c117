"""What an operation takes: tensors, Variables, arrays, numbers and lists, made into tensors once, at the edge."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from kerasish import core
from kerasish._base import _edges
from kerasish.core import default_device, torch_dtype

TensorLike: TypeAlias = Any
Axis: TypeAlias = int | Sequence[int] | None
NUMBERS = (int, float, complex, torch.SymInt, torch.SymFloat)


def convert_to_tensor(x: TensorLike) -> Tensor:
    """Make a tensor of what is none yet."""
    if not torch.compiler.is_compiling():
        return core.convert_to_tensor(x)
    # The compiler does not follow numpy: the same without it.
    if isinstance(x, np.ndarray):
        return torch.as_tensor(x, device=default_device())
    if isinstance(x, (list, tuple)) and any(isinstance(part, Tensor) for part in x):
        return torch.stack([as_tensor(part) for part in x])
    made = torch.tensor(x, device=default_device())
    own = torch.int32 if made.dtype is torch.int64 else torch_dtype(None) if made.is_floating_point() else made.dtype
    return made.to(own)


def as_tensor(x: TensorLike) -> Tensor:
    """Make a tensor; one that is a tensor already costs a type check, and a face's becomes a plain one."""
    if type(x) is Tensor:
        return x
    return x if isinstance(x, Tensor) and type(x) not in _edges.kinds else convert_to_tensor(x)


def as_tensors(xs: Iterable[TensorLike]) -> list[Tensor]:
    """Make a tensor of each; arrays among tensors go to the first tensor's device."""
    xs = list(xs)
    device = next((x.device for x in xs if isinstance(x, Tensor)), None)
    return [as_tensor(x) if isinstance(x, Tensor) else convert_to_tensor(x).to(device) for x in xs]


def like(x: TensorLike, other: Tensor) -> Tensor:
    """Make a tensor on the device of another one."""
    return as_tensor(x) if isinstance(x, Tensor) else convert_to_tensor(x).to(other.device)


def operands(x1: TensorLike, x2: TensorLike) -> tuple[Any, Any]:
    """Make two operands ready for a torch operator: at least one is a tensor, and a Python number beside it stays one.

    torch gives a number no say about the dtype within its kind, which is Keras's rule for it as well.
    """
    if isinstance(x1, Tensor):
        if isinstance(x2, Tensor):
            return x1, x2
        if isinstance(x2, NUMBERS):
            return without_bool(x1) if type(x2) is int else x1, x2  # beside bools torch would count with 64 bits
        return x1, convert_to_tensor(x2).to(x1.device)
    if isinstance(x2, Tensor):
        if isinstance(x1, NUMBERS):
            return x1, without_bool(x2) if type(x1) is int else x2
        return convert_to_tensor(x1).to(x2.device), x2
    return convert_to_tensor(x1), convert_to_tensor(x2)


def two_tensors(x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor]:
    """Make two tensors on one device, for the kernels that take no numbers."""
    if isinstance(x1, Tensor):
        return x1, x2 if isinstance(x2, Tensor) else _beside(x2, x1)
    if isinstance(x2, Tensor):
        return _beside(x1, x2), x2
    return convert_to_tensor(x1), convert_to_tensor(x2)


def _beside(x: TensorLike, tensor: Tensor) -> Tensor:
    if not isinstance(x, NUMBERS):
        return convert_to_tensor(x).to(tensor.device)
    kind = "bool" if isinstance(x, bool) else int if isinstance(x, int) else complex if isinstance(x, complex) else None
    # Filled on the device: a copy of a number from the host would wait for it.
    return torch.full((), x, dtype=torch_dtype(kind), device=tensor.device)  # type: ignore[arg-type]


def as_float(x: TensorLike) -> Tensor:
    """Make a tensor of a floating or complex dtype: integers and bools become `floatx()`."""
    x = as_tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.to(torch_dtype(None))


def two_floats(x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor]:
    """Make two tensors of one floating or complex dtype; integers and numbers beside a float take its dtype."""
    a, b = two_tensors(x1, x2)
    if isinstance(x1, (int, float)) is isinstance(x2, (int, float)):
        dtype = torch.promote_types(a.dtype, b.dtype)
    else:
        dtype = b.dtype if isinstance(x1, (int, float)) else a.dtype
    dtype = dtype if dtype.is_floating_point or dtype.is_complex else torch_dtype(None)
    return a.to(dtype), b.to(dtype)


def without_bool(x: Any) -> Any:
    """Count with bools as Keras does: as int32."""
    return x.to(torch.int32) if isinstance(x, Tensor) and x.dtype is torch.bool else x


def is_empty(axis: Axis) -> bool:
    """Say whether no axis is meant, which torch takes for all of them."""
    return axis == () or axis == []


def positive_axis(axis: int, ndim: int) -> int:
    """Count an axis from the front.

    Raises:
        ValueError: there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise ValueError(f"`axis` must lie in [{-ndim}, {ndim}) for a tensor of {ndim} axes; received {axis}.")
    return axis % ndim if ndim else 0
