"""F-scores: against scikit-learn, and arguments."""

import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score

from kerasish import metrics


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [1.0, 0.5, 2.0])
def test_scores_over_batches_are_those_of_scikit_learn(average, beta, rng):
    y_true, y_pred = rng.integers(0, 2, size=(60, 4)), rng.uniform(size=(60, 4))
    metric = metrics.FBetaScore(average, beta, threshold=0.4)
    for part in np.array_split(np.arange(60), 4):
        metric.update_state(y_true[part], y_pred[part])
    expected = fbeta_score(y_true, y_pred > 0.4, beta=beta, average=average)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-5)
    if beta == 1.0:
        assert torch.equal(metrics.F1Score(average, threshold=0.4)(y_true, y_pred), metric.result())


def test_without_a_threshold_the_greatest_is_positive():
    assert metrics.F1Score()([[1, 0], [0, 1]], [[0.3, 0.2], [0.6, 0.4]]).tolist() == pytest.approx([2 / 3, 0])


def test_sample_weights_count():
    metric = metrics.F1Score(average="micro", threshold=0.5)
    metric.update_state([[1.0], [1.0]], [[0.9], [0.1]], sample_weight=[3.0, 1.0])
    assert metric.result().item() == pytest.approx(2 * 3 / (2 * 3 + 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"average": "mean"}, "`average` must be one of None, 'micro', 'macro', 'weighted'; received 'mean'"),
        ({"beta": 0.0}, "`beta` must be a positive number; received 0.0"),
        ({"beta": "1"}, "`beta` must be a positive number; received '1'"),
        ({"threshold": 0.0}, "`threshold` must be a number above 0 and up to 1, or None; received 0.0"),
        ({"threshold": 1.5}, "`threshold` must be a number above 0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.FBetaScore(**arguments)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"f1_score expects .* \(samples, classes\); received \(4,\) and \(4,\)"):
        metrics.F1Score().update_state(torch.ones(4), torch.ones(4))
    with pytest.raises(ValueError, match="`y_true` must have the shape"):
        metrics.F1Score().update_state(torch.ones(4, 2), torch.ones(4, 3))
