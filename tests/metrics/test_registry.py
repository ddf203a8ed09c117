"""The registry: names and configs of metrics."""

import pytest

from kerasish import metrics
from kerasish._base._registry import custom_object_scope


@pytest.mark.parametrize("name", ["mean_squared_error", "hinge", "binary_accuracy", "MeanSquaredError", "meanSquaredError"])
def test_a_name_means_the_class(name):
    assert isinstance(metrics.get(name), metrics.Metric)


def test_what_is_no_name_stays():
    assert metrics.get(None) is None
    assert metrics.get(metrics.hinge) is metrics.hinge
    assert type(metrics.get(metrics.Hinge)) is metrics.Hinge


def test_custom_objects_come_first():
    class Mine(metrics.Sum):
        pass

    with custom_object_scope({"mse": Mine}):
        assert type(metrics.get("mse")) is Mine
    assert type(metrics.get("mse")) is metrics.MeanSquaredError
    config = {"class_name": "Mine", "config": {"name": "m"}}
    assert metrics.deserialize(config, custom_objects={"Mine": Mine}).name == "m"
