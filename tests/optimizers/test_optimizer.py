"""Ways to use an optimizer: minimize, gradients in pairs, arguments, configs."""

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam, schedules


def test_minimize_returns_the_loss_before_the_step():
    x = Variable([3.0, 4.0])
    loss = SGD(0.1).minimize(lambda: (x * x).sum())
    assert loss.item() == 25.0 and not loss.requires_grad
    np.testing.assert_allclose(x.numpy(), [2.4, 3.2])


def test_minimize_trains_bare_variables_and_models_in_one():
    layer, scale = torch.nn.Linear(3, 1), Variable(1.0, name="scale")
    frozen = Variable(2.0, trainable=False)
    inputs = torch.randn(8, 3)
    target = inputs.sum(1, keepdim=True)
    optimizer = Adam(0.05)
    losses = [float(optimizer.minimize(lambda: ((frozen * scale * layer(inputs) - target) ** 2).mean())) for _ in range(200)]
    assert losses[-1] < 1e-3 * losses[0]
    assert frozen.item() == 2.0 and len(optimizer._trainable_variables) == 3


def test_minimize_makes_slots_for_variables_that_appear_later():
    x, y = Variable([1.0], name="x"), Variable([1.0], name="y")
    optimizer = Adam(0.1, use_ema=True)
    optimizer.minimize(lambda: x.sum())
    optimizer.minimize(lambda: (x + y).sum())
    assert [v.name for v in optimizer.variables[2:]] == [
        "x_average",
        "x_momentum",
        "x_velocity",
        "y_average",
        "y_momentum",
        "y_velocity",
    ]
    np.testing.assert_allclose(x.numpy(), [0.8], rtol=1e-5)
    assert y.numpy()[0] < 1


def test_minimize_trains_only_what_is_listed():
    x, y = Variable([1.0]), Variable([1.0])
    SGD(0.5).minimize(lambda: (x * y).sum(), [y])
    assert (x.numpy()[0], y.numpy()[0]) == (1.0, 0.5)


def test_minimize_is_a_decorator_too():
    x = Variable([1.0])

    @SGD(0.5).minimize
    def loss():
        return x.sum()

    assert loss.item() == 1.0 and x.numpy().tolist() == [0.5]


def test_minimize_works_inside_no_grad():
    x = Variable([1.0])
    with torch.no_grad():
        SGD(0.5).minimize(lambda: x.sum())
    assert x.numpy().tolist() == [0.5]


@pytest.mark.parametrize("fn", [lambda: torch.ones(3), lambda: 1.0, lambda: None])
def test_minimize_wants_a_scalar(fn):
    with pytest.raises(ValueError, match="`fn` must return a scalar loss"):
        SGD().minimize(fn)


def test_minimize_wants_something_to_train():
    x = Variable([1.0], trainable=False)
    with pytest.raises(ValueError, match="depends on no trainable variable"):
        SGD().minimize(lambda: x.sum())


def test_the_same_gradient_for_two_variables_is_clipped_once():
    x, y = Variable([1.0, 1.0]), Variable([1.0, 1.0])
    optimizer = SGD(1.0, global_clipnorm=1.0)
    optimizer.owns_gradients = False
    optimizer.minimize(lambda: (x + y).sum())
    np.testing.assert_allclose([x.numpy(), y.numpy()], np.full((2, 2), 0.5))


def test_gradients_can_be_computed_changed_and_applied():
    x = Variable([1.0, 2.0])
    optimizer = SGD(0.5, loss_scale_factor=8.0)
    ((gradient, variable),) = optimizer.compute_gradients(lambda: (x * x).sum())
    assert variable is x and gradient.tolist() == [16.0, 32.0]
    optimizer.apply_gradients([(gradient / 2, variable)])
    np.testing.assert_allclose(x.numpy(), [0.5, 1.0])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set"),
        ({"gradient_accumulation_steps": 1}, "`gradient_accumulation_steps` must be an integer >= 2"),
        ({"use_ema": True, "ema_momentum": 1.5}, r"`ema_momentum` must be in the range \[0, 1\]"),
        ({"use_ema": True, "ema_overwrite_frequency": 0.5}, "`ema_overwrite_frequency` must be an integer >= 1 or None"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        SGD(**arguments)


def test_a_misspelled_argument_is_told_and_other_spellings_are_known():
    with pytest.raises(TypeError, match="has no argument `clipnrm`. Did you mean 'clipnorm'"):
        SGD(clipnrm=1.0)
    assert float(Adam(learningRate=0.5, beta1=0.3).learning_rate) == 0.5


def test_the_old_decay_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="`decay` is no longer supported"):
        SGD(decay=0.1)


def test_a_schedule_is_written_inside_the_config():
    optimizer = Adam(schedules.ExponentialDecay(0.1, 10, 0.5), name="it")
    again = Adam.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
    assert float(again.learning_rate) == pytest.approx(0.1)


def test_a_config_can_name_a_schedule_of_ones_own():
    class Constant(schedules.LearningRateSchedule):
        value: float

        def __call__(self, step):
            return self.value

    config = SGD(Constant(0.3)).get_config()
    assert float(SGD.from_config(config, custom_objects={"Constant": Constant}).learning_rate) == pytest.approx(0.3)


def test_the_representation_shows_what_is_not_default():
    assert repr(Adam(0.5, beta_1=0.8, name="a")) == "Adam(name='a', learning_rate=0.5, beta_1=0.8)"


def test_stateless_apply_wants_all_values():
    optimizer = SGD()
    with pytest.raises(ValueError, match="must be built"):
        optimizer.stateless_apply([], [], [])
    optimizer.build([Variable([1.0])])
    with pytest.raises(ValueError, match="has 1 trainable variables and 2 of its own; received values for 1 and 0"):
        optimizer.stateless_apply([], [torch.ones(1)], [torch.ones(1)])
