"""IoU: numbers, ignored places, weights and arguments."""

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from kerasish import metrics


def test_the_mean_over_batches_is_that_of_scikit_learn(rng):
    y_true, y_pred = rng.integers(0, 4, size=90), rng.integers(0, 4, size=90)
    mean, some = metrics.MeanIoU(4), metrics.IoU(4, [3, 1])
    for part in np.array_split(np.arange(90), 3):
        mean.update_state(y_true[part], y_pred[part])
        some.update_state(y_true[part], y_pred[part])
    each = jaccard_score(y_true, y_pred, average=None)
    assert mean.result().item() == pytest.approx(each.mean(), rel=1e-5)
    assert some.result().item() == pytest.approx(each[[3, 1]].mean(), rel=1e-5)
    assert mean.total_cm.dtype is torch.int32 and mean.total_cm.sum().item() == 90


def test_one_hot_and_scores_count_as_their_greatest(rng):
    y_true, y_pred = rng.integers(0, 3, size=(2, 5)), rng.normal(size=(2, 5, 3))
    expected = metrics.MeanIoU(3)(y_true, y_pred.argmax(-1))
    assert metrics.OneHotMeanIoU(3)(np.eye(3, dtype=bool)[y_true], y_pred) == expected
    assert metrics.MeanIoU(3, sparse_y_pred=False, axis=0)(y_true, np.moveaxis(y_pred, -1, 0)) == expected
    assert metrics.OneHotIoU(3, [0, 1, 2], sparse_y_pred=True)(np.eye(3)[y_true], y_pred.argmax(-1)) == expected


def test_ignored_places_and_strangers_do_not_count():
    metric = metrics.MeanIoU(2, ignore_class=1)
    metric.update_state([0, 0, 1, 7, 0, -1], [0, 1, 1, 0, 9, 0])
    assert metric.total_cm.tolist() == [[1, 1], [0, 0]]
    assert metrics.MeanIoU(3, ignore_class=-1)([0, -1, 2], [0, 0, 2]).item() == pytest.approx(1)


def test_classes_never_seen_do_not_pull_the_mean_down():
    assert metrics.MeanIoU(9)([0, 1], [0, 1]).item() == pytest.approx(1)


def test_the_binary_threshold_itself_is_above():
    assert metrics.BinaryIoU(threshold=0.5)([1, 0], [0.5, 0.4]).item() == pytest.approx(1)
    assert metrics.BinaryIoU(target_class_ids=[0])([1, 0, 0], [0.5, 0.4, 0.9]).item() == pytest.approx(0.5)


def test_fractional_weights_need_a_floating_dtype():
    weight = torch.tensor([0.5, 1.5])
    metric = metrics.MeanIoU(2, dtype="float32")
    metric.update_state([0, 1], [0, 1], weight)
    assert metric.total_cm.tolist() == [[0.5, 0.0], [0.0, 1.5]]
    with pytest.warns(UserWarning, match="rounded towards zero, since the dtype of mean_io_u is int32"):
        metrics.MeanIoU(2, name="mean_io_u").update_state([0, 1], [0, 1], weight)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.IoU(2, [0, 2]), r"`target_class_ids` must be numbers from 0 to 1; received \[2\]"),
        (lambda: metrics.IoU(2, [-1]), r"received \[-1\]"),
        (lambda: metrics.IoU(2, []), r"received \[\]"),
        (lambda: metrics.BinaryIoU([0, 1, 2]), r"received \[2\]"),
        (lambda: metrics.MeanIoU(0), "`num_classes` must be a positive integer; received 0"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="`y_true` must have the shape"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="`sample_weight` must have a shape"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1], [1, 1, 1])
