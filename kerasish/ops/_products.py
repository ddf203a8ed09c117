"""Products of matrices and vectors, and sums over index expressions."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core import torch_dtype
from kerasish.ops._inputs import TensorLike, as_tensors, two_tensors

op = operation("keras.src.ops.numpy")


def _alike(x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor, torch.dtype | None]:
    """Two tensors of one dtype that torch can multiply matrices of, and the dtype that the result goes back to, if any."""
    x1, x2 = two_tensors(x1, x2)
    if x1.dtype is x2.dtype and x1.is_floating_point():
        return x1, x2, None
    dtype = torch.promote_types(x1.dtype, x2.dtype)
    # Bools have no product kernel anywhere, integers none on GPUs.
    whole = not (dtype.is_floating_point or dtype.is_complex)
    if whole and (dtype is torch.bool or x1.is_cuda):
        # float64 holds every int32 product sum that does not overflow.
        compute = torch_dtype(None) if dtype is torch.bool else torch.float64
        return x1.to(compute), x2.to(compute), dtype
    return x1.to(dtype), x2.to(dtype), None


def _back(result: Tensor, dtype: torch.dtype | None) -> Tensor:
    return result if dtype is None else result.to(dtype)


@op
def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiply matrices, which are the last two axes; the axes before them broadcast.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).tolist()
    [[11.0]]
    """
    x1, x2, dtype = _alike(x1, x2)
    if x1.dtype is torch.int8:  # sums of int8 overflow at once
        x1, x2 = x1.to(torch.int32), x2.to(torch.int32)
    return _back(torch.matmul(x1, x2), torch.int32 if dtype is torch.int8 else dtype)


@op
def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum the products over the last axis of `x1` and the second to last of `x2`; a number multiplies all."""
    x1, x2, dtype = _alike(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return _back(x1 * x2, dtype)
    if x2.ndim > 2:
        return _back(torch.tensordot(x1, x2, dims=([-1], [-2])), dtype)  # type: ignore[arg-type]
    return _back(torch.matmul(x1, x2), dtype)


@op
def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum the products of two vectors; of complex ones, with `x1` conjugated."""
    x1, x2, dtype = _alike(x1, x2)
    return _back(torch.vdot(x1.reshape(-1), x2.reshape(-1)), dtype)


@op
def inner(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Sum the products over the last axes of both."""
    x1, x2, dtype = _alike(x1, x2)
    return _back(torch.inner(x1, x2), dtype)


@op
def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Multiply each element of one with each of the other."""
    x1, x2 = two_tensors(x1, x2)
    return torch.outer(x1.reshape(-1), x2.reshape(-1))


@op
def kron(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Compute the Kronecker product: `x1` with each element replaced by that element times `x2`."""
    return torch.kron(*two_tensors(x1, x2))


@op
def cross(x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """Compute the cross product of vectors of three numbers (or two: then only the third number of the result is given).

    Args:
        axisa, axisb, axisc: where the vectors lie in `x1`, `x2` and the result.
        axis: one place for all three.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = two_tensors(x1, x2)
    x1, x2 = x1.movedim(axisa, -1), x2.movedim(axisb, -1)
    dtype = torch.promote_types(x1.dtype, x2.dtype)
    if x1.shape[-1] == 2 and x2.shape[-1] == 2:
        return (x1[..., 0] * x2[..., 1] - x1[..., 1] * x2[..., 0]).to(dtype)
    x1, x2 = (x if x.shape[-1] == 3 else torch.nn.functional.pad(x, (0, 1)) for x in (x1, x2))
    return torch.linalg.cross(x1.to(dtype), x2.to(dtype), dim=-1).movedim(-1, axisc)


@op
def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Tensor:
    """Sum the products over axes of both: so many last and first ones, or those listed for each."""
    x1, x2, dtype = _alike(x1, x2)
    dims: Any = axes if isinstance(axes, int) else tuple([one] if isinstance(one, int) else list(one) for one in axes)
    return _back(torch.tensordot(x1, x2, dims=dims), dtype)


@op
def einsum(subscripts: str, *operands: TensorLike, **kwargs: Any) -> Tensor:
    """Sum products as an index expression says: "ij,jk->ik" is the product of matrices.

    >>> einsum("ij,ij->i", [[1.0, 2.0]], [[3.0, 4.0]]).tolist()
    [11.0]
    """
    unknown = [name for name in kwargs if name != "optimize"]
    if unknown:
        raise TypeError(f"einsum has no argument `{unknown[0]}`.")
    tensors = as_tensors(operands)
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = dtype if tensor.dtype is dtype else torch.promote_types(dtype, tensor.dtype)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    compute, result = (torch.int32, torch.int32) if dtype is torch.int8 else (dtype, dtype)
    if whole and (dtype is torch.bool or tensors[0].is_cuda):
        compute = torch.float64
    return torch.einsum(subscripts, *(tensor.to(compute) for tensor in tensors)).to(result)
