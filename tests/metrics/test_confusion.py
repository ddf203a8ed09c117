"""Counts at thresholds: where they are put, in which order, and how precisely."""

import numpy as np
import pytest
import torch

from kerasish import metrics
from kerasish.metrics._confusion import are_even, check_thresholds, spaced_thresholds

NAMES = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")


def counted(y_true, y_pred, thresholds, weight):
    above = y_pred[None] > np.asarray(thresholds, dtype="float32")[:, None]
    true = y_true.astype(bool)
    outcomes = (above & true, above & ~true, ~above & ~true, ~above & true)
    return [(outcome * weight).sum(1) for outcome in outcomes]


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("thresholds", [[0.5], [0.2, 0.7], [0.9, 0.1, 0.9, 0.4], [0.0, 0.5, 1.0], [0.0, 0.25, 0.5, 0.75, 1.0]])
def test_counts_are_those_of_comparing_with_each_threshold(thresholds, weighed, rng):
    y_true, y_pred = rng.integers(0, 2, size=50), (rng.integers(0, 41, size=50) / 40).astype("float32")
    weight = rng.uniform(size=50) if weighed else np.ones(50)
    for name, expected in zip(NAMES, counted(y_true, y_pred, thresholds, weight)):
        metric = getattr(metrics, name)(thresholds=thresholds)
        for part in (slice(20), slice(20, 50)):
            metric.update_state(y_true[part], y_pred[part], weight[part] if weighed else None)
        np.testing.assert_allclose(metric.result(), expected if len(thresholds) > 1 else expected[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("thresholds", [[0.5], [0.2, 0.7], [0.0, 0.5, 1.0]])
def test_nan_is_never_positive(thresholds):
    y_pred = torch.tensor([float("nan"), 0.9])
    for name, expected in zip(NAMES, (1, 0, 0, 1)):
        result = getattr(metrics, name)(thresholds=thresholds)([1, 1], y_pred)
        assert result.flatten()[0].item() == expected


def test_counts_go_on_beyond_what_float32_can_count_one_by_one():
    metric = metrics.TruePositives(thresholds=[0.2, 0.3])
    metric.update_state(torch.ones(2), torch.ones(2))
    metric._table += 2**24
    metric.update_state(torch.ones(2), torch.ones(2))
    # 2**24 in each of the three places of label 1, and 2 + 2 in the highest.
    assert metric.result().tolist() == [2**25 + 4, 2**24 + 4]


def test_thresholds_are_told_as_numbers_or_lists():
    assert check_thresholds(None) == [0.5] and check_thresholds(0.25) == [0.25] and check_thresholds((0, 1)) == [0, 1]
    assert spaced_thresholds(1) == [0.5] and spaced_thresholds(3) == [0.0, 0.5, 1.0]
    assert are_even([0.0, 0.5, 1.0]) and not are_even([0.0, 1.0]) and not are_even([0.1, 0.5, 1.0])


@pytest.mark.parametrize("thresholds", [-0.1, 1.5, [0.5, 2], [None], "0.5", [], True])
def test_thresholds_outside_of_zero_to_one_are_refused(thresholds):
    for name in (*NAMES, "Precision", "Recall", "AUC"):
        if name == "AUC" and thresholds == []:
            continue
        with pytest.raises(ValueError, match="`thresholds` must be numbers between 0 and 1; received"):
            getattr(metrics, name)(thresholds=thresholds)


@pytest.mark.parametrize("name", ["TruePositives", "Precision", "AUC"])
def test_shapes_that_do_not_fit_are_refused(name):
    with pytest.raises(ValueError, match="`y_true` must have the shape of `y_pred`"):
        getattr(metrics, name)().update_state(torch.ones(4), torch.ones(4, 3))
    with pytest.raises(ValueError, match=r"`sample_weight` must have a shape that broadcasts to \(4, 3\)"):
        getattr(metrics, name)().update_state(torch.ones(4, 3), torch.ones(4, 3), torch.ones(3))


def test_a_weight_of_a_sample_counts_for_each_of_its_values():
    metric = metrics.TruePositives()
    metric.update_state(torch.ones(2, 3), torch.ones(2, 3), torch.tensor([1.0, 0.5]))
    assert metric.result().item() == 4.5
