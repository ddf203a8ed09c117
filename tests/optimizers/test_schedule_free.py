"""Schedule-free AdamW against the paper's algorithm."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import ScheduleFreeAdamW


@pytest.mark.parametrize("warmup", [0, 4])
def test_steps_are_those_of_the_paper(warmup, rng):
    beta_1, beta_2, epsilon, rate = 0.8, 0.99, 1e-8, 0.1
    x = z = y = np.array([1.0, -2.0])
    v = np.zeros(2)
    variable = Variable(y, dtype="float64")
    optimizer = ScheduleFreeAdamW(rate, beta_1=beta_1, beta_2=beta_2, warmup_steps=warmup)
    for t in range(1, 8):
        g = rng.normal(size=2)
        optimizer.apply([torch.tensor(g)], [variable])
        v = beta_2 * v + (1 - beta_2) * g * g
        step = rate * min(t / warmup, 1) if warmup else rate
        z = z - step * g / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        x = (1 - 1 / t) * x + z / t
        y = (1 - beta_1) * z + beta_1 * x
        np.testing.assert_allclose(variable.numpy(), y, rtol=1e-6)
