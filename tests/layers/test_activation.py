"""Activations as layers: their numbers, masks and checks."""

import pytest
import torch

from kerasish.layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax

X = torch.tensor([-2.0, -0.5, 0.0, 1.0, 8.0])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Activation("relu"), [0.0, 0.0, 0.0, 1.0, 8.0]),
        (Activation(torch.square), [4.0, 0.25, 0.0, 1.0, 64.0]),
        (ReLU(max_value=6, negative_slope=0.5, threshold=1), [-1.5, -0.75, -0.5, 0.0, 6.0]),
        (LeakyReLU(0.5), [-1.0, -0.25, 0.0, 1.0, 8.0]),
        (LeakyReLU(alpha=0.5), [-1.0, -0.25, 0.0, 1.0, 8.0]),
        (ELU(2.0), [-1.7293, -0.7869, 0.0, 1.0, 8.0]),
    ],
)
def test_numbers(layer, expected):
    torch.testing.assert_close(layer(X), torch.tensor(expected), rtol=1e-4, atol=1e-4)


def test_slopes_are_learned_and_shared_along_axes():
    layer = PReLU(shared_axes=[1], alpha_initializer="ones")
    layer(torch.zeros(2, 3, 4))
    assert layer.alpha.shape == (1, 4)
    layer.alpha.assign([[0.0, 1.0, 2.0, 3.0]])
    assert layer(-torch.ones(1, 3, 4))[0, 0].tolist() == [0.0, -1.0, -2.0, -3.0]


def test_softmax_leaves_out_what_is_masked():
    x = torch.tensor([[1.0, 1.0, 50.0]])
    for mask in (torch.tensor([[True, True, False]]), torch.tensor([[1.0, 1.0, 0.0]])):
        assert Softmax()(x, mask=mask).tolist() == [[0.5, 0.5, 0.0]]
    nothing = Softmax()(x.half(), mask=torch.zeros(1, 3, dtype=torch.bool))
    assert nothing.tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReLU(max_value=-1), "`max_value` must not be negative; received -1."),
        (lambda: ReLU(negative_slope=None), "`negative_slope` must not be negative"),
        (lambda: LeakyReLU(-0.1), "`negative_slope` must not be negative"),
        (lambda: Activation("rellu"), "Did you mean 'relu'"),
        (lambda: Softmax()(torch.zeros(2, 3), mask=torch.ones(2, 4, dtype=torch.bool)), "must be broadcastable"),
    ],
)
def test_what_cannot_be_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
