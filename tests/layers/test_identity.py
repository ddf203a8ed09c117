"""Identity and ActivityRegularization: outputs are inputs; losses besides."""

import pytest
import torch

from kerasish.layers import ActivityRegularization, Identity


def test_identity_gives_any_structure():
    x = {"a": torch.ones(1), "b": [torch.zeros(2)]}
    y = Identity()(x)
    assert y["a"].tolist() == [1.0] and y["b"][0].tolist() == [0.0, 0.0]


def test_activity_is_regularized_by_the_batch():
    layer = ActivityRegularization(l1=1.0, l2=10.0)
    layer(torch.tensor([[1.0, -2.0], [0.0, 0.0]]))
    assert [loss.item() for loss in layer.losses] == [pytest.approx((3 + 50) / 2)]
    assert "activity_regularizer" not in layer.get_config()
