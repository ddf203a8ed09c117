"""The small layers: Rescaling, Masking, Identity, ActivityRegularization."""

import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import ActivityRegularization, Identity, Masking, Rescaling


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


def test_masking_marks_the_steps_that_are_padding():
    x = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [float("nan"), 0.0]]])
    layer = Masking()
    assert layer.compute_mask(x).tolist() == [[True, False, True]]
    assert layer(x)._keras_mask.tolist() == [[True, False, True]]


def test_identity_gives_any_structure():
    x = {"a": torch.ones(1), "b": [torch.zeros(2)]}
    y = Identity()(x)
    assert y["a"].tolist() == [1.0] and y["b"][0].tolist() == [0.0, 0.0]


def test_activity_is_regularized_by_the_batch():
    layer = ActivityRegularization(l1=1.0, l2=10.0)
    layer(torch.tensor([[1.0, -2.0], [0.0, 0.0]]))
    assert [loss.item() for loss in layer.losses] == [pytest.approx((3 + 50) / 2)]
    assert "activity_regularizer" not in layer.get_config()
