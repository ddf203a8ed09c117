"""Smooth activations without bound."""

import math

import numpy as np
import pytest
import torch

from kerasish import activations

X = np.array([-4.0, -1.0, -0.5, 0.0, 0.5, 1.0, 4.0])
SIGMOID = 1 / (1 + np.exp(-X))
SOFTPLUS = np.log1p(np.exp(X))


@pytest.mark.parametrize(
    ("activation", "options", "expected"),
    [
        (activations.silu, {}, X * SIGMOID),
        (activations.hard_silu, {}, X * np.clip(X / 6 + 0.5, 0, 1)),
        (activations.gelu, {}, [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in X]),
        (activations.gelu, {"approximate": True}, X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))) / 2),
        (activations.mish, {}, X * np.tanh(SOFTPLUS)),
        (activations.softplus, {}, SOFTPLUS),
        (activations.squareplus, {}, (X + np.sqrt(X**2 + 4)) / 2),
        (activations.squareplus, {"b": 0}, np.maximum(X, 0)),
        (activations.sparse_plus, {}, [0, 0, 0.0625, 0.25, 0.5625, 1, 4]),
        (activations.exponential, {}, np.exp(X)),
    ],
)
def test_values(activation, options, expected):
    np.testing.assert_allclose(activation(X, **options), expected, rtol=1e-9, atol=1e-12)


def test_glu_gates_the_first_half_with_the_second():
    x = torch.randn(4, 6)
    torch.testing.assert_close(activations.glu(x), x[:, :3] * torch.sigmoid(x[:, 3:]))
    torch.testing.assert_close(activations.glu(x, axis=0), x[:2] * torch.sigmoid(x[2:]))


def test_sparse_plus_has_a_finite_gradient_far_out():
    x = torch.tensor([-1e30, 1e30], requires_grad=True)
    activations.sparse_plus(x).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
