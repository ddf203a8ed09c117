"""as_metric: what may stand for a metric, and what it is called."""

import pytest
import torch

from kerasish import losses, metrics
from kerasish.metrics._as_metric import as_metric


def my_metric(y_true, y_pred):
    return y_pred


class Callable:
    def __call__(self, y_true, y_pred):
        return y_pred


@pytest.mark.parametrize(
    ("identifier", "cls", "name"),
    [
        ("mse", metrics.MeanSquaredError, "mse"),
        ("MSE", metrics.MeanSquaredError, "MSE"),
        ("rmse", metrics.RootMeanSquaredError, "rmse"),
        ("mean_squared_error", metrics.MeanSquaredError, "mean_squared_error"),
        ("kld", metrics.KLDivergence, "kld"),
        ("logcosh", metrics.LogCoshError, "logcosh"),
        ("log_cosh", metrics.LogCoshError, "log_cosh"),
        ("huber", metrics.MeanMetricWrapper, "huber"),
        ("accuracy", metrics.Accuracy, "accuracy"),
        (metrics.AUC, metrics.AUC, "auc"),
        (metrics.Recall(name="found"), metrics.Recall, "found"),
        (my_metric, metrics.MeanMetricWrapper, "my_metric"),
        (losses.mean_squared_error, metrics.MeanMetricWrapper, "mean_squared_error"),
        (losses.Huber(name="h"), metrics.MeanMetricWrapper, "h"),
        (Callable(), metrics.MeanMetricWrapper, "callable"),
        ({"class_name": "Precision", "config": {"name": "p"}}, metrics.Precision, "p"),
    ],
)
def test_what_stands_for_a_metric(identifier, cls, name):
    metric = as_metric(identifier)
    assert type(metric) is cls
    assert metric.name == name


def test_a_metric_stays_the_very_one():
    metric = metrics.Mean()
    assert as_metric(metric) is metric


@pytest.mark.parametrize(
    ("y_true", "y_pred", "accuracy", "crossentropy"),
    [
        ((8, 1), (8, 1), "BinaryAccuracy", "BinaryCrossentropy"),
        ((8,), (8, 1), "BinaryAccuracy", "BinaryCrossentropy"),
        ((8,), (8, 3), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((8, 1), (8, 3), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((8, 3), (8, 3), "CategoricalAccuracy", "CategoricalCrossentropy"),
    ],
)
def test_shapes_decide_which_accuracy_is_meant(y_true, y_pred, accuracy, crossentropy):
    for name in ("accuracy", "acc", "Accuracy"):
        metric = as_metric(name, y_true, y_pred)
        assert (type(metric).__name__, metric.name) == (accuracy, name)
    for name in ("crossentropy", "ce"):
        assert type(as_metric(name, y_true, y_pred)).__name__ == crossentropy
    assert type(as_metric("mse", y_true, y_pred)) is metrics.MeanSquaredError


def test_a_misspelling_is_answered_with_what_was_meant():
    with pytest.raises(ValueError, match="`acuracy` is not a known metric. Did you mean 'Accuracy'"):
        as_metric("acuracy")


@pytest.mark.parametrize("identifier", [None, 3, ["mse"], torch.ones(2)])
def test_what_cannot_be_a_metric_is_refused(identifier):
    with pytest.raises(ValueError, match="received"):
        as_metric(identifier)


def test_predictions_without_a_batch_are_refused():
    with pytest.raises(ValueError, match="'acc' needs predictions of shape"):
        as_metric("acc", (), ())
