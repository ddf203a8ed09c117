"""Activations that press the line into an interval."""

import numpy as np
import pytest
import torch

from kerasish import activations

X = np.array([-4.0, -1.0, -0.5, 0.0, 0.5, 1.0, 4.0])


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (activations.sigmoid, 1 / (1 + np.exp(-X))),
        (activations.log_sigmoid, -np.log1p(np.exp(-X))),
        (activations.hard_sigmoid, np.clip(X / 6 + 0.5, 0, 1)),
        (activations.sparse_sigmoid, np.clip((X + 1) / 2, 0, 1)),
        (activations.tanh, np.tanh(X)),
        (activations.hard_tanh, np.clip(X, -1, 1)),
        (activations.tanh_shrink, X - np.tanh(X)),
        (activations.softsign, X / (1 + np.abs(X))),
    ],
)
def test_values(activation, expected):
    np.testing.assert_allclose(activation(X), expected, rtol=1e-9, atol=1e-12)


def test_log_sigmoid_is_exact_where_the_sigmoid_underflows():
    x = torch.tensor([-200.0], requires_grad=True)
    y = activations.log_sigmoid(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (-200.0, 1.0)
