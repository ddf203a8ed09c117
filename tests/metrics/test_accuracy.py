"""Accuracies: what counts as right, and shapes that do not fit."""

import pytest
import torch

from kerasish import metrics
from kerasish.metrics._accuracy import resolve_accuracy

SCORES = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4], [0.2, 0.2, 0.6]])


def test_accuracies_count_what_is_right():
    assert metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]).item() == 0.75
    assert metrics.BinaryAccuracy(threshold=0.6)([[1], [1], [0], [0]], [[0.6], [0.7], [0.5], [0.9]]).item() == 0.5
    assert metrics.SparseCategoricalAccuracy()([1, 0, 0, 2], SCORES).item() == 0.75
    assert metrics.CategoricalAccuracy()(torch.eye(3)[[1, 0, 0, 2]], SCORES).item() == 0.75


def test_the_threshold_itself_is_not_above():
    assert metrics.BinaryAccuracy()([0.0, 1.0], [0.5, 0.5]).item() == 0.5


def test_labels_may_be_bools_and_of_any_number():
    labels = torch.eye(3, dtype=torch.bool)[[1, 0, 0, 2]]
    assert metrics.CategoricalAccuracy()(labels, SCORES).item() == 0.75
    for dtype in (torch.int8, torch.int32, torch.float16, torch.uint8):
        assert metrics.SparseCategoricalAccuracy()(torch.tensor([1, 0, 0, 2]).to(dtype), SCORES).item() == 0.75


def test_many_classes_are_told_apart_in_half_precision():
    scores = torch.zeros(1, 5000, dtype=torch.float16)
    scores[0, 4097] = 1
    assert metrics.SparseCategoricalAccuracy()(torch.tensor([4096]), scores).item() == 0
    assert metrics.SparseCategoricalAccuracy()(torch.tensor([4097]), scores).item() == 1


def test_ties_are_all_in_the_top():
    scores = torch.tensor([[0.5, 0.5, 0.0]])
    matches = [metrics.sparse_top_k_categorical_accuracy([label], scores, k=1).item() for label in range(3)]
    assert matches == [1.0, 1.0, 0.0]


def test_top_k_of_sorted_numbers_looks_at_k_of_them():
    best_first = torch.tensor([[2, 0, 1], [1, 2, 0]])
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    assert metric([0, 0], best_first).item() == 0.5
    assert metric.get_config()["from_sorted_ids"] is True


@pytest.mark.parametrize("k", [0, -1, 2.0, None])
def test_k_must_be_a_positive_integer(k):
    with pytest.raises(ValueError, match="`k` must be a positive integer; received"):
        metrics.TopKCategoricalAccuracy(k=k)


@pytest.mark.parametrize("name", ["TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"])
def test_k_must_not_be_more_than_there_are_classes(name):
    labels = torch.eye(3)[[0, 1, 2, 0]] if name.startswith("Top") else torch.tensor([0, 1, 2, 0])
    with pytest.raises(ValueError, match="`k` must not be greater than the number of classes, 3; received 5"):
        getattr(metrics, name)().update_state(labels, SCORES)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("SparseCategoricalAccuracy", torch.zeros(3)),
        ("SparseCategoricalAccuracy", torch.zeros(4, 3)),
        ("CategoricalAccuracy", torch.zeros(3, 3)),
        ("SparseTopKCategoricalAccuracy", torch.zeros(5)),
        ("Accuracy", torch.zeros(4, 2)),
    ],
)
def test_labels_that_do_not_fit_are_refused(name, labels):
    arguments = {"k": 2} if "TopK" in name else {}
    with pytest.raises(ValueError, match="`y_true` must have the shape of `y_pred`"):
        getattr(metrics, name)(**arguments).update_state(labels, SCORES)


def test_names_that_shapes_do_not_decide_stay():
    assert resolve_accuracy("mse", (2,), (2, 1)) == "mse"
    assert resolve_accuracy("binary_accuracy", (2,), (2, 3)) == "binary_accuracy"
    assert resolve_accuracy("ACC", (2, 4, 1), (2, 4, 9)) == "sparse_categorical_accuracy"
