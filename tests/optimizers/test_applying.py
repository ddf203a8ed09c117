"""The steps that all optimizers share: what is clipped, decayed, accumulated, averaged, constrained, and in which order."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam, Optimizer


def ones(*shape):
    return torch.ones(shape)


class KerasStyle(Optimizer):
    """Momentum as one writes it for Keras."""

    def __init__(self, learning_rate=0.1, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.momentums = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, m * self.momentum - gradient * learning_rate)
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


def test_an_optimizer_written_for_keras_works_with_all_options():
    x, y = Variable([1.0, -2.0], name="x"), Variable([1.0, -2.0], name="x")
    options = {"weight_decay": 0.1, "clipnorm": 0.5, "use_ema": True, "ema_overwrite_frequency": 2}
    theirs, ours = KerasStyle(**options), SGD(0.1, 0.9, **options)
    for gradient in torch.tensor([[1.0, 3.0], [-1.0, 0.2], [0.3, 0.3]]):
        theirs.apply([gradient], [x])
        ours.apply([gradient], [y])
    torch.testing.assert_close(x.detach(), y.detach())
    assert [v.path for v in theirs.variables] == [
        "keras_style/iteration",
        "keras_style/learning_rate",
        "keras_style/x_average",
        "keras_style/x_momentum",
    ]
    assert KerasStyle.from_config(theirs.get_config()).get_config() == theirs.get_config()
    assert theirs.get_config()["momentum"] == 0.9


def test_an_overridden_update_step_can_call_the_original():
    class Doubled(SGD):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(2 * gradient, variable, learning_rate)

    for order in ((0, 1), (1, 0)):
        x = Variable(torch.ones(2, 3), memory_order=order)
        Doubled(0.1).apply([torch.arange(6.0).reshape(2, 3)], [x])
        np.testing.assert_allclose(x.numpy(), [[1.0, 0.8, 0.6], [0.4, 0.2, 0.0]], atol=1e-6)


def test_an_optimizer_without_an_update_says_what_to_write():
    with pytest.raises(NotImplementedError, match="must override `update_step"):
        Optimizer(0.1).apply([ones(1)], [Variable([1.0])])


def test_gradients_are_clipped_by_value_by_norm_and_by_the_norm_of_all():
    gradients = [torch.tensor([3.0, 4.0]), torch.tensor([0.0, 12.0])]
    clipped = {name: SGD(**{name: 1.0})._clip_gradients(gradients) for name in ("clipvalue", "clipnorm", "global_clipnorm")}
    np.testing.assert_allclose(clipped["clipvalue"], [[1, 1], [0, 1]])
    np.testing.assert_allclose(clipped["clipnorm"], [[0.6, 0.8], [0, 1]])
    np.testing.assert_allclose(clipped["global_clipnorm"], np.array([[3, 4], [0, 12]]) / 13, rtol=1e-6)


def test_small_gradients_and_missing_ones_are_not_clipped():
    optimizer = SGD(global_clipnorm=100.0)
    clipped = optimizer._clip_gradients([None, np.array([3.0, 4.0], "float32")])
    assert clipped[0] is None and clipped[1].tolist() == [3.0, 4.0]
    assert SGD(clipnorm=1.0)._clip_gradients([torch.zeros(2)])[0].tolist() == [0.0, 0.0]


def test_an_infinite_norm_makes_everything_nan_so_that_it_is_seen():
    clipped = SGD(global_clipnorm=1.0)._clip_gradients([torch.tensor([float("inf")]), ones(2)])
    assert torch.isnan(torch.cat(clipped)).all()


@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_weight_decay_comes_before_the_step_and_spares_the_excluded(name):
    make = {"Adam": Adam, "SGD": SGD}[name]
    kernel, bias, other = Variable([2.0], name="kernel"), Variable([2.0], name="bias"), Variable([2.0], name="other")
    optimizer = make(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[other], var_names=["bias"])
    optimizer.apply([torch.zeros(1)] * 3, [kernel, bias, other])
    np.testing.assert_allclose([kernel.numpy()[0], bias.numpy()[0], other.numpy()[0]], [1.9, 2.0, 2.0])
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


def test_gradients_are_accumulated_to_their_mean():
    x = Variable([1.0])
    optimizer = SGD(1.0, gradient_accumulation_steps=2)
    seen = []
    for gradient in (0.1, 0.3, 1.0, 2.0):
        optimizer.apply([torch.tensor([gradient])], [x])
        seen.append(x.numpy()[0])
    np.testing.assert_allclose(seen, [1.0, 0.8, 0.8, -0.7], rtol=1e-6)
    assert int(optimizer.iterations) == 2 and int(optimizer._iterations) == 4


def test_averages_replace_the_variables_when_asked_and_at_the_end():
    x = Variable([0.0])
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)
    seen = []
    for _ in range(4):
        optimizer.apply([-ones(1)], [x])
        seen.append(x.numpy()[0])
    # averages: 1, 1.5, 2.25 (put into x), then 0.5 * 2.25 + 0.5 * 3.25
    assert seen == [1.0, 2.0, 2.25, 3.25]
    optimizer.finalize_variable_values([x])
    assert x.numpy()[0] == 2.75


def test_constraints_hold_after_each_step():
    x = Variable([0.5, -0.5])
    x.constraint = lambda value: value.clamp(min=0.0)
    SGD(0.1).apply([ones(2)], [x])
    np.testing.assert_allclose(x.numpy(), [0.4, 0.0])


def test_the_scaled_loss_is_unscaled():
    x = Variable([1.0])
    optimizer = SGD(0.1, loss_scale_factor=1024.0)
    assert optimizer.scale_loss(2.0) == 2048.0
    optimizer.apply([1024 * ones(1)], [x])
    np.testing.assert_allclose(x.numpy(), [0.9])


def test_a_variable_can_be_overwritten_with_its_gradient():
    scale, x = Variable([1.0], name="scale"), Variable([1.0], name="x")
    scale.overwrite_with_gradient = True
    optimizer = Adam(0.1, use_ema=True)
    optimizer.apply([torch.tensor([5.0]), ones(1)], [scale, x])
    assert scale.numpy().tolist() == [5.0]
    np.testing.assert_allclose(x.numpy(), [0.9], rtol=1e-5)
    assert [v.name for v in optimizer.variables[2:]] == ["x_average", "x_momentum", "x_velocity"]


def test_overwritten_variables_accumulate_to_the_largest():
    scale = Variable([1.0], name="scale")
    scale.overwrite_with_gradient = True
    optimizer = SGD(0.1, gradient_accumulation_steps=2)
    for gradient in (7.0, 5.0, 2.0):
        optimizer.apply([torch.tensor([gradient])], [scale])
    assert scale.numpy().tolist() == [7.0]


def test_an_empty_list_of_gradients_does_nothing():
    optimizer = SGD()
    optimizer.apply([], [])
    assert int(optimizer.iterations) == 0


def test_gradients_without_variables_go_to_those_it_was_built_with():
    x = Variable([1.0])
    optimizer = SGD(0.5)
    with pytest.raises(ValueError, match="must be built before"):
        optimizer.apply([ones(1)])
    optimizer.build([x])
    optimizer.apply([ones(1)])
    assert x.numpy().tolist() == [0.5]
    with pytest.raises(ValueError, match="a gradient for each variable; received 2 and 1"):
        optimizer.apply([ones(1), ones(1)])


def test_an_unknown_variable_is_refused():
    optimizer = SGD()
    optimizer.build([Variable([1.0])])
    with pytest.raises(ValueError, match="Unknown variable: stranger"):
        optimizer.apply([ones(1)], [Variable([1.0], name="stranger")])


def test_some_of_the_variables_can_be_trained_in_turns():
    x, y = Variable([1.0], name="x"), Variable([1.0], name="y")
    optimizer = Adam(0.1)
    optimizer.build([x, y])
    for variable in (x, y, x):
        optimizer.apply([ones(1)], [variable])
    assert x.numpy()[0] < y.numpy()[0] < 1


def test_a_gradient_of_the_wrong_shape_is_refused():
    x, y = Variable([1.0, 2.0], name="x"), Variable([1.0], name="y")
    with pytest.raises(ValueError, match=r"variable's shape \(2,\); received shape \(1,\)"):
        Adam().apply([ones(1), ones(2)], [x, y])


@pytest.mark.parametrize("gradient", [np.ones((2, 3)), np.ones((2, 3), "float32"), torch.ones(2, 3).double(), [[1.0] * 3] * 2])
def test_gradients_of_other_kinds_are_converted(gradient):
    x = Variable(torch.ones(2, 3))
    Adam(0.5).apply([gradient], [x])
    np.testing.assert_allclose(x.numpy(), np.full((2, 3), 0.5), rtol=1e-4)


def test_a_sparse_gradient_is_made_dense():
    table = torch.nn.Embedding(4, 2, sparse=True)
    start = table.weight.detach().clone()
    table(torch.tensor([1, 1])).sum().backward()
    SGD(0.5).apply([table.weight.grad], [table.weight])
    torch.testing.assert_close(table.weight.detach(), start - torch.tensor([[0.0], [1.0], [0.0], [0.0]]))


def test_a_model_that_has_been_cast_takes_its_slots_along():
    layer = torch.nn.Linear(2, 1)
    optimizer = Adam(0.1)
    optimizer.build(list(layer.parameters()))
    for cast in (layer.float, layer.double):
        cast()
        for parameter in layer.parameters():
            parameter.grad = torch.ones_like(parameter)
        before = layer.bias.item()
        optimizer.apply([p.grad for p in layer.parameters()], list(layer.parameters()))
        assert layer.bias.item() == pytest.approx(before - 0.1, abs=1e-5)
    assert optimizer.variables[2].dtype is torch.float64
