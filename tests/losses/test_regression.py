"""Regression losses, by hand."""

import math

import pytest
import torch

from kerasish import losses

Y_TRUE, Y_PRED = [[1.0, 2.0]], [[2.0, 5.0]]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (losses.MeanSquaredError(), 5.0),
        (losses.MeanAbsoluteError(), 2.0),
        (losses.MeanAbsolutePercentageError(), 125.0),
        (losses.MeanSquaredLogarithmicError(), (math.log(3 / 2) ** 2 + math.log(2) ** 2) / 2),
        (losses.Huber(), (0.5 + 2.5) / 2),
        (losses.Huber(delta=2.0), (0.5 + 4.0) / 2),
        (losses.LogCosh(), (math.log(math.cosh(1)) + math.log(math.cosh(3))) / 2),
        (losses.CosineSimilarity(), -12 / math.sqrt(5 * 29)),
    ],
    ids=lambda case: getattr(case, "name", ""),
)
def test_numbers(loss, expected):
    assert loss(Y_TRUE, Y_PRED).item() == pytest.approx(expected, rel=1e-6)


def test_percentage_of_nothing_is_finite():
    assert losses.mean_absolute_percentage_error([[0.0]], [[1.0]]).item() == pytest.approx(1e9, rel=1e-5)


def test_log_cosh_of_large_errors_does_not_overflow():
    assert losses.log_cosh([[0.0, 0.0]], [[1e4, -1e4]]).item() == pytest.approx(1e4 - math.log(2), rel=1e-6)


def test_direction_of_zeros_is_no_direction():
    assert losses.cosine_similarity(torch.zeros(2, 3), torch.ones(2, 3)).tolist() == [0.0, 0.0]


def test_several_axes_are_one_direction():
    y_true, y_pred = torch.rand(2, 3, 4), torch.rand(2, 3, 4)
    torch.testing.assert_close(
        losses.cosine_similarity(y_true, y_pred, axis=(1, 2)), losses.cosine_similarity(y_true.flatten(1), y_pred.flatten(1))
    )


@pytest.mark.parametrize("delta", [0, -1.0])
def test_huber_refuses_a_delta_that_is_not_positive(delta):
    with pytest.raises(ValueError, match="`delta` must be greater than 0; received"):
        losses.Huber(delta=delta)


def test_config_holds_what_keras_leaves_out_where_it_matters():
    assert losses.Huber(delta=0.5).get_config()["delta"] == 0.5
    assert losses.CosineSimilarity(axis=1).get_config()["axis"] == 1
    assert "delta" not in losses.Huber().get_config()
