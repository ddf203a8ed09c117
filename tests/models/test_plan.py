"""Plans: the graph between symbols, and the code that is generated of it."""

import keyword

import pytest
import torch

import kerasish as keras
from kerasish import layers


def test_the_first_lambda_of_a_session_may_be_part_of_a_graph() -> None:
    keras.backend.clear_session()
    x = keras.Input((2,))
    double = layers.Lambda(lambda value: value * 2)
    model = keras.Model(x, double(x))
    assert double.name == "lambda"
    assert model(torch.ones(1, 2)).tolist() == [[2, 2]]
    assert model.graph_module()(torch.ones(1, 2)).tolist() == [[2, 2]]


@pytest.mark.parametrize("name", [*keyword.kwlist, "self", "torch", "a b", "a.b", "1x"])
def test_inputs_and_layers_may_have_any_name(name: str) -> None:
    x = keras.Input((2,), name=f"{name}_in")
    inner = keras.Sequential([keras.Input((2,)), layers.Activation("relu", name=name)], name="inner")
    model = keras.Model(x, layers.Rescaling(3.0, name=name)(inner(x)))
    assert model(torch.tensor([[-1.0, 2.0]])).tolist() == [[0, 6]]


def test_an_input_may_be_given_only_once() -> None:
    x = keras.Input((2,), name="x")
    with pytest.raises(ValueError, match=r"must be given once; received \['x', 'x'\]"):
        keras.Model([x, x], x * 2)
