"""SimpleRNN: the formula of a step, and torch's kernels for tanh and relu."""

import pytest
import torch

from kerasish.layers import SimpleRNN


@pytest.mark.parametrize(
    "activation, function, fused", [("tanh", torch.tanh, True), ("relu", torch.relu, True), (None, lambda x: x, False)]
)
def test_a_step_is_the_formula(activation, function, fused):
    layer = SimpleRNN(2, activation=activation, bias_initializer="random_normal", return_sequences=True)
    x = torch.randn(3, 4, 5)
    outputs, h = layer(x), torch.zeros(3, 2)
    for step in range(4):
        h = function(x[:, step] @ layer.cell.kernel + h @ layer.cell.recurrent_kernel + layer.cell.bias)
        torch.testing.assert_close(outputs[:, step], h)
    assert (layer._fused_kernel(x) is not None) == fused


def test_a_seed_is_kept_in_the_config():
    assert SimpleRNN(2, dropout=0.1, seed=7).get_config()["seed"] == 7 and "seed" not in SimpleRNN(2).get_config()
