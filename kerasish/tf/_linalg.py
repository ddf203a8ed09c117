"""Linear algebra: products, decompositions, triangles, norms and what shrinks to a norm."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from kerasish import ops
from kerasish.core import convert_to_tensor as _to_tensor
from kerasish.tf._calls import across, as_input, crossing, named
from kerasish.tf._making import MAKING
from kerasish.tf._nn import NN


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
) -> Any:
    """Multiply matrices, each of the last two axes.

    Args:
        a, b: the matrices.
        transpose_a, transpose_b: turn one over before.
        adjoint_a, adjoint_b: the same, with complex numbers conjugated.
        a_is_sparse, b_is_sparse: have no say: all tensors are dense.
        output_type: only None, the dtype of the product.
    """
    if output_type is not None:
        raise ValueError("`output_type` must be None; cast the product.")
    a = _turned(a, transpose_a, adjoint_a)
    return ops.matmul(a, _turned(b, transpose_b, adjoint_b))


def _turned(x: Any, transpose: bool, adjoint: bool) -> Any:
    x = ops.conj(x) if adjoint else x
    return ops.swapaxes(x, -1, -2) if transpose or adjoint else x


def matvec(a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False) -> Any:
    """Multiply matrices with vectors."""
    return ops.squeeze(ops.matmul(_turned(a, transpose_a, adjoint_a), ops.expand_dims(b, -1)), axis=-1)


def adjoint(matrix: Any) -> Any:
    """Turn matrices over, and conjugate complex numbers."""
    return _turned(matrix, True, True)


def matrix_transpose(a: Any, conjugate: bool = False) -> Any:
    """Turn matrices over."""
    return _turned(a, True, conjugate)


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """Decompose matrices; gives the singular values, then the left and the right vectors in columns."""
    made = ops.svd(tensor, full_matrices=full_matrices, compute_uv=compute_uv)
    if not compute_uv:
        return made
    left, values, right = made
    return values, left, ops.swapaxes(right, -1, -2)


def solve(matrix: Any, rhs: Any, adjoint: bool = False) -> Any:
    """Solve linear equations; `rhs` has the right-hand sides in columns."""
    return ops.solve(ops.swapaxes(matrix, -1, -2) if adjoint else matrix, rhs)


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    """Give the length of vectors: of all numbers together without `axis`."""
    tensor = as_input(tensor)
    if axis is None:
        return ops.norm(ops.ravel(tensor), ord=2 if ord == "euclidean" else ord, keepdims=False)
    kind = None if ord == "euclidean" else ord
    return ops.norm(tensor, ord=kind, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)


def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None) -> Any:
    """Divide by the norm; gives the tensor and the norm before."""
    x = as_input(tensor)
    length = norm(x, ord, axis, keepdims=True) if axis is not None else norm(x, ord).reshape([1] * x.ndim)
    return x / length, length


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    """Shrink to a norm, where it is greater."""
    x = _to_tensor(t)
    norm = ops.sqrt(ops.sum(x * x, axis=axes, keepdims=True))
    return x * clip_norm / ops.maximum(norm, clip_norm)


def clip_by_global_norm(t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None) -> tuple[list[Any], Any]:
    """Shrink several tensors by one factor so that their common norm is at most this; gives them, and the norm before."""
    norm = global_norm(t_list) if use_norm is None else _to_tensor(use_norm)
    scale = clip_norm / torch.clamp(norm, min=float(clip_norm))
    return [None if t is None else _to_tensor(t) * scale for t in t_list], norm


def global_norm(t_list: Sequence[Any]) -> Any:
    """Give the norm of all numbers in several tensors."""
    return torch.stack([_to_tensor(t).square().sum() for t in t_list if t is not None]).sum().sqrt()


def triangular_solve(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False) -> Any:
    """Solve linear equations whose matrix is a triangle."""
    matrix, rhs = as_input(matrix), as_input(rhs)
    return torch.linalg.solve_triangular(_turned(matrix, False, adjoint), rhs, upper=lower == bool(adjoint))


def cholesky_solve(chol: Any, rhs: Any) -> Any:
    """Solve linear equations, of whose matrix this is the Cholesky decomposition."""
    return torch.cholesky_solve(as_input(rhs), as_input(chol))


def lstsq(matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True) -> Any:
    """Solve linear equations by least squares; `l2_regularizer` keeps the solution small, `fast` has no say."""
    matrix, rhs = as_input(matrix), as_input(rhs)
    if not l2_regularizer:
        return torch.linalg.lstsq(matrix, rhs).solution
    squares = matrix.mT @ matrix + l2_regularizer * torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    return torch.linalg.solve(squares, matrix.mT @ rhs)


def qr(input: Any, full_matrices: bool = False) -> Any:
    """Decompose into an orthogonal and an upper matrix."""
    return ops.qr(input, mode="complete" if full_matrices else "reduced")


class Lu(NamedTuple):
    """What `lu` gives."""

    lu: Any
    p: Any


class LogMatrixDeterminant(NamedTuple):
    """What `slogdet` gives."""

    sign: Any
    log_abs_determinant: Any


def slogdet(input: Any) -> LogMatrixDeterminant:
    """Give the sign of determinants, and the logarithm of their size."""
    return LogMatrixDeterminant(*torch.linalg.slogdet(as_input(input)))


def lu(input: Any) -> Lu:
    """Decompose into both triangles in one matrix, and the permutation, int32."""
    packed, pivots = torch.linalg.lu_factor(as_input(input))
    order = torch.lu_unpack(packed, pivots)[0].argmax(-2)
    return Lu(packed, order.to(torch.int32))


def eigvalsh(tensor: Any) -> Any:
    """Give the eigenvalues of symmetric matrices, the least first."""
    return torch.linalg.eigvalsh(as_input(tensor))


def eigvals(tensor: Any) -> Any:
    """Give the eigenvalues, complex."""
    return torch.linalg.eigvals(as_input(tensor))


def expm(input: Any) -> Any:
    """Give the exponential of matrices."""
    return torch.linalg.matrix_exp(as_input(input))


def matrix_rank(a: Any, tol: float | None = None) -> Any:
    """Give the number of singular values that are not nearly 0, int32."""
    return torch.linalg.matrix_rank(as_input(a), atol=tol).to(torch.int32)


def sqrtm(input: Any) -> Any:
    """Give the root of matrices, by their eigenvalues.

    Raises:
        ValueError: it is not real.
    """
    x = as_input(input)
    values, vectors = torch.linalg.eig(x)
    made = vectors @ torch.diag_embed(values.sqrt()) @ torch.linalg.inv(vectors)
    if x.is_complex():
        return made
    if bool((made.imag.abs() > 1e-4 * made.real.abs().amax()).any()):
        raise ValueError("`input` has a negative eigenvalue, so its root is not real; give a complex matrix.")
    return made.real


def band_part(input: Any, num_lower: int, num_upper: int) -> Any:
    """Keep so many diagonals below and above the main one, all where the number is negative; the rest becomes 0."""
    x = as_input(input)
    x = x if num_lower < 0 else torch.triu(x, -int(num_lower))
    return x if num_upper < 0 else torch.tril(x, int(num_upper))


def diag(diagonal: Any, k: int = 0) -> Any:
    """Make matrices with these diagonals, `k` above the main one."""
    return torch.diag_embed(as_input(diagonal), offset=k)


def diag_part(input: Any, k: int = 0) -> Any:
    """Give the diagonals of matrices, those `k` above the main one."""
    return torch.diagonal(as_input(input), offset=k, dim1=-2, dim2=-1)


def set_diag(input: Any, diagonal: Any, k: int = 0) -> Any:
    """Give matrices with other diagonals."""
    x = as_input(input)
    return torch.diagonal_scatter(x, as_input(diagonal, x.dtype), offset=k, dim1=-2, dim2=-1)


def tensor_diag(diagonal: Any) -> Any:
    """Make a tensor of shape (*shape, *shape) with these numbers on its diagonal."""
    x = as_input(diagonal)
    return torch.diag(x.reshape(-1)).reshape(*x.shape, *x.shape)


def tensor_diag_part(input: Any) -> Any:
    """Give the diagonal of a tensor of shape (*shape, *shape)."""
    x = as_input(input)
    shape = x.shape[: x.ndim // 2]
    return torch.diagonal(x.reshape(shape.numel(), -1)).reshape(shape)


def cross(a: Any, b: Any) -> Any:
    """Give the vectors that are orthogonal to two, along the last axis."""
    return ops.cross(a, b)


def trace(x: Any) -> Any:
    """Add up the diagonals of matrices."""
    return ops.trace(x, axis1=-2, axis2=-1)


LINALG: dict[str, Callable] = named(ops, "cholesky det inv", input="x") | named(ops, "eigh eig", tensor="x")
LINALG |= named(ops, "logdet", matrix="x") | named(ops, "pinv", a="x")
LINALG |= {"einsum": across(ops.einsum, equation="subscripts"), "tensordot": across(ops.tensordot, a="x1", b="x2", axes="axes")}
LINALG |= crossing(matmul, matvec, adjoint, matrix_transpose, svd, solve, norm, normalize, clip_by_norm, clip_by_global_norm)
LINALG |= crossing(global_norm, triangular_solve, cholesky_solve, lstsq, qr, lu, eigvalsh, eigvals, expm, matrix_rank, sqrtm)
LINALG |= crossing(band_part, diag, diag_part, set_diag, tensor_diag, tensor_diag_part, cross, trace, slogdet)
LINALG |= {"eye": MAKING["eye"], "l2_normalize": NN["l2_normalize"], "matrix_square_root": LINALG["sqrtm"]}
