"""Initializers that draw from a distribution with given parameters."""

import math

import pytest
import torch

from kerasish import initializers

MANY = (200_000,)


def test_a_normal_distribution_has_its_mean_and_deviation():
    x = initializers.RandomNormal(3.0, 0.5)(MANY)
    assert x.mean().item() == pytest.approx(3.0, abs=0.01)
    assert x.std().item() == pytest.approx(0.5, rel=0.01)
    assert x.max() > 3.0 + 4 * 0.5


def test_a_truncated_one_ends_at_two_deviations():
    x = initializers.TruncatedNormal(3.0, 0.5)(MANY)
    assert x.mean().item() == pytest.approx(3.0, abs=0.01)
    assert x.std().item() == pytest.approx(0.5 * 0.87962566, rel=0.01)
    assert 2.0 <= x.min() < 2.01 and 3.99 < x.max() <= 4.0
    # A normal distribution has 68.27 % within one deviation and 95.45 % within two.
    within = ((x - 3).abs() < 0.5).float().mean().item()
    assert within == pytest.approx(0.6827 / 0.9545, abs=0.005)


def test_an_even_one_fills_its_interval():
    x = initializers.RandomUniform(-1.0, 3.0)(MANY)
    assert -1.0 <= x.min() < -0.99 and 2.99 < x.max() < 3.0
    assert x.mean().item() == pytest.approx(1.0, abs=0.02)
    assert x.std().item() == pytest.approx(4 / math.sqrt(12), rel=0.01)


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (3, 2, 4), (2, 2, 9)])
def test_an_orthogonal_matrix_keeps_lengths(shape):
    q = initializers.Orthogonal(gain=2.0)(shape)
    assert q.shape == shape and q.is_contiguous()
    q = q.reshape(-1, shape[-1])
    gram = q.t() @ q if q.shape[0] >= q.shape[1] else q @ q.t()
    torch.testing.assert_close(gram, 4 * torch.eye(len(gram)))


def test_orthogonal_matrices_lean_to_no_side():
    corners = torch.stack([initializers.Orthogonal()((2, 2))[0, 0] for _ in range(500)])
    assert abs((corners > 0).float().mean().item() - 0.5) < 0.1


def test_an_orthogonal_vector_is_refused():
    with pytest.raises(ValueError, match=r"two axes or more; received \(3,\)"):
        initializers.Orthogonal()((3,))
