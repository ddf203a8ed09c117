import numpy as np
import pytest

from kerasish import layers, saving
from kerasish._base import _registry


@pytest.fixture(autouse=True)
def forget():
    before = dict(_registry._registered)
    yield
    _registry._registered.clear()
    _registry._registered.update(before)


@pytest.mark.parametrize(
    "thing", [None, 3, 2.5, "text", [1, [2.0]], {"a": [1]}, slice(1, None, 2), b"bytes"], ids=lambda thing: str(thing)
)
def test_plain_things_come_back(thing):
    assert saving.deserialize_keras_object(saving.serialize_keras_object(thing)) == thing


def test_an_array_comes_back():
    array = saving.deserialize_keras_object(saving.serialize_keras_object(np.arange(6.0).reshape(2, 3)))
    assert array.dtype == np.float64 and array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_layer_comes_back_by_name_and_config():
    config = saving.serialize_keras_object(layers.Dense(3, activation="relu", name="mine"))
    assert (config["module"], config["class_name"]) == ("keras.layers", "Dense")
    assert saving.deserialize_keras_object(config).get_config() == config["config"]


def test_a_registered_function_comes_back():
    @saving.register_keras_serializable("mine")
    def double(x):
        return x * 2

    assert saving.get_registered_name(double) == "mine>double"
    assert saving.get_registered_object("mine>double") is double
    assert saving.deserialize_keras_object(saving.serialize_keras_object(double)) is double
    assert saving.get_custom_objects()["mine>double"] is double


def test_a_class_is_known_inside_a_scope_alone():
    class Mine(layers.Layer):
        def call(self, x):
            return x

    config = saving.serialize_keras_object(Mine())
    with pytest.raises(ValueError, match="register_keras_serializable"):
        saving.deserialize_keras_object(config)
    with saving.CustomObjectScope({"Mine": Mine}):
        assert type(saving.deserialize_keras_object(config)) is Mine
    assert type(saving.deserialize_keras_object(config, custom_objects={"Mine": Mine})) is Mine


@pytest.mark.parametrize("safe_mode", [True, False])
def test_code_is_never_run(safe_mode):
    with pytest.raises(ValueError, match="never run, whatever `safe_mode` says"):
        saving.deserialize_keras_object({"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}, safe_mode=safe_mode)
