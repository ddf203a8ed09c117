"""An optimizer's variables: the step count, the learning rate, slots; setting, keeping and restoring them."""

import pickle
import re

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam, Optimizer, schedules


def test_variables_are_named_after_the_models():
    kernel = Variable(torch.ones(2, 3), name="kernel")
    kernel._path = "net/dense/kernel"
    optimizer = Adam(name="adam")
    optimizer.build([kernel, torch.nn.Parameter(torch.ones(2))])
    assert [v.path for v in optimizer.variables] == [
        "adam/iteration",
        "adam/learning_rate",
        "adam/net_dense_kernel_momentum",
        "adam/net_dense_kernel_velocity",
        "adam/parameter_momentum",
        "adam/parameter_velocity",
    ]


def test_iterations_count_updates():
    x, optimizer = Variable([1.0]), SGD()
    assert int(optimizer.iterations) == 0
    assert int(optimizer.apply_gradients([(torch.ones(1), x)])) == 1
    assert optimizer.iterations.dtype is torch.int32


def test_the_learning_rate_can_be_read_set_and_assigned():
    x, optimizer = Variable([1.0]), SGD(0.5)
    assert float(optimizer.learning_rate) == 0.5
    optimizer.learning_rate = 0.25
    optimizer.apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [0.75]
    optimizer.learning_rate.assign(0.5)
    optimizer.apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [0.25]
    assert optimizer.get_config()["learning_rate"] == 0.5


def test_a_config_has_the_learning_rate_as_it_was_written():
    assert SGD(0.001).get_config()["learning_rate"] == 0.001


def test_a_schedule_gives_the_rate_of_each_step():
    x, optimizer = Variable([0.0]), SGD(schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25]))
    rates = []
    for _ in range(4):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([torch.ones(1)], [x])
    assert rates == [1.0, 0.5, 0.25, 0.25] and x.numpy().tolist() == [-2.0]
    with pytest.raises(TypeError, match="is a LearningRateSchedule, so it cannot be set"):
        optimizer.learning_rate = 0.1


def test_a_schedule_of_ones_own_is_given_the_step_as_a_tensor():
    class Halving(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 2.0 ** -step.float()

    x, optimizer = Variable([0.0]), SGD(Halving())
    for _ in range(3):
        optimizer.apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [-1.75]


def test_a_function_can_give_the_rate():
    rates = iter([1.0, 0.5])
    x, optimizer = Variable([0.0]), SGD(lambda: next(rates))
    optimizer.apply([torch.ones(1)], [x])
    optimizer.apply([torch.ones(1)], [x])
    assert x.numpy().tolist() == [-1.5]


def test_a_schedule_set_later_takes_the_rates_variable_away():
    optimizer = Adam(0.001)
    assert len(optimizer.variables) == 2
    optimizer.learning_rate = schedules.PolynomialDecay(optimizer.learning_rate, 4)
    assert len(optimizer.variables) == 1
    assert optimizer.get_config()["learning_rate"]["config"]["initial_learning_rate"] == 0.001


@pytest.mark.parametrize("rate", ["fast", True, None, SGD])
def test_what_is_no_learning_rate_is_refused(rate):
    with pytest.raises(ValueError, match="Argument `learning_rate` should be float"):
        SGD(rate)


def test_variables_of_ones_own_are_made_from_names_and_initializers():
    optimizer = SGD()
    assert optimizer.add_variable((2,), "ones", name="a/b").numpy().tolist() == [1.0, 1.0]
    assert optimizer.add_variable(2, lambda shape, dtype: torch.full(shape, 3.0), dtype="float64").dtype is torch.float64
    reference = Variable(torch.ones(2, 3), name="v", memory_order=(1, 0))
    made = optimizer.add_variable_from_reference(reference, "thing", initializer=2.0)
    assert made.stride() == (1, 2) and made.numpy().tolist() == [[2.0] * 3] * 2
    both = optimizer.add_optimizer_variables([reference], ["m", "v"], ["zeros", "ones"])
    assert [slot[0].numpy()[0, 0] for slot in both] == [0.0, 1.0]
    names = ["iteration", "learning_rate", "a_b", "variable", "v_thing", "v_m", "v_v"]
    assert [v.name for v in optimizer.variables] == names
    with pytest.raises(ValueError, match="one initializer for each name"):
        optimizer.add_optimizer_variables([reference], ["m", "v"], ["zeros"])


def test_variables_set_as_attributes_belong_to_the_optimizer():
    class Mine(Optimizer):
        def __init__(self):
            super().__init__(0.1)
            self.total = Variable(0.0, trainable=False, name="total")
            self.parts = [Variable(0.0, trainable=False, name="part")]

    assert [v.name for v in Mine().variables] == ["iteration", "learning_rate", "total", "part"]


def test_attributes_before_super_init_are_an_error_that_says_so():
    class Hasty(Optimizer):
        def __init__(self):
            self.momentum = 0.9

    with pytest.raises(RuntimeError, match=re.escape("Hasty: call `super().__init__()` first")):
        Hasty()


def test_a_store_of_another_length_is_left_aside_with_a_warning():
    optimizer = Adam()
    with pytest.warns(UserWarning, match="it has 2 variables whereas the saved optimizer has 4"):
        optimizer.load_own_variables({str(i): np.zeros(()) for i in range(4)})


def test_stored_values_do_not_change_with_the_optimizer():
    x, optimizer = Variable([1.0]), Adam()
    optimizer.apply([torch.ones(1)], [x])
    store: dict = {}
    optimizer.save_own_variables(store)
    weights = optimizer.get_weights()
    optimizer.apply([torch.ones(1)], [x])
    assert store["0"] == weights[0] == 1 and store["2"] == pytest.approx(0.1) and weights[2] == pytest.approx(0.1)


def test_weights_of_other_shapes_are_refused():
    optimizer = Adam()
    optimizer.build([Variable([1.0, 2.0], name="x")])
    with pytest.raises(ValueError, match=r"adam\w*/x_momentum has shape \(2,\); received shape \(3,\)"):
        optimizer.set_weights([np.zeros(()), np.zeros(()), np.zeros(3), np.zeros(2)])


def test_what_goes_by_identity_is_left_out_of_pickles():
    x, optimizer = Variable([1.0]), Adam()
    optimizer.apply([torch.ones(1)], [x])
    assert pickle.loads(pickle.dumps(optimizer))._plan is None


def test_only_what_is_decided_on_the_device_can_be_captured():
    with pytest.raises(ValueError, match="must be built before"):
        Adam().make_capturable()
    optimizer = Adam(gradient_accumulation_steps=2)
    optimizer.build([Variable([1.0])])
    with pytest.raises(ValueError, match="decided on the host"):
        optimizer.make_capturable()
