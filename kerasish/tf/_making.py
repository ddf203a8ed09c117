"""Making tensors: of values, of one number, of ranges and grids."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kerasish import ops
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import across, as_input, crossing
from kerasish.tf._dtypes import real_dtype


def constant(value: Any, dtype: Any = None, shape: Sequence[int] | None = None) -> Any:
    """Make a tensor: of Python's floats float32, of integers int32, of arrays their own dtype.

    Args:
        value: number, list, array or tensor.
        shape: the shape; a single value fills it.
    """
    made = _to_tensor(value, real_dtype(dtype))
    if made is value:
        made = made.clone()
    if shape is None:
        return made
    return made.expand(tuple(shape)).clone() if made.numel() == 1 else made.reshape(tuple(shape))


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None) -> Any:
    """Make a tensor of anything that can be one; `dtype_hint` is the dtype where the value has none of its own."""
    if dtype is None and dtype_hint is not None and not hasattr(value, "dtype"):
        dtype = dtype_hint
    if isinstance(value, torch.nn.Parameter):
        value = value + 0  # its value now: the variable may change
    return as_input(value, real_dtype(dtype))


def fill(dims: Sequence[int], value: Any) -> Any:
    """Make a tensor of one value."""
    return constant(value, shape=[int(size) for size in dims])


def linspace(start: Any, stop: Any, num: int, axis: int = 0) -> Any:
    """Make evenly spaced numbers from `start` to `stop`: float64 between integers, else of the dtype of `start`."""
    ends = [_to_tensor(start), _to_tensor(stop)]
    dtype = ends[0].dtype if ends[0].is_floating_point() else torch.float64
    return ops.linspace(ends[0].to(dtype), ends[1].to(dtype), int(num), axis=axis, dtype=dtype)


def arange(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    """Make numbers from `start` up to, not including, `limit`: int32 of Python's integers, float32 of floats."""
    if limit is None:
        start, limit = 0, start
    parts = [_to_tensor(part) for part in (start, limit, delta)]
    wanted = real_dtype(dtype) or torch.promote_types(torch.promote_types(parts[0].dtype, parts[1].dtype), parts[2].dtype)
    return ops.arange(*[part.item() for part in parts], dtype=wanted)


def eye(num_rows: int, num_columns: int | None = None, batch_shape: Sequence[int] | None = None, dtype: Any = "float32") -> Any:
    """Make matrices with ones on the diagonal, shape (*batch_shape, rows, columns)."""
    made = ops.eye(num_rows, num_columns, dtype=real_dtype(dtype))
    return made if batch_shape is None else made.expand(*batch_shape, *made.shape).clone()


def one_hot(indices: Any, depth: int, on_value: Any = 1, off_value: Any = 0, axis: int = -1, dtype: Any = "float32") -> Any:
    """Make rows with `on_value` at the place of the index; an index out of range has none."""
    made = ops.one_hot(indices, depth, axis=axis, dtype=real_dtype(dtype))
    return made if (on_value, off_value) == (1, 0) else made * (on_value - off_value) + off_value


def meshgrid(*args: Any, indexing: str = "xy") -> list[Any]:
    """Give the coordinates of a grid, one tensor an axis."""
    return list(ops.meshgrid(*args, indexing=indexing))


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    """Make rows that are true for as many places as each length says; as wide as the longest by default."""
    lengths = _to_tensor(lengths)
    width = int(lengths.max()) if maxlen is None else int(maxlen)
    return (torch.arange(width, device=lengths.device) < lengths.unsqueeze(-1)).to(real_dtype(dtype))


def complex_(real: Any, imag: Any) -> Any:
    """Make complex numbers of their two parts."""
    return torch.complex(as_input(real), as_input(imag))


def _filled_like(value: int) -> Callable:
    def like(input: Any, dtype: Any = None) -> Any:
        return (ops.ones_like if value else ops.zeros_like)(input, dtype=real_dtype(dtype))

    like.__doc__ = f"Make a tensor of {'ones' if value else 'zeros'} of the shape of another."
    return like


def _filled(value: int) -> Callable:
    def made(shape: Any, dtype: Any = "float32") -> Any:
        sizes = (shape,) if isinstance(shape, int) else tuple(int(part) for part in shape)
        return (ops.ones if value else ops.zeros)(sizes, dtype=real_dtype(dtype))

    made.__doc__ = f"Make a tensor of {'ones' if value else 'zeros'}."
    return made


MAKING = crossing(constant, convert_to_tensor, fill, linspace, eye, one_hot, meshgrid, sequence_mask, complex_)
MAKING |= {
    "ones": across(_filled(1)),
    "ones_like": across(_filled_like(1)),
    "range": across(arange),
    "zeros": across(_filled(0)),
    "zeros_like": across(_filled_like(0)),
}
