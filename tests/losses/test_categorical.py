"""Categorical cross entropies: numbers, smoothing, axes, labels that do not fit."""

import math

import pytest
import torch

from kerasish import losses

ONE_HOT = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
LOGITS = torch.tensor([[1.0, 2.0, 0.0], [0.5, 0.0, -3.0]])


def test_logits_and_probabilities_agree():
    of_logits = losses.CategoricalCrossentropy(from_logits=True)(ONE_HOT, LOGITS)
    torch.testing.assert_close(losses.CategoricalCrossentropy()(ONE_HOT, LOGITS.softmax(-1)), of_logits)


def test_probabilities_are_divided_by_their_sum():
    assert losses.categorical_crossentropy([[0, 1]], [[3.0, 1.0]]).item() == pytest.approx(math.log(4))


def test_probability_of_0_is_held_epsilon_away():
    assert losses.categorical_crossentropy([[0, 1]], [[1.0, 0.0]]).item() == pytest.approx(-math.log(1e-7), rel=1e-5)


def test_label_smoothing_spreads_over_the_classes():
    torch.testing.assert_close(
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)(ONE_HOT, LOGITS),
        losses.CategoricalCrossentropy(from_logits=True)(ONE_HOT * 0.7 + 0.1, LOGITS),
    )


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "CategoricalFocalCrossentropy"])
def test_classes_may_be_on_any_axis(name):
    y_true, y_pred = torch.eye(4)[torch.tensor([[0, 3, 1], [2, 2, 0]])], torch.randn(2, 3, 4)
    for axis in (0, 1, -2):
        moved = [y.movedim(-1, axis) for y in (y_true, y_pred)]
        loss, expected = (getattr(losses, name)(from_logits=True, axis=a) for a in (axis, -1))
        torch.testing.assert_close(loss(*moved), expected(y_true, y_pred))


def test_focal_by_hand():
    value = losses.categorical_focal_crossentropy([[0, 1]], [[0.25, 0.75]], alpha=0.5, gamma=3.0)
    assert value.item() == pytest.approx(0.5 * 0.25**3 * -math.log(0.75))


def test_focal_weighs_each_class():
    value = losses.categorical_focal_crossentropy([[0, 1], [1, 0]], [[0.5, 0.5], [0.5, 0.5]], alpha=[1.0, 3.0], gamma=0.0)
    torch.testing.assert_close(value, torch.tensor([3.0, 1.0]) * math.log(2))


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "CategoricalFocalCrossentropy"])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_class_numbers_are_sent_to_the_sparse_loss(name, shape):
    with pytest.raises(ValueError, match=r"received `y_true` of shape .*\(4, 10\).*SparseCategoricalCrossentropy"):
        getattr(losses, name)(from_logits=True)(torch.zeros(shape, dtype=torch.int64), torch.zeros(4, 10))


def test_another_number_of_classes_is_refused():
    with pytest.raises(ValueError, match="Give a number for each class"):
        losses.CategoricalCrossentropy()(torch.zeros(4, 9), torch.ones(4, 10))


def test_one_class_is_warned_of():
    with pytest.warns(SyntaxWarning, match="one class is always 0.*BinaryCrossentropy"):
        losses.categorical_crossentropy([[1.0], [0.0]], [[0.5], [0.5]])


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy"])
@pytest.mark.parametrize("axis", [True, None, "last"])
def test_axis_must_be_one(name, axis):
    with pytest.raises(ValueError, match="`axis` must be an integer; received"):
        getattr(losses, name)(axis=axis)
