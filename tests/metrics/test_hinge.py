"""Hinges: margins, and how labels are read."""

import pytest
import torch

from kerasish import metrics


@pytest.mark.parametrize(
    ("name", "y_true", "expected"),
    [
        ("hinge", [[-1.0, 1.0]], 0.5),
        ("hinge", [[0.0, 1.0]], 0.5),
        ("hinge", [[0.0, 0.5]], 0.875),
        ("squared_hinge", [[-1.0, 1.0]], 0.25),
        ("categorical_hinge", [[0.0, 1.0]], 0.5),
        ("categorical_hinge", [[1.0, 0.0]], 2.0),
    ],
)
def test_margins_are_as_worked_out_by_hand(name, y_true, expected):
    assert getattr(metrics, name)(y_true, [[-0.5, 0.5]]).item() == expected


def test_labels_are_read_as_binary_only_if_all_are():
    assert metrics.Hinge()(torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1)).item() == 1
    assert metrics.Hinge()(torch.tensor([[0.0], [-1.0]]), torch.ones(2, 1)).item() == 1.5
