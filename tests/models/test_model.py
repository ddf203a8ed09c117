"""Subclassed models."""

import copy

import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import layers


class Net(keras.Model):
    """A subclass with layers in attributes, lists and dicts, and a plain torch module."""

    def __init__(self, width: int = 3, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.blocks = [layers.Dense(width, activation="relu") for _ in range(2)]
        self.heads = {"a": layers.Dense(1), "b": nn.Linear(width, 2)}
        self.scale = keras.Variable(1.0, name="scale")

    def call(self, inputs, training=False):
        for block in self.blocks:
            inputs = block(inputs)
        return {name: head(inputs) * self.scale for name, head in self.heads.items()}


def test_everything_that_can_train_is_found() -> None:
    net = Net()
    out = net(torch.randn(2, 4))
    assert out["a"].shape == (2, 1) and out["b"].shape == (2, 2)
    names = ["scale", "blocks.0.kernel", "blocks.0.bias", "blocks.1.kernel", "blocks.1.bias", "heads.a.kernel", "heads.a.bias"]
    assert list(net.state_dict()) == [*names, "heads.b.weight", "heads.b.bias"]
    assert len(net.trainable_weights) == 9


def test_the_first_call_builds_all_of_it() -> None:
    net = Net()
    net.build((None, 4))
    assert len(net.weights) == 9 and net.built


def test_it_can_be_called_on_symbols_and_copied() -> None:
    net = Net()
    x = keras.Input((4,))
    outputs = net(x)
    assert outputs["a"].shape == (None, 1)
    model = keras.Model(x, outputs)
    data = torch.randn(2, 4)
    assert torch.equal(model(data)["b"], copy.deepcopy(net)(data)["b"])


def test_its_config_is_captured() -> None:
    assert Net.from_config(Net(5, name="five").get_config()).width == 5


def test_a_model_without_call_says_so() -> None:
    class Empty(keras.Model):
        """Nothing."""

    with pytest.raises(NotImplementedError, match="Empty must define `call"):
        Empty()(torch.ones(1, 2))


def test_get_layer_by_name_and_index() -> None:
    net = Net()
    assert net.get_layer(index=0) is net.blocks[0] and net.get_layer(net.blocks[1].name) is net.blocks[1]
    with pytest.raises(ValueError, match="no layer 'nope'"):
        net.get_layer("nope")


def test_fields_are_arguments_of_models_too() -> None:
    class Tower(keras.Model):
        """Declares its arguments."""

        units: int
        depth: int = 2

        def build(self, input_shape):
            self.stack = [layers.Dense(self.units) for _ in range(self.depth)]

        def call(self, inputs):
            for layer in self.stack:
                inputs = layer(inputs)
            return inputs

    tower = Tower(3, depth=3)
    assert tower(torch.ones(1, 2)).shape == (1, 3) and len(tower.weights) == 6
    assert tower.get_config()["depth"] == 3
