"""Operating points: the best rate under a bound."""

import pytest
import torch

from kerasish import metrics

Y_TRUE, Y_PRED = torch.tensor([0, 0, 0, 1, 1, 1]), torch.tensor([0.1, 0.4, 0.6, 0.3, 0.7, 0.9])
BOUNDS = {
    "SensitivityAtSpecificity": "specificity",
    "SpecificityAtSensitivity": "sensitivity",
    "PrecisionAtRecall": "recall",
    "RecallAtPrecision": "precision",
}


@pytest.mark.parametrize(
    ("name", "bound", "expected"),
    [
        ("SensitivityAtSpecificity", 1.0, 2 / 3),
        ("SensitivityAtSpecificity", 0.3, 1.0),
        ("SpecificityAtSensitivity", 0.6, 1.0),
        ("SpecificityAtSensitivity", 0.9, 1 / 3),
        ("PrecisionAtRecall", 0.6, 1.0),
        ("PrecisionAtRecall", 1.0, 3 / 5),
        ("RecallAtPrecision", 0.9, 2 / 3),
        ("RecallAtPrecision", 0.6, 1.0),
    ],
)
def test_the_best_rate_is_as_worked_out_by_hand(name, bound, expected):
    metric = getattr(metrics, name)(bound)
    metric.update_state(Y_TRUE[:2], Y_PRED[:2])
    metric.update_state(Y_TRUE[2:], Y_PRED[2:])
    assert metric.result().item() == pytest.approx(expected)


def test_a_bound_that_nothing_reaches_gives_zero():
    assert metrics.RecallAtPrecision(0.9)([1, 0], [0.2, 0.8]).item() == 0


def test_one_class_is_looked_at_alone():
    y_true, y_pred = torch.stack([1 - Y_TRUE, Y_TRUE], 1), torch.stack([Y_PRED, Y_PRED], 1)
    assert metrics.RecallAtPrecision(0.9, class_id=1)(y_true, y_pred).item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", BOUNDS)
def test_bad_arguments_are_refused(name):
    cls = getattr(metrics, name)
    for wrong in (-0.1, 1.1, "0.5"):
        with pytest.raises(ValueError, match=f"`{BOUNDS[name]}` must be a number between 0 and 1; received {wrong!r}"):
            cls(wrong)
    for wrong in (0, -3, 2.5):
        with pytest.raises(ValueError, match=f"`num_thresholds` must be a positive integer; received {wrong}"):
            cls(0.5, num_thresholds=wrong)
    with pytest.raises(ValueError, match="`class_id` must be an integer"):
        cls(0.5, class_id="a")
