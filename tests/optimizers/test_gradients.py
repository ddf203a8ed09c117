"""Which parameters a loss depends on."""

import torch

from kerasish.core import Variable
from kerasish.optimizers._gradients import touched


def test_parameters_are_found_in_the_order_of_their_first_use():
    a, b, c = (Variable([float(i)], name=n) for i, n in enumerate("abc"))
    loss = ((c * b + a) * b).sum()
    assert [v.name for v in touched(loss)] == ["c", "b", "a"]


def test_frozen_ones_and_plain_tensors_are_not_found():
    frozen, plain = Variable([1.0], trainable=False), torch.ones(1, requires_grad=True)
    x = Variable([1.0])
    assert [v is x for v in touched((frozen * plain * x).sum())] == [True]
    assert touched(torch.ones(())) == []


def test_a_loss_that_is_a_variable_depends_on_itself():
    x = Variable(1.0)
    assert touched(x)[0] is x


def test_functions_of_ones_own_are_walked_through():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, gradient):
            return 2 * gradient

    x = Variable([1.0])
    assert touched(Double.apply(x * 1.0).sum())[0] is x


def test_a_graph_as_deep_as_can_be_is_no_problem():
    x = Variable(1.0)
    y = x * 1.0
    for _ in range(5000):
        y = y + 1.0
    assert len(touched(y)) == 1
