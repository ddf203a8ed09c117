"""Rescaling: numbers, channels, integers, and no weights."""

import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import Rescaling


def test_rescaling_takes_integers_numbers_and_channels():
    assert Rescaling(1 / 255)(torch.tensor([[255, 51]], dtype=torch.uint8)).tolist() == [[1.0, pytest.approx(0.2)]]
    layer = Rescaling(scale=np.array([1.0, 10.0]), offset=[0.0, 1.0])
    assert layer(torch.ones(1, 2)).tolist() == [[1.0, 11.0]]


def test_rescaling_has_no_weights_and_comes_back_from_its_config():
    layer = Rescaling(scale=np.array([1.0, 10.0], "float32"))
    assert layer.weights == [] and layer.state_dict() == {}
    again = layers.deserialize(layers.serialize(layer))
    assert again(torch.ones(1, 2)).tolist() == [[1.0, 10.0]]


def test_rescaling_moves_with_its_model():
    layer = Rescaling([1.0, 2.0]).to("meta")
    assert layer(torch.ones(1, 2, device="meta")).device.type == "meta"
