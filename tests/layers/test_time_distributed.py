"""TimeDistributed: a layer for each step, all steps at once unless batches matter."""

import pytest
import torch

from kerasish.layers import BatchNormalization, Conv2D, Dense, Input, Layer, TimeDistributed


def test_each_step_goes_through_the_layer():
    x = torch.randn(2, 3, 5, 6, 4)
    layer = TimeDistributed(Conv2D(7, 3))
    outputs = layer(x)
    assert outputs.shape == (2, 3, 3, 4, 7)
    torch.testing.assert_close(outputs[:, 1], layer.layer(x[:, 1]))


def test_statistics_are_those_of_each_step():
    x = torch.stack([torch.zeros(4, 2), torch.full((4, 2), 10.0)], 1)
    layer = TimeDistributed(BatchNormalization(momentum=0.5))
    assert layer(x, training=True).abs().max() == 0  # over both steps at once it would be 1
    torch.testing.assert_close(layer.layer.moving_mean.detach(), torch.full((2,), 5.0))


def test_the_mask_of_a_step_is_given_on():
    class Where(Layer):
        def call(self, inputs, mask=None):
            return torch.where(mask[:, None], inputs, -1.0)

    x, mask = torch.ones(2, 3, 1), torch.tensor([[True, False, True], [False, True, True]])
    assert TimeDistributed(Where())(x, mask=mask)[..., 0].tolist() == [[1, -1, 1], [-1, 1, 1]]


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (2,)])
def test_a_mask_of_other_steps_is_refused(shape):
    with pytest.raises(ValueError, match="`mask` must begin with the batch and step axes"):
        TimeDistributed(Dense(2))(torch.ones(2, 3, 4), mask=torch.ones(shape, dtype=torch.bool))


def test_shapes_on_symbols():
    assert TimeDistributed(Dense(2))(Input((None, 5))).shape == (None, None, 2)
    with pytest.raises(ValueError, match="at least 3 axes"):
        TimeDistributed(Dense(2))(Input((5,)))
