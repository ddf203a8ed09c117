"""Several optimizers for one model: who gets which variable."""

import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap


def test_a_path_comes_before_patterns_and_the_default_last():
    exact, pattern, default = SGD(), SGD(), SGD()
    optimizers = OptimizerMap(default, {"encoder/.*": pattern})
    optimizers["encoder/dense"] = exact
    assert optimizers["encoder/dense"] is exact
    assert optimizers["encoder/conv/kernel"] is pattern
    assert optimizers["encoder"] is default
    assert list(optimizers) == ["encoder/.*", "encoder/dense"] and len(optimizers) == 2


def test_a_path_that_two_patterns_match_is_an_error():
    optimizers = OptimizerMap(SGD(), {"a.*": SGD(), ".*b": SGD()})
    with pytest.raises(ValueError, match=r"'ab' is matched by \['a.\*', '.\*b'\]"):
        optimizers["ab"]


def test_maps_hold_single_optimizers_under_new_keys():
    optimizers = OptimizerMap(SGD(), {"a": SGD()})
    with pytest.raises(ValueError, match="'a' already exists"):
        optimizers["a"] = SGD()
    del optimizers["a"]
    with pytest.raises(ValueError, match="LossScaleOptimizer cannot be used inside"):
        optimizers["a"] = LossScaleOptimizer(SGD())
    with pytest.raises(ValueError, match="must be a path or a pattern"):
        optimizers[3] = SGD()
    with pytest.raises(TypeError, match="`default_optimizer` must be an Optimizer"):
        OptimizerMap("sgd")


def test_a_function_can_choose():
    fast, slow = SGD(1.0), SGD(0.5)
    optimizer = MultiOptimizer(lambda variable: fast if variable.name == "x" else slow)
    x, y = Variable([1.0], name="x"), Variable([1.0], name="y")
    optimizer.apply([torch.ones(1), torch.ones(1)], [x, y])
    assert (x.numpy()[0], y.numpy()[0]) == (0.0, 0.5)
    assert optimizer.optimizers == [fast, slow] and int(optimizer.iterations) == 1


def test_it_has_no_learning_rate():
    optimizer = MultiOptimizer(OptimizerMap(SGD()))
    with pytest.raises(AttributeError, match="no learning rate of its own"):
        optimizer.learning_rate  # noqa: B018
    with pytest.raises(AttributeError, match="no learning rate of its own"):
        optimizer.learning_rate = 0.1


def test_its_loss_scale_is_everyones():
    adam, sgd = Adam(loss_scale_factor=3.0), SGD()
    optimizer = MultiOptimizer(OptimizerMap(sgd, {"x": adam}), loss_scale_factor=2.0)
    assert (adam.loss_scale_factor, sgd.loss_scale_factor) == (2.0, 2.0)
    optimizer.loss_scale_factor = 4.0
    assert (adam.loss_scale_factor, sgd.loss_scale_factor, optimizer.scale_loss(1.0)) == (4.0, 4.0, 4.0)


def test_averages_are_finalized_by_the_optimizer_that_keeps_them():
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"x": SGD(1.0, use_ema=True, ema_momentum=0.5)}))
    x, y = Variable([0.0], name="x"), Variable([0.0], name="y")
    for _ in range(2):
        optimizer.apply([-torch.ones(1), -torch.ones(1)], [x, y])
    optimizer.finalize_variable_values([x, y])
    assert (x.numpy()[0], y.numpy()[0]) == (1.5, 2.0)
