"""Normalizations over axes that torch's kernels do not take."""

import pytest
import torch
from torch.nn import functional as F

from kerasish import ops

X = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(1)) * 3


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), (0, 2)])
def test_layer_normalization_gives_mean_zero_and_variance_one_over_its_axes(axis):
    y = ops.layer_normalization(X, axis=axis)
    torch.testing.assert_close(ops.mean(y, axis=axis), torch.zeros_like(ops.mean(y, axis=axis)), atol=1e-5, rtol=0)
    torch.testing.assert_close(ops.var(y, axis=axis), torch.ones_like(ops.var(y, axis=axis)), atol=1e-4, rtol=0)


def test_weights_go_with_the_axis_that_is_normalized():
    gamma, beta = torch.randn(3), torch.randn(3)
    moved = ops.layer_normalization(X.transpose(1, 2), gamma, beta).transpose(1, 2)
    torch.testing.assert_close(ops.layer_normalization(X, gamma, beta, axis=1), moved)
    scaled = ops.rms_normalization(X.transpose(1, 2), gamma).transpose(1, 2)
    torch.testing.assert_close(ops.rms_normalization(X, gamma, axis=1), scaled)


def test_batch_normalization_passes_gradients_to_the_moments():
    ours, theirs, upstream = X.clone().requires_grad_(), X.clone().requires_grad_(), torch.randn_like(X)
    (ops.batch_normalization(ours, *ops.moments(ours, axes=(0, 1)), -1) * upstream).sum().backward()
    batch = F.batch_norm(theirs.transpose(1, 2), None, None, training=True, eps=1e-3).transpose(1, 2)
    (batch * upstream).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4)


def test_normalizing_zeros_gives_zeros_and_finite_gradients():
    x = torch.zeros(3, requires_grad=True)
    ops.normalize(x).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_rms_scaling_is_pointed_to_its_own_function():
    with pytest.raises(TypeError, match="rms_normalization"):
        ops.layer_normalization(X, rms_scaling=True)
