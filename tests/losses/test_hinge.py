"""Hinge losses, by hand, with labels of both kinds."""

import pytest
import torch

from kerasish import losses


@pytest.mark.parametrize("labels", [[[-1.0, 1.0, 1.0]], [[0.0, 1.0, 1.0]], [[0, 1, 1]]])
def test_labels_of_0_and_1_mean_minus_1_and_1(labels):
    y_pred = [[0.5, 2.0, 0.25]]
    assert losses.hinge(labels, y_pred).item() == pytest.approx((1.5 + 0 + 0.75) / 3)
    assert losses.squared_hinge(labels, y_pred).item() == pytest.approx((2.25 + 0.5625) / 3)


def test_labels_are_taken_as_they_are_unless_all_are_0_or_1():
    assert losses.hinge([[0.0, 0.5]], [[3.0, 3.0]]).item() == pytest.approx(0.5)
    assert losses.hinge([[0.0, -1.0]], [[3.0, 3.0]]).item() == pytest.approx((1 + 4) / 2)


def test_categorical_hinge_is_between_the_right_class_and_the_best_wrong_one():
    assert losses.categorical_hinge([[0, 1, 0]], [[0.9, 0.25, 0.5]]).item() == pytest.approx(1.65)
    assert losses.categorical_hinge([[0, 1, 0]], torch.tensor([[0.0, 2.0, 0.5]])).item() == 0
