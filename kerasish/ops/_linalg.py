"""Linear algebra on matrices, which are the last two axes; the axes before them are batches."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kerasish.core import op as operation
from kerasish.core._infer import is_inferring
from kerasish.ops._inputs import Axis, TensorLike, as_float, like

op = operation("keras.src.ops.linalg")
math_op = operation("keras.src.ops.math")
numpy_op = operation("keras.src.ops.numpy")


def _matrices(x: TensorLike) -> Tensor:
    x = as_float(x)
    if x.ndim < 2:
        raise ValueError(f"`x` must be a matrix, or a batch of them; received shape {tuple(x.shape)}.")
    return x


@op
def cholesky(x: TensorLike, upper: bool = False) -> Tensor:
    """Factor a positive definite matrix as `L @ L.T`, or as `U.T @ U` if `upper`."""
    try:
        return torch.linalg.cholesky(_matrices(x), upper=upper)
    except torch.linalg.LinAlgError as error:  # pyright: ignore[reportPrivateImportUsage]
        raise ValueError(f"`x` must hold positive definite matrices: {error}") from error


@op
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Tensor:
    """Invert a positive definite matrix, given by its Cholesky factor."""
    return torch.cholesky_inverse(_matrices(x), upper=upper)


@op
def det(x: TensorLike) -> Tensor:
    """Compute the determinant."""
    return torch.linalg.det(_matrices(x))


@numpy_op
def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Compute the determinant as its sign and the logarithm of its absolute value."""
    return tuple(torch.linalg.slogdet(_matrices(x)))  # type: ignore[return-value]


@math_op
def logdet(x: TensorLike) -> Tensor:
    """Compute the logarithm of a positive determinant."""
    return torch.logdet(_matrices(x))


@op
def eig(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Compute the eigenvalues and the eigenvectors, which are columns; both are complex."""
    return tuple(torch.linalg.eig(_matrices(x)))  # type: ignore[return-value]


@op
def eigh(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Compute the eigenvalues, the least first, and the eigenvectors of a symmetric matrix."""
    return tuple(torch.linalg.eigh(_matrices(x)))  # type: ignore[return-value]


@op
def inv(x: TensorLike) -> Tensor:
    """Invert a matrix."""
    return torch.linalg.inv(as_float(x))


@op
def pinv(x: TensorLike, rcond: float | None = None) -> Tensor:
    """Compute the pseudo-inverse; singular values below `rcond` times the greatest count as 0."""
    return torch.linalg.pinv(as_float(x), rtol=rcond)


@op
def matrix_rank(x: TensorLike, tol: float | None = None) -> Tensor:
    """Count the singular values above `tol`, as int32."""
    return torch.linalg.matrix_rank(as_float(x), atol=tol).to(torch.int32)


@op
def lu_factor(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Factor as lower times upper triangle, both in one matrix, and give the row exchanged at each step."""
    factors, pivots = torch.linalg.lu_factor(as_float(x))
    return factors, pivots - 1


@op
def norm(x: TensorLike, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Compute the norm of vectors (one axis), of matrices (two), or of all elements.

    Args:
        ord: 2 or Frobenius by default; numbers, infinities, "fro" and "nuc" as in numpy.

    >>> norm([3.0, 4.0]).item()
    5.0
    """
    return torch.linalg.norm(as_float(x), ord=ord, dim=axis, keepdim=keepdims)  # type: ignore[arg-type]


@op
def qr(x: TensorLike, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Factor as an orthogonal matrix and an upper triangle; "complete" makes the first one square."""
    if mode not in ("reduced", "complete"):
        raise ValueError(f"`mode` must be 'reduced' or 'complete'; received {mode!r}.")
    return tuple(torch.linalg.qr(_matrices(x), mode=mode))  # type: ignore[return-value]


@op
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Factor as `u @ diag(s) @ v`: (u, s, v), or `s` alone without `compute_uv`."""
    x = _matrices(x)
    return tuple(torch.linalg.svd(x, full_matrices=full_matrices)) if compute_uv else torch.linalg.svdvals(x)


@op
def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Solve `a @ x = b`.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).tolist()
    [1.0, 0.5]
    """
    a = as_float(a)
    return torch.linalg.solve(a, as_float(like(b, a)))


@op
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Tensor:
    """Solve `a @ x = b`, of which only one triangle of `a` is read."""
    a = as_float(a)
    b = as_float(like(b, a))
    if b.ndim == a.ndim - 1:
        return torch.linalg.solve_triangular(a, b.unsqueeze(-1), upper=not lower).squeeze(-1)
    return torch.linalg.solve_triangular(a, b, upper=not lower)


@op
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Tensor:
    """Find the x with the least `|a @ x - b|`; singular values below `rcond` times the greatest count as 0."""
    a = as_float(a)
    b = as_float(like(b, a))
    vector = b.ndim == a.ndim - 1
    b = b.unsqueeze(-1) if vector else b
    if is_inferring():
        x = b.new_empty(*b.shape[:-2], a.shape[-1], b.shape[-1])
    elif rcond is None:
        x = torch.linalg.lstsq(a, b).solution
    elif a.is_cuda:  # its only driver there knows no limit
        x = torch.linalg.pinv(a, rtol=rcond) @ b
    else:
        x = torch.linalg.lstsq(a, b, rcond=rcond, driver="gelsd").solution
    return x.squeeze(-1) if vector else x


def jvp(fun: Callable, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """Compute a function's outputs, and how they change when its inputs move along the tangents.

    >>> jvp(lambda x: x**2, (torch.tensor(3.0),), (torch.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    return torch.func.jvp(fun, tuple(primals), tuple(tangents), has_aux=has_aux)
