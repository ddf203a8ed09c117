"""Distributions of the values along an axis."""

import pytest
import torch

from kerasish import activations


@pytest.mark.parametrize(("axis", "dims"), [(-1, (-1,)), (0, (0,)), ((1, 2), (1, 2)), ((2, 0), (0, 2)), (None, (0, 1, 2))])
def test_softmax_sums_to_one_over_its_axes(axis, dims):
    x = torch.randn(2, 3, 4)
    y = activations.softmax(x, axis=axis)
    torch.testing.assert_close(y, x.exp() / x.exp().sum(dims, keepdim=True))
    torch.testing.assert_close(activations.log_softmax(x, axis=axis), y.log())


def test_softmax_of_huge_logits_is_finite():
    assert activations.softmax([[1e4, 0.0]]).tolist() == [[1.0, 0.0]]


def test_softmax_over_an_axis_of_one_warns():
    with pytest.warns(UserWarning, match="always gives 1"):
        activations.softmax(torch.randn(3, 1))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis):
    x = 2 * torch.randn(5, 6, dtype=torch.float64)
    y = activations.sparsemax(x, axis=axis)
    torch.testing.assert_close(y.sum(axis), torch.ones_like(y.sum(axis)))
    assert y.min() == 0 and (y == 0).any()
    # The nearest point p of a convex set is the one with (x - p)·(q - p) <= 0 for all its points q: corners suffice.
    corners = torch.eye(x.shape[axis], dtype=x.dtype)
    x, y = x.movedim(axis, -1), y.movedim(axis, -1)
    assert ((x - y).unsqueeze(-2) * (corners - y.unsqueeze(-2))).sum(-1).max() < 1e-12


def test_sparsemax_in_half_precision_finds_its_support_among_many():
    x = torch.zeros(4096, dtype=torch.float16)
    x[7] = 3.0
    assert activations.sparsemax(x)[7] == 1.0
