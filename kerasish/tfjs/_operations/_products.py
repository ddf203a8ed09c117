"""Products: of matrices and vectors, and `tf.linalg`."""

from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations._edge import OPERATIONS, operation
from kerasish.tfjs._tensor import as_torch, wrapped


@operation("matMul", 2)
def mat_mul(a: Plain, b: Plain, transpose_a: bool = False, transpose_b: bool = False) -> Plain:
    """Multiply matrices: (…, m, k) × (…, k, n) → (…, m, n)."""
    return torch.matmul(a.mT if transpose_a else a, b.mT if transpose_b else b)


@operation("dot", 2)
def _dot(t1: Plain, t2: Plain) -> Plain:
    return torch.matmul(t1, t2)


@operation("outerProduct", 2, method=False)
def _outer_product(v1: Plain, v2: Plain) -> Plain:
    return torch.outer(v1, v2)


def _einsum(equation: str, *tensors: Any) -> Any:
    return wrapped(torch.einsum(equation, *map(as_torch, tensors)))


OPERATIONS["einsum"] = _einsum


@operation("linalg.bandPart")
def _band_part(a: Plain, num_lower: Any, num_upper: Any) -> Plain:
    if a.ndim < 2:
        raise ValueError(f"bandPart takes matrices; received shape {list(a.shape)}.")
    rows, columns = a.shape[-2:]
    below, above = (int(count) for count in (num_lower, num_upper))
    if below > rows or above > columns:
        raise ValueError(
            f"bandPart keeps at most {rows} diagonals below and {columns} above of shape {list(a.shape)}; "
            f"received {below} and {above}. -1 keeps all."
        )
    kept = torch.ones(rows, columns, dtype=torch.bool, device=a.device)
    if below >= 0:
        kept = kept.triu(-below)
    if above >= 0:
        kept = kept.tril(above)
    return torch.where(kept, a, torch.zeros_like(a))


@operation("linalg.gramSchmidt", 0)
def _gram_schmidt(xs: Any) -> Any:
    listed = isinstance(xs, (list, tuple))
    if listed and not xs:
        raise ValueError("gramSchmidt takes at least one vector; received an empty list.")
    vectors = [as_torch(x) for x in xs] if listed else list(as_torch(xs).unbind(0))
    if len(vectors) > vectors[0].shape[0]:
        raise ValueError(f"At most {vectors[0].shape[0]} vectors of that length are orthogonal; received {len(vectors)}.")
    made: list[Plain] = []
    for vector in vectors:
        for direction in made:
            vector = vector - (direction * vector).sum() * direction
        made.append(vector / torch.linalg.vector_norm(vector))
    return made if listed else torch.stack(made)


@operation("linalg.qr")
def _qr(x: Plain, full_matrices: bool = False) -> list[Plain]:
    if x.ndim < 2:
        raise ValueError(f"qr takes matrices; received shape {list(x.shape)}.")
    q, r = torch.linalg.qr(x, "complete" if full_matrices else "reduced")
    if x.shape[-2] == x.shape[-1]:
        # TensorFlow.js reflects the last column too, which LAPACK leaves as it is.
        sign = torch.ones(x.shape[-1], dtype=x.dtype, device=x.device)
        sign[-1] = -1
        q, r = q * sign, r * sign[:, None]
    return [q, r]
