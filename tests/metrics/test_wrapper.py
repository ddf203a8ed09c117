"""MeanMetricWrapper: functions of users, their configs, and masks."""

import numpy as np
import pytest
import torch

from kerasish import losses, metrics
from kerasish._base._registry import custom_object_scope


def farthest(y_true, y_pred, scale=1.0):
    return scale * (y_true - y_pred).abs().amax(-1)


def test_the_function_and_what_else_it_is_given_come_back_from_the_config():
    metric = metrics.MeanMetricWrapper(farthest, name="far", scale=2.0)
    config = metric.get_config()
    assert config["scale"] == 2.0 and config["fn"]["config"] == "farthest"
    with custom_object_scope({"farthest": farthest}):
        again = metrics.deserialize(metrics.serialize(metric))
    assert again.fn is farthest
    assert again(torch.zeros(1, 2), torch.tensor([[1.0, 3.0]])).item() == 6.0


def test_a_function_that_is_not_known_is_asked_for():
    with pytest.raises(ValueError, match="`function` .* is not known.*register"):
        metrics.deserialize(metrics.serialize(metrics.MeanMetricWrapper(farthest)))


def test_a_lambda_works_but_has_no_config():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: y_pred)
    assert metric(None, torch.ones(2)).item() == 1
    with pytest.raises(ValueError, match="lambda cannot be written"):
        metric.get_config()


def test_what_is_no_function_is_refused():
    with pytest.raises(ValueError, match=r"`fn` must be a function \(y_true, y_pred\) -> values; received 3"):
        metrics.MeanMetricWrapper(3)


def test_subclasses_with_an_init_of_their_own_have_its_arguments_as_config():
    class Far(metrics.MeanMetricWrapper):
        def __init__(self, scale=1.0, name="far", dtype=None):
            super().__init__(farthest, name=name, dtype=dtype, scale=scale)

    far = Far(scale=3.0)
    assert far(torch.zeros(1, 2), torch.tensor([[1.0, 2.0]])).item() == 6.0
    assert far.get_config() == {"scale": 3.0, "name": "far", "dtype": "float32"}
    assert Far.from_config(far.get_config())(torch.zeros(1, 2), torch.tensor([[1.0, 2.0]])).item() == 6.0


def test_losses_count_each_batch_as_one():
    metric = metrics.MeanMetricWrapper(losses.MeanSquaredError())
    metric.update_state(np.zeros((4, 1)), np.full((4, 1), 2.0))
    metric.update_state(np.zeros((2, 1)), np.full((2, 1), 4.0))
    assert metric.result().item() == 10.0
    assert metric._direction == "down"


def test_directions_of_functions():
    directions = [
        metrics.MeanMetricWrapper(f)._direction for f in (metrics.huber, losses.huber, metrics.binary_accuracy, farthest)
    ]
    assert directions == ["down", "down", None, None]


def test_masked_places_do_not_count():
    y_pred = torch.tensor([[1.0, 5.0], [2.0, 2.0]])
    y_pred._keras_mask = torch.tensor([True, False])
    metric = metrics.MeanMetricWrapper(farthest)
    metric.update_state(torch.zeros(2, 2), y_pred)
    assert (metric.result().item(), metric.count.item()) == (5.0, 1.0)
    metric.update_state(torch.zeros(2, 2), y_pred, sample_weight=torch.tensor([3.0, 1.0]))
    assert metric.count.item() == 4.0


@pytest.mark.parametrize("name", ["mean_squared_error", "kl_divergence", "log_cosh", "hinge", "binary_crossentropy", "poisson"])
def test_functions_have_gradients(name):
    y_true, y_pred = torch.rand(3, 4).double(), torch.rand(3, 4).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: getattr(metrics, name)(y_true, x), (y_pred,))
