"""R2Score: scores, adjustment and arguments."""

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

from kerasish import metrics


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(None, "raw_values"), ("uniform_average", "uniform_average"), ("variance_weighted_average", "variance_weighted")],
)
def test_scores_over_batches_are_those_of_scikit_learn(ours, theirs, rng):
    y_true, y_pred, weight = rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), rng.uniform(size=30)
    metric = metrics.R2Score(class_aggregation=ours, dtype="float32")
    for part in np.array_split(np.arange(30), 4):
        metric.update_state(y_true[part], y_pred[part], weight[part])
    expected = r2_score(y_true, y_pred, sample_weight=weight, multioutput=theirs)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-4)


def test_the_adjusted_score_is_less():
    y_true, y_pred = [[1.0], [2.0], [3.0], [5.0]], [[1.0], [2.0], [3.0], [4.0]]
    plain, adjusted = metrics.R2Score()(y_true, y_pred).item(), metrics.R2Score(num_regressors=1)(y_true, y_pred).item()
    assert adjusted == pytest.approx(1 - (1 - plain) * 3 / 2)


def test_too_few_samples_give_the_plain_score():
    y_true, y_pred = [[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]]
    plain = metrics.R2Score()(y_true, y_pred)
    for regressors in (2, 3, 9):
        assert metrics.R2Score(num_regressors=regressors)(y_true, y_pred) == plain


def test_labels_that_do_not_vary_count_as_zero():
    assert metrics.R2Score()([[1.0], [1.0]], [[0.0], [2.0]]).item() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_aggregation": "mean"}, "`class_aggregation` must be one of None, 'uniform_average', .*received 'mean'"),
        ({"num_regressors": -1}, "`num_regressors` must not be negative; received -1"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.R2Score(**arguments)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"R2Score expects .* \(samples, outputs\); received \(4,\) and \(4,\)"):
        metrics.R2Score().update_state(torch.ones(4), torch.ones(4))
    with pytest.raises(ValueError, match="`y_true` must have the shape"):
        metrics.R2Score().update_state(torch.ones(4, 2), torch.ones(4, 1))
