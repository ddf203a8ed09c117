"""Linear algebra: what is no matrix is told."""

import pytest
import torch

from kerasish import ops


@pytest.mark.parametrize("name", ["cholesky", "det", "slogdet", "eig", "eigh", "qr", "svd"])
def test_a_vector_is_no_matrix(name):
    with pytest.raises(ValueError, match="`x` must be a matrix, or a batch of them; received shape \\(3,\\)"):
        getattr(ops, name)([1.0, 2.0, 3.0])


def test_what_is_not_positive_definite_has_no_factor():
    with pytest.raises(ValueError, match="positive definite"):
        ops.cholesky([[1.0, 2.0], [2.0, 1.0]])
    factor = ops.cholesky([[4.0, 0.0], [0.0, 9.0]])
    assert torch.equal(factor, torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
