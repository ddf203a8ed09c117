"""Sequential models."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import layers


def test_layers_are_called_in_turn() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    x = torch.randn(5, 4)
    assert torch.allclose(model(x), model.layers[1](model.layers[0](x)))
    assert model.built and model.output_shape == (None, 2) and len(model.layers) == 2 and len(model.weights) == 4


def test_without_an_input_the_first_call_builds() -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built and model.weights == []
    assert model(np.zeros((5, 4), "float32")).shape == (5, 2)
    assert model.built and model.input_shape == (None, 4)


def test_layers_are_added_and_taken_off() -> None:
    model = keras.Sequential()
    model.add(keras.Input((4,)))
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    model.pop()
    assert model.output_shape == (None, 3) and model(torch.zeros(1, 4)).shape == (1, 3)


def test_an_input_shape_on_the_first_layer_serves_as_input() -> None:
    assert keras.Sequential([layers.Dense(3, input_shape=(4,))]).output_shape == (None, 3)


def test_plain_torch_modules_are_layers() -> None:
    model = keras.Sequential([nn.Linear(4, 3), nn.ReLU(), layers.Dense(2)])
    assert model(torch.zeros(2, 4)).shape == (2, 2) and len(model.trainable_weights) == 4


def test_a_layer_that_does_not_fit_is_refused_at_once_and_leaves_the_model_whole() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match="conv2d"):
        model.add(layers.Conv2D(2, 3))
    assert model(torch.zeros(1, 4)).shape == (1, 3)
    with pytest.raises(ValueError, match="has a layer 'dense"):
        model.add(model.layers[0])
    with pytest.raises(ValueError, match="must be the first"):
        model.add(keras.Input((3,)))
    with pytest.raises(ValueError, match="Only instances of Layer"):
        model.add("dense")


def test_no_layers_no_call() -> None:
    with pytest.raises(ValueError, match="has no layers"):
        keras.Sequential()(torch.zeros(1, 4))


def test_copies_and_configs() -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dropout(0.5), layers.Dense(2)], name="seq")
    x = torch.randn(2, 4)
    expected = model(x)
    assert torch.equal(copy.deepcopy(model)(x), expected)
    again = keras.Sequential.from_config(model.get_config())
    again.build((None, 4))
    again.set_weights(model.get_weights())
    assert torch.equal(again(x), expected) and again.name == "seq"


def test_masks_go_from_layer_to_layer() -> None:
    model = keras.Sequential([layers.Embedding(10, 4, mask_zero=True), layers.LSTM(3)])
    padded = torch.tensor([[1, 2, 0, 0]])
    assert torch.allclose(model(padded), model.layers[1](model.layers[0].embeddings[padded[:, :2]]), atol=1e-6)


def test_a_model_that_knows_its_input_makes_the_whole_known() -> None:
    first = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(2, 3, padding="same")])
    model = keras.Sequential([first, layers.Flatten(), layers.Dense(1)])
    assert model.built and model.output_shape == (None, 1) and len(model.layers) == 3
    assert model(torch.zeros(2, 4, 4, 3)).shape == (2, 1)


def test_what_is_configured_stays_so() -> None:
    model = keras.Sequential([keras.Input((2,), batch_size=3), layers.Dense(2)])
    model.build((3, 2))
    with pytest.raises(
        ValueError, match=r"has already been configured for inputs of shape \(3, 2\); received `input_shape` \(3, 4\)"
    ):
        model.build((3, 4))
    with pytest.raises(ValueError, match="has already been configured for inputs of shape"):
        model.add(keras.Input((2,)))
    with pytest.raises(AttributeError, match=r"reserved.*Use `add\(\)` and `pop\(\)`"):
        model.layers = []
    assert model(torch.zeros(7, 2)).shape == (7, 2)


def test_a_layer_that_cannot_tell_its_shape_is_run_in_turn() -> None:
    class Untold(layers.Layer):
        """Does not say what it gives."""

        def call(self, inputs):
            return inputs + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    model = keras.Sequential([Untold(), layers.Dense(1)])
    assert model(torch.zeros(3, 2)).shape == (3, 1)
    model.summary(print_fn=lambda text: None)
