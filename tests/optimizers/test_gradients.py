"""Which parameters a loss depends on."""

from typing import Any

import pytest
import torch

from kerasish import layers
from kerasish.core import Variable
from kerasish.optimizers import SGD
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


@pytest.mark.parametrize(
    "ask",
    [lambda x: x, lambda x: [x], lambda x: {"x": x}, lambda x: iter([x]), lambda x: lambda: [x], lambda x: {"x": x}.values()],
    ids=["one", "list", "dict", "iterator", "function", "values"],
)
def test_variables_may_be_asked_for_in_any_form(ask: Any):
    x, y = Variable(3.0), Variable(1.0)
    assert SGD(0.1).minimize(lambda: x * x * y, ask(x)).item() == 9.0
    assert x.item() == pytest.approx(2.4) and y.item() == 1.0


@pytest.mark.parametrize(
    ("fn", "ask", "error", "told"),
    [
        (lambda x: x * x, lambda: Variable(1.0, trainable=False), ValueError, "is frozen"),
        (lambda x: x * x, lambda: 3, TypeError, "`var_list` must hold variables"),
        (lambda x: x * x, lambda: layers.Dense(1), TypeError, "`model.trainable_variables`; received Dense"),
        (lambda x: x * x, lambda: [], ValueError, "depends on no trainable variable"),
        (lambda x: torch.ones(()), lambda: Variable(1.0), ValueError, "depends on no trainable variable"),
    ],
    ids=["frozen", "number", "layer", "none", "constant"],
)
def test_what_cannot_be_trained_is_told_and_nothing_changes(fn: Any, ask: Any, error: type, told: str):
    x, optimizer = Variable(3.0), SGD(0.1)
    with pytest.raises(error, match=told):
        optimizer.minimize(lambda: fn(x), ask())
    assert x.item() == 3.0 and int(optimizer.iterations) == 0
