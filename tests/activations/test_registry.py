"""What stands for an activation, and how it is written down."""

import functools

import pytest
import torch
from torch import nn

from kerasish import activations
from kerasish._base._registry import custom_object_scope, get_custom_objects, register_keras_serializable
from kerasish.activations._registry import ACTIVATIONS


def doubled(x):
    return 2 * x


def test_no_name_is_linear():
    assert activations.get(None) is activations.linear


@pytest.mark.parametrize("given", [torch.relu, nn.ReLU(), functools.partial(activations.relu, max_value=6), doubled])
def test_any_callable_is_an_activation(given):
    assert activations.get(given) is given


def test_a_torch_class_becomes_its_module():
    assert isinstance(activations.get(nn.GELU), nn.GELU)


def test_a_misspelled_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"`sigmod` is not a known activation\. Did you mean 'sigmoid'"):
        activations.get("sigmod")


def test_a_number_is_no_activation():
    with pytest.raises(ValueError, match="activation; received 3"):
        activations.get(3)


def test_aliases_are_written_under_the_first_name():
    assert (activations.serialize(activations.swish), activations.serialize(activations.hard_swish)) == ("silu", "hard_silu")


def test_a_registered_function_makes_the_round_trip():
    register_keras_serializable("mine")(doubled)
    try:
        config = activations.serialize(doubled)
        assert (config["class_name"], config["config"]) == ("function", "mine>doubled")
        assert activations.deserialize(config) is doubled
        assert activations.get(config) is doubled
    finally:
        del get_custom_objects()["mine>doubled"]


def test_a_custom_object_scope_makes_a_name_known():
    with custom_object_scope({"doubled": doubled}):
        assert activations.get("doubled") is doubled
    assert activations.deserialize("doubled", custom_objects={"doubled": doubled}) is doubled


def test_what_is_called_kernel_elsewhere_is_not_taken_for_one():
    layer = nn.Linear(1, 1)
    layer.kernel = torch.ones(1)
    assert ACTIVATIONS.kernel(layer) is layer


def test_the_kernels_of_the_commonest_are_torchs_own():
    kernels = [ACTIVATIONS.kernel(activations.get(name)) for name in ("relu", "sigmoid", "tanh")]
    assert kernels == [torch.relu, torch.sigmoid, torch.tanh]
