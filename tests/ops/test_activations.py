"""Activations where Keras's own numbers are no guide."""

import torch

from kerasish import ops


def test_sparsemax_is_the_nearest_distribution():
    x = torch.randn(5, 7) * 2
    p = ops.sparsemax(x)
    torch.testing.assert_close(p.sum(-1), torch.ones(5))
    assert (p >= 0).all() and (p == 0).any()
    # Of the nearest distribution, x - p is the same wherever p is not 0, and less elsewhere.
    for row, probabilities in zip(x, p):
        rest = (row - probabilities)[probabilities > 0]
        torch.testing.assert_close(rest, rest[:1].expand_as(rest))
        assert (row[probabilities == 0] <= rest[0] + 1e-6).all()


def test_sparsemax_takes_any_axis():
    x = torch.randn(5, 7)
    torch.testing.assert_close(ops.sparsemax(x, axis=0), ops.sparsemax(x.T).T)


def test_softmax_over_several_axes_sums_to_one_over_all_of_them():
    p = ops.softmax(torch.randn(2, 3, 4), axis=(0, 2))
    torch.testing.assert_close(p.sum((0, 2)), torch.ones(3))
