"""Precision and recall: the greatest predictions, one class, and arguments."""

import pytest
import torch

from kerasish import metrics

Y_TRUE = torch.tensor([[0, 1, 1], [1, 0, 0]])
Y_PRED = torch.tensor([[0.2, 0.9, 0.1], [0.6, 0.7, 0.3]])


@pytest.mark.parametrize(
    ("arguments", "precision", "recall"),
    [
        ({}, 2 / 3, 2 / 3),
        ({"thresholds": 0.65}, 1 / 2, 1 / 3),
        ({"top_k": 1}, 1 / 2, 1 / 3),
        ({"top_k": 2}, 2 / 4, 2 / 3),
        ({"top_k": 2, "thresholds": 0.5}, 2 / 3, 2 / 3),
        ({"class_id": 0}, 1, 1),
        ({"class_id": -1}, 0, 0),
        ({"class_id": 2, "top_k": 3}, 1 / 2, 1),
    ],
)
def test_shares_are_as_worked_out_by_hand(arguments, precision, recall):
    assert metrics.Precision(**arguments)(Y_TRUE, Y_PRED).item() == pytest.approx(precision)
    assert metrics.Recall(**arguments)(Y_TRUE, Y_PRED).item() == pytest.approx(recall)


def test_several_thresholds_give_several_shares_in_their_order():
    metric = metrics.Precision(thresholds=[0.65, 0.0])
    assert metric(Y_TRUE, Y_PRED).tolist() == [0.5, 0.5]
    assert metrics.Recall(thresholds=[0.65, 0.0])(Y_TRUE, Y_PRED).tolist() == pytest.approx([1 / 3, 1])
    assert metric.thresholds == [0.65, 0.0] and metric.get_config()["thresholds"] == [0.65, 0.0]
    assert metrics.Precision().thresholds == [0.5] and metrics.Precision().get_config()["thresholds"] is None


def test_one_outcome_is_called_accumulator():
    metric = metrics.FalsePositives(name="wrong")
    metric.update_state(Y_TRUE, Y_PRED)
    assert metric.variables[0].path == "wrong/accumulator" and metric.accumulator.tolist() == [1.0]


@pytest.mark.parametrize("name", ["Precision", "Recall"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top_k": 0}, "`top_k` must be a positive integer, or None; received 0"),
        ({"top_k": 1.5}, "`top_k` must be a positive integer"),
        ({"class_id": 1.0}, "`class_id` must be an integer, or None for all classes; received 1.0"),
        ({"class_id": True}, "`class_id` must be an integer"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(metrics, name)(**arguments)


@pytest.mark.parametrize(
    ("arguments", "y", "message"),
    [
        ({"class_id": 3}, Y_PRED, r"`class_id` must number a class .* received 3 and predictions of shape \(2, 3\)"),
        ({"class_id": -4}, Y_PRED, "`class_id` must number a class"),
        ({"class_id": 0}, Y_PRED[0], "`class_id` must number a class"),
        ({"top_k": 4}, Y_PRED, "`top_k` must not be greater than the number of classes, 3; received 4"),
    ],
)
def test_classes_that_are_not_there_are_refused(arguments, y, message):
    with pytest.raises(ValueError, match=message):
        metrics.Recall(**arguments).update_state(y > 0.5, y)
