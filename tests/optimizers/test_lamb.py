"""LAMB: the step's length is that of the variable, unless one of them has none."""

import numpy as np
import torch

from kerasish.core import Variable
from kerasish.optimizers import Lamb


def test_a_variable_of_zeros_takes_the_plain_step():
    x, y = Variable([0.0, 0.0]), Variable([3.0, 4.0])
    Lamb(0.1, epsilon=1e-7).apply([torch.ones(2), torch.zeros(2)], [x, y])
    np.testing.assert_allclose(x.numpy(), [-0.1, -0.1], rtol=1e-5)
    assert y.numpy().tolist() == [3.0, 4.0]
