"""Adam and AdamW: where Keras puts epsilon, and how decay goes into the kernel."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import Adam, AdamW


def by_hand(gradients, rate, epsilon, decay=0.0, amsgrad=False, beta_1=0.9, beta_2=0.999):
    x, m, v, most = 2.0, 0.0, 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        x -= rate * decay * x
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        most = max(most, v)
        corrected = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        x -= corrected * m / (np.sqrt(most if amsgrad else v) + epsilon)
    return x


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("decay", [None, 0.3])
@pytest.mark.parametrize("epsilon", [1e-7, 0.5])
def test_the_step_is_that_of_the_formula(epsilon, decay, amsgrad):
    gradients = [1.0, -3.0, 0.1, 0.1, 0.2]
    x = Variable(2.0, dtype="float64")
    optimizer = Adam(0.1, epsilon=epsilon, weight_decay=decay, amsgrad=amsgrad)
    for gradient in gradients:
        optimizer.apply([torch.tensor(gradient, dtype=torch.float64)], [x])
    np.testing.assert_allclose(x.numpy(), by_hand(gradients, 0.1, epsilon, decay or 0.0, amsgrad), rtol=1e-6)


def test_decay_of_some_of_the_variables_is_that_of_all():
    some, every = [Variable([2.0], name=n) for n in ("a", "b")], [Variable([2.0], name=n) for n in ("a", "c")]
    first, second = AdamW(0.1, weight_decay=0.2), AdamW(0.1, weight_decay=0.2)
    first.exclude_from_weight_decay(var_names=["b"])
    for _ in range(3):
        first.apply([torch.ones(1)] * 2, some)
        second.apply([torch.ones(1)] * 2, every)
    np.testing.assert_allclose(some[0].numpy(), every[0].numpy(), rtol=1e-6)
    assert some[1].numpy()[0] > some[0].numpy()[0]


def test_a_rate_of_zero_leaves_variables_alone():
    x = Variable([1.0])
    AdamW(0.0).apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [1.0]


def test_adamw_needs_its_decay():
    with pytest.raises(ValueError, match="`weight_decay` must be a float"):
        AdamW(weight_decay=None)
