"""torch's optimizers behind our interface."""

import functools

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import TorchOptimizer, deserialize, get, serialize


def trained_by_torch(make, steps=5):
    x = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = make([x])
    for _ in range(steps):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()
    return x.detach()


@pytest.mark.parametrize(
    "make", [torch.optim.SGD, functools.partial(torch.optim.Adam, lr=0.1), lambda p: torch.optim.RMSprop(p, lr=0.1)]
)
def test_classes_partials_and_functions_make_torchs_steps(make):
    x = Variable([1.0, -2.0])
    optimizer = get(make)
    for _ in range(5):
        optimizer.minimize(lambda: (x * x).sum())
    torch.testing.assert_close(x.detach(), trained_by_torch(make))
    assert int(optimizer.iterations) == 5 and x.grad is None


def test_an_instance_keeps_its_groups_and_must_hold_the_parameters():
    layer = torch.nn.Linear(2, 1)
    groups = [{"params": [layer.weight], "lr": 0.5}, {"params": [layer.bias], "lr": 0.0}]
    optimizer = get(torch.optim.SGD(groups, lr=1.0))
    before = layer.bias.item()
    optimizer.apply([torch.ones(1, 2), torch.ones(1)], [layer.weight, layer.bias])
    assert layer.bias.item() == before
    with pytest.raises(ValueError, match=r"it lacks \['stranger'\]"):
        get(torch.optim.SGD(layer.parameters())).build([Variable([1.0], name="stranger")])


def test_the_gradients_of_parameters_are_put_back():
    x = Variable([1.0])
    x.grad = torch.tensor([7.0])
    TorchOptimizer(torch.optim.SGD).apply([torch.ones(1)], [x])
    assert x.grad.tolist() == [7.0]


def test_the_learning_rate_is_that_of_the_groups_both_ways():
    x, y = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    theirs = torch.optim.SGD([{"params": [x], "lr": 0.1}, {"params": [y], "lr": 0.01}])
    optimizer = TorchOptimizer(theirs)
    optimizer.learning_rate = 0.2
    assert [group["lr"] for group in theirs.param_groups] == pytest.approx([0.2, 0.02])
    optimizer.learning_rate.assign(0.4)
    assert [group["lr"] for group in theirs.param_groups] == pytest.approx([0.4, 0.04])
    theirs.param_groups[0]["lr"] = 0.7
    assert float(optimizer.learning_rate) == pytest.approx(0.7)


def test_torchs_schedulers_work():
    x = Variable([1.0])
    theirs = torch.optim.SGD([x], lr=1.0)
    optimizer, scheduler = get(theirs), torch.optim.lr_scheduler.StepLR(theirs, 1, 0.5)
    for _ in range(3):
        optimizer.apply([torch.ones(1)], [x])
        scheduler.step()
    np.testing.assert_allclose(x.numpy(), [-0.75])


def test_clipping_averaging_and_accumulation_are_ours():
    x = Variable([0.0])
    optimizer = TorchOptimizer(
        functools.partial(torch.optim.SGD, lr=1.0), clipnorm=0.5, use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=2
    )
    for _ in range(4):
        optimizer.apply([torch.ones(1)], [x])
    np.testing.assert_allclose(x.numpy(), [-1.0])
    optimizer.finalize_variable_values([x])
    assert -1.0 < x.numpy()[0] < 0.0


def test_configs_name_torchs_class_and_arguments():
    optimizer = TorchOptimizer(functools.partial(torch.optim.AdamW, lr=0.1, betas=(0.8, 0.9)), clipnorm=1.0, name="it")
    before = serialize(optimizer)
    assert before["config"]["optimizer"] == {"class_name": "AdamW", "config": {"lr": 0.1, "betas": [0.8, 0.9]}}
    optimizer.build([Variable([1.0])])
    optimizer.learning_rate = 0.3
    again = deserialize(serialize(optimizer))
    again.build([Variable([1.0])])
    assert float(again.learning_rate) == pytest.approx(0.3) and again.clipnorm == 1.0
    assert list(again.torch_optimizer.param_groups[0]["betas"]) == [0.8, 0.9]


def test_what_no_config_can_describe_says_so():
    x, y = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    with pytest.raises(TypeError, match="several parameter groups"):
        get(torch.optim.SGD([{"params": [x]}, {"params": [y]}])).get_config()
    with pytest.raises(TypeError, match="Only the optimizers of torch.optim"):
        get(lambda parameters: torch.optim.SGD(parameters)).get_config()
    with pytest.raises(ValueError, match="no optimizer 'SDG'. Did you mean 'SGD'"):
        TorchOptimizer.from_config({"optimizer": {"class_name": "SDG", "config": {}}})


def test_an_optimizer_that_needs_a_closure_is_refused():
    with pytest.raises(ValueError, match="LBFGS.step needs a closure"):
        get(torch.optim.LBFGS([torch.nn.Parameter(torch.ones(1))]))
    with pytest.raises(ValueError, match="must give a torch.optim.Optimizer"):
        get(lambda parameters: None).build([Variable([1.0])])


def test_variables_that_appear_later_are_added():
    x, y = Variable([1.0]), Variable([1.0])
    optimizer = get(functools.partial(torch.optim.SGD, lr=0.5))
    optimizer.minimize(lambda: x.sum())
    optimizer.minimize(lambda: (x + y).sum())
    assert (x.numpy()[0], y.numpy()[0]) == (0.0, 0.5)
