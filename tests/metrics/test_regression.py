"""Errors: numbers worked out by hand, and labels whose shapes do not fit."""

import math

import pytest
import torch

from kerasish import metrics

Y_TRUE, Y_PRED = torch.tensor([[0.0, 1.0], [2.0, 4.0]]), torch.tensor([[1.0, 1.0], [2.0, 0.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MeanSquaredError", 17 / 4),
        ("RootMeanSquaredError", math.sqrt(17 / 4)),
        ("MeanAbsoluteError", 5 / 4),
        ("MeanSquaredLogarithmicError", (math.log(2) ** 2 + math.log(5) ** 2) / 4),
        ("LogCoshError", (math.log(math.cosh(1)) + math.log(math.cosh(4))) / 4),
        ("CosineSimilarity", (1 / math.sqrt(2) + 1 / math.sqrt(5)) / 2),
    ],
)
def test_errors_are_as_worked_out_by_hand(name, expected):
    metric = getattr(metrics, name)()
    assert metric(Y_TRUE, Y_PRED).item() == pytest.approx(expected, rel=1e-5)


def test_percentages_of_zero_are_of_epsilon():
    assert metrics.mean_absolute_percentage_error([[2.0], [0.0]], [[1.0], [1e-7]]).tolist() == pytest.approx([50.0, 100.0])


def test_integer_predictions_make_floats():
    assert metrics.MeanAbsoluteError()([[1, 2]], [[3, 1]]).item() == 1.5


def test_large_errors_in_half_precision_are_counted_in_float32():
    y_pred = torch.full((2, 2), 1000.0, dtype=torch.float16)
    assert metrics.MeanSquaredError()(torch.zeros(2, 2), y_pred).item() == 1e6


def test_one_label_for_a_row_broadcasts():
    assert metrics.MeanSquaredError()([[1.0], [2.0]], [[1.0, 3.0], [2.0, 2.0]]).item() == 1.0


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 2, 2), (3, 2)])
def test_labels_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"`y_true` must have the shape of `y_pred`.*received \(.*\(2, 2\)"):
        metrics.MeanSquaredError().update_state(torch.zeros(shape), Y_PRED)


def test_the_axis_of_a_cosine_is_in_its_config_where_it_is_not_the_last():
    assert metrics.CosineSimilarity(axis=1).get_config()["axis"] == 1
    assert "axis" not in metrics.CosineSimilarity().get_config()
