"""ThresholdedReLU: what lies at the threshold, and gradients."""

import pytest
import torch

from kerasish.layers import ThresholdedReLU


def test_what_is_at_the_threshold_is_cut_and_the_rest_keeps_its_gradient():
    x = torch.tensor([-3.0, 0.5, 0.6], requires_grad=True)
    ThresholdedReLU(0.5)(x).sum().backward()
    assert ThresholdedReLU(0.5)(x).tolist() == [0.0, 0.0, pytest.approx(0.6)] and x.grad.tolist() == [0.0, 0.0, 1.0]


def test_a_negative_threshold_is_told():
    with pytest.raises(ValueError, match="`theta` must not be negative; received -1"):
        ThresholdedReLU(-1)
