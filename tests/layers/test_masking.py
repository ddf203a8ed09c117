"""Masking: which steps are padding."""

import torch

from kerasish.layers import Masking


def test_masking_marks_the_steps_that_are_padding():
    x = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [float("nan"), 0.0]]])
    layer = Masking()
    assert layer.compute_mask(x).tolist() == [[True, False, True]]
    assert layer(x)._keras_mask.tolist() == [[True, False, True]]
