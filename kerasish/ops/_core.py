"""The ground of the operations: tensors made and read, dtypes changed, gradients stopped or replaced."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish import core
from kerasish.core import KerasTensor, standardize_dtype, torch_dtype
from kerasish.core import op as operation
from kerasish.ops._inputs import TensorLike, as_tensor

op = operation("keras.src.ops.core")


@op
def convert_to_tensor(x: TensorLike, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """Make a plain torch tensor on the default device; Python floats become `floatx()`, ints int32, arrays keep their dtype.

    >>> convert_to_tensor([1, 2]).dtype
    torch.int32
    """
    if sparse or ragged or not torch.compiler.is_compiling():
        return core.convert_to_tensor(x, dtype, sparse, ragged)
    return as_tensor(x) if dtype is None else as_tensor(x).to(torch_dtype(dtype))


def convert_to_numpy(x: TensorLike) -> Any:
    """Make a numpy array; this reads from the device."""
    return core.convert_to_numpy(x)


def is_tensor(x: Any) -> bool:
    """Say whether this is a torch tensor (a Variable is one)."""
    return isinstance(x, Tensor)


def shape(x: TensorLike) -> tuple[int | None, ...]:
    """Give the shape as a tuple; of a symbol, with None where the size is not known."""
    return tuple(x.shape) if isinstance(x, (Tensor, KerasTensor)) else tuple(as_tensor(x).shape)


def dtype(x: TensorLike) -> str:
    """Give the name of the dtype, "float32"."""
    return standardize_dtype(x.dtype if hasattr(x, "dtype") else as_tensor(x).dtype)


@op
def cast(x: TensorLike, dtype: Any) -> Tensor:
    """Change the dtype; fractions are cut off on the way to integers.

    >>> cast([1.9, -1.9], "int32").tolist()
    [1, -1]
    """
    return as_tensor(x).to(torch_dtype(dtype))


@op
def saturate_cast(x: TensorLike, dtype: Any) -> Tensor:
    """Change the dtype; what does not fit becomes the nearest value that does.

    >>> saturate_cast([-3.0, 300.0], "uint8").tolist()
    [0, 255]
    """
    x, wanted = as_tensor(x), torch_dtype(dtype)
    if x.dtype is wanted or wanted is torch.bool or x.dtype is torch.bool or wanted.is_complex or x.is_complex():
        return x.to(wanted)
    limits = torch.finfo(wanted) if wanted.is_floating_point else torch.iinfo(wanted)
    own = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
    if own.min >= limits.min and own.max <= limits.max:
        return x.to(wanted)
    low, high = max(limits.min, own.min), min(limits.max, own.max)
    if x.is_floating_point() and not wanted.is_floating_point and (high + 1) * torch.finfo(x.dtype).eps > 2:
        # The greatest integer, 2ⁿ - 1, would round up to a float that no longer fits.
        high = (high + 1) * (1 - torch.finfo(x.dtype).eps / 2)
    return torch.clamp(x, low, high).to(wanted)


@op
def stop_gradient(variable: TensorLike) -> Tensor:
    """Give the values without a path for gradients."""
    return as_tensor(variable).detach()


class _CustomGradient(torch.autograd.Function):
    """Run a function that gives its result and its own gradient."""

    @staticmethod
    def forward(ctx: Any, function: Callable, kwargs: dict, *args: Any) -> Any:
        outputs, ctx.gradient = function(*args, **kwargs)
        ctx.args = tuple(None if isinstance(arg, Tensor) else arg for arg in args)
        ctx.save_for_backward(*(arg if isinstance(arg, Tensor) else None for arg in args))
        return outputs

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:  # type: ignore[override]
        args = (saved if saved is not None else arg for saved, arg in zip(ctx.saved_tensors, ctx.args))
        gradients = ctx.gradient(*args, upstream=upstream[0] if len(upstream) == 1 else upstream)
        return None, None, *(gradients if isinstance(gradients, (tuple, list)) else (gradients,))


def custom_gradient(f: Callable) -> Callable:
    """Decorate a function that returns its result and a function `grad(*args, upstream)` that gives the gradients.

    >>> @custom_gradient
    ... def clipped(x):
    ...     return x * 1.0, lambda *args, upstream: upstream.clamp(-1, 1)
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (clipped(x) * 5).backward()
    >>> x.grad
    tensor(1.)
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _CustomGradient.apply(f, kwargs, *args)

    return call
