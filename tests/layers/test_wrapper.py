"""Wrapper: a layer inside a layer, in configs, weights and copies."""

import copy

import pytest
import torch

from kerasish.layers import Dense, Wrapper


class Negated(Wrapper):
    def call(self, inputs):
        return -self.layer(inputs)


def test_the_layer_inside_is_built_used_and_found():
    layer = Negated(Dense(2, name="inner"), name="outer")
    x = torch.randn(3, 4)
    torch.testing.assert_close(layer(x), -layer.layer(x))
    assert [weight.path for weight in layer.weights] == ["outer/inner/kernel", "outer/inner/bias"]


def test_configs_and_copies_hold_a_layer_of_their_own():
    layer = Negated(Dense(2))
    again, copied = Negated.from_config(layer.get_config()), copy.deepcopy(layer)
    assert again.get_config() == layer.get_config() == copied.get_config()
    assert len({id(each.layer) for each in (layer, again, copied)}) == 3


def test_only_layers_are_wrapped():
    with pytest.raises(ValueError, match="`layer` must be a Layer; received Linear"):
        Wrapper(torch.nn.Linear(2, 3))
