"""Inputs: how labels, predictions and weights are made to fit."""

import numpy as np
import pytest
import torch

from kerasish.metrics._inputs import floating_pair, pair, same_rank, with_mask


@pytest.mark.parametrize(
    ("a", "b", "keep_axis", "expected"),
    [
        ((4,), (4, 1), True, ((4, 1), (4, 1))),
        ((4, 1), (4,), True, ((4, 1), (4, 1))),
        ((4, 1), (4,), False, ((4,), (4,))),
        ((4, 3, 1), (4, 3), True, ((4, 3), (4, 3))),
        ((4, 3), (4, 3, 1), False, ((4, 3), (4, 3))),
        ((4, 3), (4,), True, ((4, 3), (4,))),
        ((), (1,), True, ((), ())),
    ],
)
def test_a_last_axis_of_one_comes_or_goes(a, b, keep_axis, expected):
    assert tuple(tuple(x.shape) for x in same_rank(torch.zeros(a), torch.zeros(b), keep_axis)) == expected


def test_labels_take_the_dtype_of_the_predictions():
    y_true, y_pred = pair(np.array([1, 2]), np.array([0.5, 1.5]))
    assert y_true.dtype is y_pred.dtype is torch.float64
    assert floating_pair([1.7, 2.0], [1, 2])[0].tolist() == [1.0, 2.0]


def test_masks_are_weights_of_zero_and_one():
    mask = torch.tensor([True, False])
    assert with_mask(None, None, torch.float32) is None
    assert with_mask(None, mask, torch.float32).tolist() == [1.0, 0.0]
    assert with_mask([2.0, 3.0], mask, torch.float32).tolist() == [2.0, 0.0]
    assert with_mask([[2.0], [3.0]], mask, torch.float32).tolist() == [[2.0], [0.0]]
