"""Lambda: any function, saved by its name and never by its code."""

import json

import pytest
import torch

from kerasish import layers
from kerasish._base._registry import custom_object_scope
from kerasish.layers import Input, Lambda


def double(x):
    return x * 2


def scaled(x, factor, training=None, mask=None):
    return x * factor * (10 if training else 1) * (100 if mask is not None else 1)


def described(layer):
    return json.loads(json.dumps(layers.serialize(layer)))


def test_a_function_is_saved_by_name_and_found_again():
    config = described(Lambda(double, name="twice"))
    with custom_object_scope({"double": double}):
        again = layers.deserialize(config)
    assert again.function is double and again(torch.ones(1)).tolist() == [2.0]


def test_a_lambda_is_not_saved():
    with pytest.raises(ValueError, match="a file never holds code"):
        layers.serialize(Lambda(lambda x: x))


def test_code_in_a_file_is_never_run():
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAA==", "defaults": None, "closure": None}}
    for key in ("function", "output_shape", "mask"):
        config = {"name": "l", "function": "double", key: code}
        with pytest.raises(ValueError, match=f"The `{key}` of Lambda 'l' is the code of a Python lambda, which is never run"):
            layers.deserialize({"module": "keras.layers", "class_name": "Lambda", "config": config})


def test_an_unknown_function_is_told_with_the_way_out():
    config = described(Lambda(double))
    config["config"]["function"]["module"] = "nowhere"
    with pytest.raises(ValueError, match="custom_objects"):
        layers.deserialize(config)


def test_arguments_training_and_mask_reach_the_function():
    layer = Lambda(scaled, arguments={"factor": 3})
    x = torch.ones(1)
    assert layer(x).item() == 3
    assert layer(x, training=True).item() == 30
    assert layer(x, mask=torch.ones(1, dtype=torch.bool)).item() == 300


def test_shapes_are_found_or_given():
    assert Lambda(lambda x: x[:, 1:])(Input((5,))).shape == (None, 4)
    assert Lambda(double, output_shape=(7,))(Input((5,))).shape == (None, 7)
    assert Lambda(double, output_shape=lambda shape: (*shape, 2)).compute_output_shape((None, 5)) == (None, 5, 2)
    assert Lambda(lambda x: [x, x], output_shape=[(2,), (3,)]).compute_output_shape((8, 5)) == [(8, 2), (8, 3)]


def test_a_mask_is_what_was_given_or_what_its_function_makes():
    x = torch.ones(2, 3)
    assert Lambda(double).compute_mask(x) is None and not Lambda(double).supports_masking
    assert Lambda(double, mask=lambda inputs, mask: inputs[..., 0] > 0).compute_mask(x).tolist() == [True, True]


def test_functions_written_in_c_are_taken():
    assert Lambda(torch.relu)(torch.tensor([-1.0])).item() == 0


def test_what_is_no_function_is_told():
    with pytest.raises(ValueError, match="`function` must be callable; received 3."):
        Lambda(3)
