"""Loss scaling: overflowing steps are skipped, on the host or on the device, and the scale follows."""

import copy

import numpy as np
import pytest
import torch

from kerasish.core import Variable
from kerasish.optimizers import SGD, Adam, AdamW, LossScaleOptimizer, deserialize, serialize


def test_scale_and_counter_follow_the_gradients():
    x, optimizer = Variable([1.0]), LossScaleOptimizer(SGD(0.5), initial_scale=8.0, dynamic_growth_steps=2)
    seen = []
    for gradient in (8.0, float("nan"), 4.0, 4.0, 8.0):
        optimizer.apply([torch.tensor([gradient])], [x])
        seen.append((x.numpy()[0], float(optimizer.dynamic_scale), int(optimizer.step_counter), int(optimizer.iterations)))
    assert seen == [(0.5, 8.0, 1, 1), (0.5, 4.0, 0, 1), (0.0, 4.0, 1, 2), (-0.5, 8.0, 0, 3), (-1.0, 8.0, 1, 4)]


@pytest.mark.parametrize(
    "make",
    [lambda: SGD(0.1), lambda: SGD(0.1, 0.9), lambda: SGD(0.1, 0.9, nesterov=True), Adam, lambda: AdamW(0.1, amsgrad=True)],
)
def test_skipping_on_the_device_is_skipping_on_the_host(make):
    host, device = LossScaleOptimizer(make(), initial_scale=4.0), LossScaleOptimizer(make(), initial_scale=4.0)
    ours, theirs = [Variable([1.0, 2.0]), Variable([3.0])], [Variable([1.0, 2.0]), Variable([3.0])]
    device.build(theirs)
    device._skip_on_device()  # what building on a GPU does
    assert device.inner_optimizer.capturable
    for step in range(6):
        gradients = [torch.tensor([1.0, -2.0 + step]), torch.tensor([float("inf") if step in (1, 4) else 0.5])]
        host.apply(gradients, ours)
        device.apply(gradients, theirs)
    np.testing.assert_allclose(theirs[0].numpy(), ours[0].numpy(), rtol=1e-6)
    np.testing.assert_allclose(theirs[1].numpy(), ours[1].numpy(), rtol=1e-6)
    for a, b in zip(host.variables, device.variables):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-5)
    assert int(device.iterations) == 4 and float(device.dynamic_scale) == 1.0


@pytest.mark.parametrize("options", [{"use_ema": True}, {"gradient_accumulation_steps": 2}])
def test_what_the_device_cannot_decide_stays_with_the_host(options):
    optimizer = LossScaleOptimizer(Adam(**options))
    optimizer.build([Variable([1.0])])
    optimizer._skip_on_device()
    assert not optimizer.inner_optimizer.capturable


def test_minimize_trains_and_scales():
    x = Variable([2.0])
    optimizer = LossScaleOptimizer(SGD(0.25))
    assert optimizer.minimize(lambda: (x * x).sum()).item() == 4.0
    np.testing.assert_allclose(x.numpy(), [1.0])
    y = Variable([1.0])
    optimizer.minimize(lambda: (x + y).sum())
    np.testing.assert_allclose(y.numpy(), [0.75])


def test_the_learning_rate_is_the_inner_ones():
    optimizer = LossScaleOptimizer(SGD(0.25))
    optimizer.learning_rate = 0.5
    assert float(optimizer.inner_optimizer.learning_rate) == float(optimizer.learning_rate) == 0.5
    assert optimizer.scale_loss(1.0) == 2.0**15


def test_missing_gradients_stay_missing():
    x, y = Variable([1.0]), Variable([1.0])
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        LossScaleOptimizer(SGD(1.0), initial_scale=1.0).apply([None, torch.ones(1)], [x, y])
    assert (x.numpy()[0], y.numpy()[0]) == (1.0, 0.0)


@pytest.mark.parametrize("argument, value", [("clipnorm", 1.0), ("weight_decay", 0.1), ("nonsense", 1)])
def test_arguments_of_the_inner_optimizer_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"does not support `{argument}`"):
        LossScaleOptimizer(SGD(), **{argument: value})


def test_files_of_older_versions_are_read():
    optimizer = LossScaleOptimizer(SGD(), initial_scale=2.0, name="it")
    described = copy.deepcopy(serialize(optimizer))
    described["config"].update(weight_decay=None, use_ema=False, dynamic=True)
    assert deserialize(described).get_config() == optimizer.get_config()
    with pytest.raises(ValueError, match="always dynamic"):
        LossScaleOptimizer(SGD(), dynamic=False)


def test_gradients_can_be_checked():
    optimizer = LossScaleOptimizer(SGD())
    assert optimizer.check_finite([torch.ones(2), None]).item() is True
    assert optimizer.check_finite([torch.ones(2), torch.tensor([float("nan")])]).item() is False


def test_a_gradient_that_is_a_new_value_is_not_divided_by_the_scale():
    value, weight = Variable([1.0, 2.0]), Variable([1.0])
    value.overwrite_with_gradient = True
    LossScaleOptimizer(SGD(0.5), initial_scale=4.0).apply([torch.tensor([6.0, 7.0]), torch.tensor([4.0])], [value, weight])
    assert value.tolist() == [6.0, 7.0] and weight.tolist() == [0.5]
