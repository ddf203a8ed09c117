"""SGD: momentum as Keras keeps it, with the learning rate inside."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD


def by_hand(momentum, nesterov, rates, gradients):
    x, m = 1.0, 0.0
    for rate, gradient in zip(rates, gradients):
        m = momentum * m - rate * gradient
        x += momentum * m - rate * gradient if nesterov else m
    return x, m


@pytest.mark.parametrize("owns", [False, True])
@pytest.mark.parametrize("momentum, nesterov", [(0.0, False), (0.9, False), (0.9, True), (1, False)])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("bfloat16", 0.02), ("float16", 3e-3)])
def test_the_step_is_that_of_the_formula(momentum, nesterov, owns, dtype, tolerance):
    # 40 numbers: more than a vector register of short floats holds.
    rates, gradients = [0.1, 0.4, 0.2], [1.0, -0.5, 0.25]
    x = Variable(torch.ones(40), dtype=dtype)
    optimizer = SGD(0.0, momentum=momentum, nesterov=nesterov)
    optimizer.owns_gradients = owns
    for rate, gradient in zip(rates, gradients):
        optimizer.learning_rate = rate
        optimizer.apply([torch.full((40,), gradient, dtype=x.dtype)], [x])
    expected, kept = by_hand(momentum, nesterov, rates, gradients)
    np.testing.assert_allclose(x.numpy(), np.full(40, expected), rtol=tolerance)
    if momentum:
        np.testing.assert_allclose(optimizer.variables[2].numpy(), np.full(40, kept), rtol=tolerance, atol=1e-3)


def test_a_rate_of_zero_changes_nothing_but_the_momentum():
    x = Variable([1.0])
    optimizer = SGD(0.0, momentum=0.9, nesterov=True)
    optimizer.owns_gradients = True
    optimizer.apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [1.0]


@pytest.mark.parametrize("momentum", [-0.1, 1.1, "much", None])
def test_momentum_is_between_0_and_1(momentum):
    with pytest.raises(ValueError, match=r"`momentum` must be a float between \[0, 1\]"):
        SGD(momentum=momentum)
