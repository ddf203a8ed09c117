"""CTC: numbers that can be counted by hand, blanks, and shapes that do not fit."""

import math

import pytest
import torch

from kerasish import losses


def test_counts_every_way_to_spread_the_labels():
    # "1" over two steps of three equal classes: 1 1, 1 -, - 1: three of nine.
    assert losses.CTC()([[1]], torch.zeros(1, 2, 3)).item() == pytest.approx(math.log(3))


def test_zeros_fill_up_what_is_shorter():
    y_pred = torch.randn(1, 6, 4)
    assert losses.ctc([[2, 3, 0, 0]], y_pred) == losses.ctc([[2, 3]], y_pred)


@pytest.mark.parametrize(("labels", "logits"), [((3,), (3, 5, 4)), ((3, 2), (3, 4))])
def test_shapes_are_checked(labels, logits):
    with pytest.raises(ValueError, match=r"CTC takes class numbers of shape \(batch, labels\)"):
        losses.CTC()(torch.ones(labels, dtype=torch.int64), torch.zeros(logits))
