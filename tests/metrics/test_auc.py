"""AUC: areas, thresholds, labels apart, and arguments."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from kerasish import metrics


def scores(rng, shape=(400,)):
    y_true = rng.integers(0, 2, size=shape)
    return y_true, np.clip(rng.normal(0.4 + 0.2 * y_true, 0.2), 0, 1)


def test_areas_are_nearly_those_of_scikit_learn(rng):
    y_true, y_pred = scores(rng)
    roc, pr = metrics.AUC(num_thresholds=2000), metrics.AUC(num_thresholds=2000, curve="PR")
    for part in np.array_split(np.arange(400), 3):
        roc.update_state(y_true[part], y_pred[part])
        pr.update_state(y_true[part], y_pred[part])
    assert roc.result().item() == pytest.approx(roc_auc_score(y_true, y_pred), abs=1e-3)
    assert pr.result().item() == pytest.approx(average_precision_score(y_true, y_pred), abs=5e-3)


def test_labels_apart_are_averaged_or_weighed(rng):
    y_true, y_pred = scores(rng, (200, 3))
    each = [metrics.AUC()(y_true[:, i], y_pred[:, i]).item() for i in range(3)]
    assert metrics.AUC(multi_label=True)(y_true, y_pred).item() == pytest.approx(np.mean(each))
    weighed = metrics.AUC(multi_label=True, num_labels=3, label_weights=[1.0, 0.0, 3.0])(y_true, y_pred).item()
    assert weighed == pytest.approx((each[0] + 3 * each[2]) / 4)


def test_the_number_of_labels_is_learned_or_told():
    assert metrics.AUC(multi_label=True).variables == []
    assert [tuple(v.shape) for v in metrics.AUC(multi_label=True, num_labels=3, num_thresholds=7).variables] == [(7, 3)] * 4


def test_more_ways_to_sum_lie_around_interpolation(rng):
    y_true, y_pred = scores(rng)
    areas = [
        metrics.AUC(num_thresholds=20, summation_method=m)(y_true, y_pred) for m in ("minoring", "interpolation", "majoring")
    ]
    assert areas[0] < areas[1] < areas[2]


def test_logits_give_what_their_sigmoids_give(rng):
    y_true, _ = scores(rng)
    logits = torch.from_numpy(rng.normal(size=400)).float()
    assert metrics.AUC(from_logits=True)(y_true, logits) == metrics.AUC()(y_true, logits.sigmoid())


def test_thresholds_are_between_a_little_below_zero_and_a_little_above_one():
    metric = metrics.AUC(thresholds=[0.7, 0.3])
    assert metric.thresholds == [-1e-7, 0.3, 0.7, 1 + 1e-7]
    assert (metric.get_config()["num_thresholds"], metric.get_config()["thresholds"]) == (4, [0.3, 0.7])
    assert metrics.AUC.from_config(metric.get_config()).thresholds == metric.thresholds
    assert "thresholds" not in metrics.AUC().get_config()


def test_curves_and_summations_are_found_in_any_case():
    metric = metrics.AUC(curve="pr", summation_method="Majoring")
    assert (metric.curve, metric.summation_method) == ("PR", "majoring")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"curve": "RCO"}, "`curve` must be one of 'ROC', 'PR', 'PRGAIN'; received 'RCO'"),
        ({"summation_method": None}, "`summation_method` must be one of 'interpolation', 'majoring', 'minoring'; received None"),
        ({"num_thresholds": 1}, "`num_thresholds` must be an integer greater than 1; received 1"),
        ({"num_thresholds": 2.5}, "`num_thresholds` must be an integer greater than 1; received 2.5"),
        ({"num_labels": 3}, "`num_labels` is for `multi_label=True`"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.AUC(**arguments)


def test_labels_apart_need_an_axis_for_them():
    with pytest.raises(ValueError, match=r"auc expects predictions of shape \(samples, labels\).*received \(4,\)"):
        metrics.AUC(multi_label=True).update_state(torch.ones(4), torch.ones(4))
    with pytest.raises(ValueError, match=r"predictions of shape \(samples, 3\).*received \(4, 2\)"):
        metrics.AUC(multi_label=True, num_labels=3).update_state(torch.ones(4, 2), torch.ones(4, 2))
