"""Adagrad: the fused kernel where epsilon is too small to matter, the formula elsewhere."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import Adagrad


@pytest.mark.parametrize("start", [0.1, 0.0, 1e-3])
@pytest.mark.parametrize("epsilon", [1e-7, 1e-2])
def test_the_step_is_that_of_the_formula(start, epsilon):
    gradients = [0.5, -0.2, 1e-4, 0.0]
    x, expected, total = Variable(1.0, dtype="float64"), 1.0, start
    optimizer = Adagrad(0.1, initial_accumulator_value=start, epsilon=epsilon)
    for gradient in gradients:
        optimizer.apply([torch.tensor(gradient, dtype=torch.float64)], [x])
        total += gradient**2
        expected -= 0.1 * gradient / np.sqrt(total + epsilon)
    np.testing.assert_allclose(x.numpy(), expected, rtol=1e-7)


def test_a_start_at_zero_and_no_gradient_is_not_nan():
    x = Variable([1.0])
    Adagrad(0.1, initial_accumulator_value=0.0).apply([torch.zeros(1)], [x])
    assert x.numpy().tolist() == [1.0]
