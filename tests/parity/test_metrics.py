"""Metrics: every class and function against Keras's, over several batches, with weights, masks, shapes and configs."""

import inspect
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import metrics
from kerasish.metrics._as_metric import as_metric

BATCH, STEPS, CLASSES = 6, 3, 5


def amounts(rng):
    return rng.normal(size=(BATCH, CLASSES)), rng.normal(size=(BATCH, CLASSES))


def amounts_over_time(rng):
    return rng.normal(size=(BATCH, STEPS, CLASSES)), rng.normal(size=(BATCH, STEPS, CLASSES))


def amounts_in_a_row(rng):
    return rng.normal(size=BATCH), rng.normal(size=BATCH)


def amounts_beside_a_column(rng):
    return rng.normal(size=BATCH), rng.normal(size=(BATCH, 1))


def whole_amounts(rng):
    return rng.integers(-3, 9, size=(BATCH, CLASSES)), rng.integers(-3, 9, size=(BATCH, CLASSES))


def positive(rng):
    return tuple(np.abs(x) + 0.1 for x in amounts_over_time(rng))


def margins(rng):
    return np.sign(rng.normal(size=(BATCH, CLASSES))), rng.normal(size=(BATCH, CLASSES))


def chances(rng):
    return rng.integers(0, 2, size=(BATCH, CLASSES)), rng.uniform(size=(BATCH, CLASSES))


def chances_over_time(rng):
    return rng.integers(0, 2, size=(BATCH, STEPS, 1)), rng.uniform(size=(BATCH, STEPS, 1))


def chances_in_a_row(rng):
    return rng.integers(0, 2, size=BATCH), rng.uniform(size=BATCH)


def chances_beside_a_column(rng):
    return rng.integers(0, 2, size=BATCH), rng.uniform(size=(BATCH, 1))


def chances_on_thresholds(rng):
    return rng.integers(0, 2, size=(BATCH, CLASSES)), rng.integers(0, 9, size=(BATCH, CLASSES)) / 8


def chances_beyond(rng):
    return rng.integers(0, 2, size=(BATCH, CLASSES)), rng.normal(size=(BATCH, CLASSES)) * 2


def logits(rng):
    return rng.integers(0, 2, size=(BATCH, CLASSES)), rng.normal(size=(BATCH, CLASSES)) * 3


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def numbered(rng):
    return rng.integers(0, CLASSES, size=BATCH), softmax(rng.normal(size=(BATCH, CLASSES)))


def numbered_column(rng):
    numbers, scores = numbered(rng)
    return numbers[:, None], scores


def numbered_floats(rng):
    numbers, scores = numbered(rng)
    return numbers.astype("float32"), scores


def numbered_over_time(rng):
    return rng.integers(0, CLASSES, size=(BATCH, STEPS)), softmax(rng.normal(size=(BATCH, STEPS, CLASSES)))


def one_hot(rng):
    numbers, scores = numbered(rng)
    return np.eye(CLASSES)[numbers], scores


def one_hot_over_time(rng):
    numbers, scores = numbered_over_time(rng)
    return np.eye(CLASSES)[numbers], scores


def ties(rng):
    numbers, _ = numbered(rng)
    return numbers, rng.integers(0, 3, size=(BATCH, CLASSES)) / 2


def one_hot_with_ties(rng):
    numbers, scores = ties(rng)
    return np.eye(CLASSES)[numbers], scores


def best_first(rng):
    return rng.integers(0, CLASSES, size=BATCH), np.argsort(rng.normal(size=(BATCH, CLASSES)))


def classes(rng):
    return rng.integers(0, 3, size=(BATCH, CLASSES)), rng.integers(0, 3, size=(BATCH, CLASSES))


def classes_with_strangers(rng):
    return rng.integers(-1, 5, size=(BATCH, CLASSES)), rng.integers(-1, 5, size=(BATCH, CLASSES))


def classes_by_score(rng):
    return np.eye(3)[rng.integers(0, 3, size=(BATCH, CLASSES))], rng.normal(size=(BATCH, CLASSES, 3))


def classes_first(rng):
    return tuple(np.moveaxis(x, -1, 1) for x in classes_by_score(rng))


def half_sparse(rng):
    labels, _ = classes_by_score(rng)
    return labels, rng.integers(0, 3, size=(BATCH, CLASSES))


# Weights, by the shape that a metric is given them in.
NONE, SAMPLE, COLUMN, PLACE, LABEL, NUMBER = "none", "sample", "column", "place", "label", "number"


def weight_of(kind, y_pred, rng):
    shapes = {SAMPLE: (BATCH,), COLUMN: (BATCH, 1), PLACE: y_pred.shape[:-1], LABEL: y_pred.shape, NUMBER: ()}
    return None if kind == NONE else rng.uniform(0.0, 2.0, size=shapes[kind]).astype("float32")


MEANS = [
    ("MeanSquaredError", {}, amounts, (NONE, SAMPLE, COLUMN, NUMBER)),
    ("MeanSquaredError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("MeanSquaredError", {}, amounts_in_a_row, (NONE,)),
    ("MeanSquaredError", {}, amounts_beside_a_column, (NONE, SAMPLE)),
    ("MeanSquaredError", {}, whole_amounts, (NONE, SAMPLE)),
    ("MeanAbsoluteError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("MeanAbsolutePercentageError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("MeanSquaredLogarithmicError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("MeanSquaredLogarithmicError", {}, positive, (NONE,)),
    ("LogCoshError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("CosineSimilarity", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("CosineSimilarity", {"axis": 1}, amounts_over_time, (NONE, SAMPLE)),
    ("RootMeanSquaredError", {}, amounts, (NONE, SAMPLE, COLUMN, LABEL)),
    ("RootMeanSquaredError", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("RootMeanSquaredError", {}, amounts_in_a_row, (NONE, SAMPLE)),
    ("RootMeanSquaredError", {}, amounts_beside_a_column, (NONE, SAMPLE)),
    ("Hinge", {}, margins, (NONE, SAMPLE)),
    ("Hinge", {}, logits, (NONE, SAMPLE)),
    ("SquaredHinge", {}, margins, (NONE, SAMPLE)),
    ("SquaredHinge", {}, logits, (NONE, SAMPLE)),
    ("CategoricalHinge", {}, one_hot, (NONE, SAMPLE)),
    ("CategoricalHinge", {}, one_hot_over_time, (NONE, SAMPLE, PLACE)),
    ("KLDivergence", {}, one_hot, (NONE, SAMPLE)),
    ("KLDivergence", {}, positive, (NONE, PLACE)),
    ("Poisson", {}, positive, (NONE, SAMPLE, PLACE)),
    ("BinaryCrossentropy", {}, chances, (NONE, SAMPLE)),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, chances, (NONE, SAMPLE)),
    ("BinaryCrossentropy", {"from_logits": True}, logits, (NONE, SAMPLE)),
    ("CategoricalCrossentropy", {}, one_hot, (NONE, SAMPLE)),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, one_hot_over_time, (NONE, SAMPLE, PLACE)),
    ("CategoricalCrossentropy", {"from_logits": True, "axis": 1}, amounts_over_time, (NONE, SAMPLE)),
    ("SparseCategoricalCrossentropy", {}, numbered, (NONE, SAMPLE)),
    ("SparseCategoricalCrossentropy", {}, numbered_column, (NONE, SAMPLE)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, numbered_over_time, (NONE, SAMPLE, PLACE)),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, numbered_over_time, (NONE, PLACE)),
    ("PearsonCorrelation", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("PearsonCorrelation", {"axis": 0}, amounts, (NONE,)),
    ("ConcordanceCorrelation", {}, amounts_over_time, (NONE, SAMPLE, PLACE)),
    ("ConcordanceCorrelation", {"axis": 1}, amounts_over_time, (NONE,)),
    ("Accuracy", {}, classes, (NONE, SAMPLE, LABEL)),
    ("BinaryAccuracy", {}, chances, (NONE, SAMPLE, LABEL)),
    ("BinaryAccuracy", {"threshold": 0.0}, logits, (NONE, SAMPLE)),
    ("BinaryAccuracy", {}, chances_beside_a_column, (NONE, SAMPLE, COLUMN)),
    ("BinaryAccuracy", {}, chances_over_time, (NONE, SAMPLE, PLACE)),
    ("CategoricalAccuracy", {}, one_hot, (NONE, SAMPLE)),
    ("CategoricalAccuracy", {}, one_hot_over_time, (NONE, SAMPLE, PLACE)),
    ("SparseCategoricalAccuracy", {}, numbered, (NONE, SAMPLE, COLUMN)),
    ("SparseCategoricalAccuracy", {}, numbered_column, (NONE, SAMPLE)),
    ("SparseCategoricalAccuracy", {}, numbered_floats, (NONE, SAMPLE)),
    ("SparseCategoricalAccuracy", {}, numbered_over_time, (NONE, SAMPLE, PLACE)),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot, (NONE, SAMPLE)),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot_over_time, (NONE, SAMPLE, PLACE)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, numbered, (NONE, SAMPLE)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, numbered_over_time, (NONE, SAMPLE, PLACE)),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, ties, (NONE, SAMPLE)),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, best_first, (NONE, SAMPLE)),
]

COUNTS = [
    *((name, {}, chances, (NONE, SAMPLE, COLUMN, LABEL)) for name in ("TruePositives", "FalsePositives")),
    *((name, {}, chances_in_a_row, (NONE, SAMPLE, NUMBER)) for name in ("TrueNegatives", "FalseNegatives")),
    *(
        (name, {"thresholds": thresholds}, data, (NONE, SAMPLE))
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for thresholds in ([0.9, 0.2], [0.5], [0.0, 0.25, 0.5, 0.75, 1.0], 0.3)
        for data in (chances, chances_on_thresholds)
    ),
    ("TruePositives", {}, chances_over_time, (NONE, PLACE, LABEL)),
    ("TrueNegatives", {"thresholds": [0.1, 0.7]}, chances_over_time, (NONE, PLACE, LABEL)),
    ("TruePositives", {}, chances_beside_a_column, (NONE, SAMPLE)),
    *(
        (name, config, data, (NONE, SAMPLE, LABEL))
        for name in ("Precision", "Recall")
        for config, data in (
            ({}, chances),
            ({"thresholds": [0.8, 0.1, 0.4]}, chances),
            ({"thresholds": [0.0, 0.5, 1.0]}, chances_beyond),
            ({"top_k": 2}, chances),
            ({"top_k": 2, "thresholds": 0.6}, chances),
            ({"top_k": 3, "thresholds": [0.0, 0.5, 1.0]}, chances),
        )
    ),
    *(
        (name, {"class_id": 2, "top_k": top_k}, chances, (NONE, SAMPLE))
        for name in ("Precision", "Recall")
        for top_k in (None, 2)
    ),
    *(
        (name, {argument: value, **config}, data, (NONE, SAMPLE))
        for name, argument in (
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
        )
        for value in (0.3, 0.7)
        for config, data in (
            ({}, chances),
            ({"num_thresholds": 1}, chances_in_a_row),
            ({"num_thresholds": 2}, chances),
            ({"num_thresholds": 9}, chances_on_thresholds),
            ({"class_id": 3}, chances),
        )
    ),
    *(
        ("AUC", {"curve": curve, "summation_method": method, **config}, data, weights)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "majoring", "minoring")
        for config, data, weights in (
            ({}, chances, (NONE, SAMPLE, LABEL)),
            ({"num_thresholds": 9}, chances_on_thresholds, (NONE,)),
            ({"thresholds": [0.7, 0.1, 0.4]}, chances, (NONE, SAMPLE)),
            ({"thresholds": [0.25, 0.5, 0.75]}, chances_on_thresholds, (NONE, SAMPLE)),
            ({"multi_label": True, "num_thresholds": 20}, chances, (NONE, SAMPLE, LABEL)),
            ({"multi_label": True, "thresholds": [0.3, 0.4]}, chances, (NONE, SAMPLE)),
        )
    ),
    ("AUC", {"num_thresholds": 2}, chances_beyond, (NONE,)),
    ("AUC", {"from_logits": True}, logits, (NONE, SAMPLE)),
    ("AUC", {"multi_label": True, "num_labels": CLASSES, "label_weights": [1.0, 2.0, 0.0, 0.5, 3.0]}, chances, (NONE, SAMPLE)),
    ("AUC", {"label_weights": [1.0, 2.0, 0.0, 0.5, 3.0]}, chances, (NONE, SAMPLE)),
    ("AUC", {"label_weights": [1.0, 2.0, 0.0, 0.5, 3.0], "thresholds": [0.1, 0.2]}, chances, (NONE, SAMPLE)),
]

OTHERS = [
    *(
        (name, {"average": average, "threshold": threshold}, data, (NONE, SAMPLE))
        for name in ("F1Score", "FBetaScore")
        for average in (None, "micro", "macro", "weighted")
        for threshold, data in ((None, one_hot), (0.4, chances), (None, chances), (None, one_hot_with_ties))
    ),
    ("FBetaScore", {"beta": 2.0, "average": "weighted"}, one_hot, (NONE, SAMPLE)),
    *(
        ("R2Score", {"class_aggregation": aggregation, "num_regressors": regressors}, data, (NONE, SAMPLE, COLUMN, NUMBER))
        for aggregation in (None, "uniform_average", "variance_weighted_average")
        for regressors in (0, 2)
        for data in (amounts, amounts_beside_a_column)
    ),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, classes, (NONE,)),
    ("IoU", {"num_classes": 3, "target_class_ids": [1], "dtype": "float32"}, classes, (NONE, LABEL, NUMBER)),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 1], "ignore_class": 0}, classes_with_strangers, (NONE,)),
    ("IoU", {"num_classes": 3, "target_class_ids": [0], "sparse_y_true": False}, half_sparse, (NONE,)),
    ("MeanIoU", {"num_classes": 3}, classes, (NONE,)),
    ("MeanIoU", {"num_classes": 9}, classes, (NONE,)),
    ("MeanIoU", {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False}, classes_by_score, (NONE,)),
    ("MeanIoU", {"num_classes": 5, "dtype": "float32"}, classes_with_strangers, (NONE, LABEL)),
    ("BinaryIoU", {}, chances, (NONE,)),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3, "dtype": "float32"}, chances, (NONE, LABEL)),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 2]}, classes_by_score, (NONE,)),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": True}, half_sparse, (NONE,)),
    ("OneHotMeanIoU", {"num_classes": 3}, classes_by_score, (NONE,)),
]

CASES = [
    pytest.param(name, config, data, weight, id=f"{name}-{config}-{data.__name__}-{weight}")
    for name, config, data, weights in [*MEANS, *COUNTS, *OTHERS]
    for weight in weights
]


def both(name, config):
    return getattr(metrics, name)(**config), getattr(keras.metrics, name)(**config)


def tensors(*arrays):
    return [None if x is None else torch.from_numpy(x.astype("float32") if x.dtype == np.float64 else x) for x in arrays]


@pytest.mark.filterwarnings("ignore:More independent predictors:UserWarning")
@pytest.mark.parametrize(("name", "config", "data", "weight"), CASES)
def test_the_numbers_are_those_of_keras(name, config, data, weight, rng, agree):
    # The places of a table are added up in another order than there; hence the tolerance, of counts of up to 30.
    ours, theirs = both(name, config)
    for _ in range(3):
        y_true, y_pred = data(rng)
        batch = tensors(y_true, y_pred, weight_of(weight, y_pred, rng))
        ours.update_state(*batch)
        theirs.update_state(*batch)
        agree(ours.result(), theirs.result(), atol=1e-5)
    agree(ours.variables, theirs.variables, atol=1e-5)
    agree(ours.stateless_reset_state(), [torch.zeros_like(v.value) for v in theirs.variables])
    ours.reset_state()
    theirs.reset_state()
    agree(ours.result(), theirs.result(), atol=1e-5)
    ours.update_state(*batch)
    theirs.update_state(*batch)
    agree(ours.result(), theirs.result(), atol=1e-5)


@pytest.mark.parametrize(("name", "config", "data", "weight"), [case for case in CASES if NONE in case.values])
def test_arrays_give_the_numbers_of_tensors(name, config, data, weight, rng, agree):
    ours, theirs = getattr(metrics, name)(**config), getattr(metrics, name)(**config)
    y_true, y_pred = data(rng)
    agree(ours(y_true, y_pred), theirs(*tensors(y_true, y_pred)), rtol=1e-4)


CONFIGS = sorted({(name, json.dumps(config)) for name, config, _, _ in [*MEANS, *COUNTS, *OTHERS]}) + [
    ("Mean", "{}"),
    ("Sum", "{}"),
    ("Mean", '{"name": "mine", "dtype": "float16"}'),
    ("SparseCategoricalAccuracy", '{"dtype": "mixed_float16"}'),
    ("TopKCategoricalAccuracy", "{}"),
]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("name", "config"), CONFIGS)
def test_config_state_and_direction_are_those_of_keras(name, config):
    config = json.loads(config)
    keras.utils.clear_session(free_memory=False)
    ours, theirs = both(name, config)
    expected = keras.metrics.serialize(theirs)
    if config.get("label_weights"):
        expected["config"]["label_weights"] = config["label_weights"]  # theirs is a tensor
    if "axis" in config:
        expected["config"]["axis"] = config["axis"]  # theirs forgets it in CosineSimilarity
    assert metrics.serialize(ours) == expected
    assert metrics.serialize(metrics.deserialize(expected)) == expected
    assert ours._direction == getattr(theirs, "_direction", None)
    described = [(v.name, v.path, tuple(v.shape), str(v.dtype)[6:]) for v in ours.variables]
    assert described == [(v.name, v.path, tuple(v.shape), v.dtype) for v in theirs.variables]


def public(module, kind):
    return sorted(name for name, thing in vars(module).items() if kind(thing) and not name.startswith("_"))


def test_there_is_everything_that_keras_has():
    for kind in (inspect.isclass, inspect.isfunction):
        assert public(metrics, kind) == public(keras.metrics, kind)


@pytest.mark.parametrize("name", public(keras.metrics, inspect.isclass))
def test_the_arguments_are_those_of_keras(name):
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (metrics, keras.metrics))
    expected = {key: p.default for key, p in theirs.parameters.items() if p.kind is not p.VAR_KEYWORD}
    assert {key: p.default for key, p in ours.parameters.items()} == expected
    assert list(ours.parameters) == list(expected)


FUNCTIONS = [
    ("mean_squared_error", {}, amounts_over_time),
    ("mean_squared_error", {}, whole_amounts),
    ("mean_absolute_error", {}, amounts),
    ("mean_absolute_error", {}, amounts_beside_a_column),
    ("mean_absolute_percentage_error", {}, amounts),
    ("mean_squared_logarithmic_error", {}, amounts),
    ("log_cosh", {}, amounts),
    ("huber", {}, amounts),
    ("huber", {"delta": 0.3}, amounts_over_time),
    ("kl_divergence", {}, one_hot),
    ("poisson", {}, positive),
    ("hinge", {}, logits),
    ("squared_hinge", {}, margins),
    ("categorical_hinge", {}, one_hot),
    ("binary_crossentropy", {}, chances),
    ("binary_crossentropy", {"from_logits": True, "label_smoothing": 0.1, "axis": 0}, logits),
    ("binary_focal_crossentropy", {}, chances),
    ("binary_focal_crossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5}, chances),
    ("binary_focal_crossentropy", {"from_logits": True, "label_smoothing": 0.1, "axis": 0}, logits),
    ("categorical_crossentropy", {}, one_hot),
    ("categorical_crossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot_over_time),
    ("categorical_focal_crossentropy", {}, one_hot),
    ("categorical_focal_crossentropy", {"from_logits": True, "alpha": 0.4, "gamma": 1.5, "label_smoothing": 0.1}, one_hot),
    ("sparse_categorical_crossentropy", {}, numbered),
    ("sparse_categorical_crossentropy", {"from_logits": True, "ignore_class": 1}, numbered_over_time),
    ("binary_accuracy", {}, chances),
    ("binary_accuracy", {"threshold": 0.2}, chances_beside_a_column),
    ("categorical_accuracy", {}, one_hot_over_time),
    ("sparse_categorical_accuracy", {}, numbered_column),
    ("top_k_categorical_accuracy", {"k": 2}, one_hot_over_time),
    ("sparse_top_k_categorical_accuracy", {"k": 2}, numbered_column),
    ("sparse_top_k_categorical_accuracy", {"k": 2}, ties),
    ("sparse_top_k_categorical_accuracy", {"k": 2, "from_sorted_ids": True}, best_first),
    ("pearson_correlation", {}, amounts_over_time),
    ("pearson_correlation", {"axis": 1}, amounts_over_time),
    ("concordance_correlation", {}, amounts_over_time),
    ("concordance_correlation", {"axis": 0}, amounts),
]


@pytest.mark.parametrize(("name", "config", "data"), FUNCTIONS)
def test_functions_give_what_those_of_keras_give(name, config, data, rng, agree):
    y_true, y_pred = tensors(*data(rng))
    ours, theirs = (getattr(module, name)(y_true, y_pred, **config) for module in (metrics, keras.metrics))
    agree(ours, theirs)
    assert ours.dtype == theirs.dtype


def test_each_function_is_held_against_keras():
    assert {name for name, _, _ in FUNCTIONS} | {"get", "serialize", "deserialize"} == set(public(metrics, inspect.isfunction))


@pytest.mark.parametrize("weight", [NONE, SAMPLE, PLACE])
@pytest.mark.parametrize("name", ["SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"])
def test_masks_of_predictions_count_as_in_keras(name, weight, rng, agree):
    ours, theirs = both(name, {})
    for _ in range(2):
        y_true, y_pred = numbered_over_time(rng)
        y_true, y_pred, weights = tensors(y_true, y_pred, weight_of(weight, y_pred, rng))
        if weight == SAMPLE:
            y_true, y_pred = y_true[:, 0], y_pred[:, 0].clone()
        y_pred._keras_mask = torch.from_numpy(rng.integers(0, 2, size=tuple(y_true.shape)).astype(bool))
        ours.update_state(y_true, y_pred, weights)
        theirs.update_state(y_true, y_pred, weights)
    agree(ours.result(), theirs.result())
    agree(ours.variables, theirs.variables)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize(
    ("values", "weight"),
    [
        (3.0, None),
        (3.0, 5),
        ([1.0, 2.0, 6.0], None),
        ([1, 2, 6], None),
        ([1.0, 2.0, 6.0], 0.5),
        ([1.0, 2.0, 6.0], [1.0, 0.0, 2.0]),
        ([[1.0, 2.0], [3.0, 5.0]], None),
        ([[1.0, 2.0], [3.0, 5.0]], 2),
        ([[1.0, 2.0], [3.0, 5.0]], [1.0, 3.0]),
        ([[1.0, 2.0], [3.0, 5.0]], [[1.0], [3.0]]),
        ([[1.0, 2.0], [3.0, 5.0]], [[1.0, 0.0], [0.5, 3.0]]),
        ([[[1.0, 2.0], [3.0, 5.0]]], [[1.0, 4.0]]),
        ([], None),
        ([True, False, True], None),
    ],
)
def test_sums_and_means_are_those_of_keras(name, values, weight, agree):
    ours, theirs = both(name, {})
    for _ in range(2):
        ours.update_state(values, sample_weight=weight)
        theirs.update_state(values, sample_weight=weight)
    agree(ours.result(), theirs.result())
    agree(ours.variables, theirs.variables)


def halved(y_true, y_pred, factor=0.5):
    return factor * (y_true - y_pred).abs().sum(-1)


@pytest.mark.parametrize("weight", [NONE, SAMPLE, PLACE])
def test_the_mean_of_a_function_is_that_of_keras(weight, rng, agree):
    ours, theirs = (module.MeanMetricWrapper(halved, name="halved", factor=0.25) for module in (metrics, keras.metrics))
    for _ in range(2):
        y_true, y_pred = amounts_over_time(rng)
        batch = tensors(y_true, y_pred, weight_of(weight, y_pred, rng))
        ours.update_state(*batch)
        theirs.update_state(*batch)
    agree(ours.result(), theirs.result())
    agree(ours.variables, theirs.variables)
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("name", ["mean_squared_error", "huber", "categorical_accuracy", "pearson_correlation"])
def test_the_wrapper_of_a_function_reads_the_configs_of_keras(name):
    theirs = keras.metrics.MeanMetricWrapper(getattr(keras.metrics, name), name="wrapped")
    ours = metrics.deserialize(keras.metrics.serialize(theirs))
    assert ours.fn is getattr(metrics, name)
    assert metrics.serialize(ours) == keras.metrics.serialize(theirs)


IDENTIFIERS = [
    "mse",
    "MSE",
    "mae",
    "mape",
    "msle",
    "bce",
    "BCE",
    "mean_squared_error",
    "MeanSquaredError",
    "auc",
    "AUC",
    "recall",
]


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_names_mean_what_they_mean_in_keras(identifier):
    assert type(metrics.get(identifier)).__name__ == type(keras.metrics.get(identifier)).__name__


@pytest.mark.parametrize("identifier", ["accuracy", "acc", "Accuracy", "mse", "huber", halved])
@pytest.mark.parametrize(
    ("y_true_shape", "y_pred_shape"),
    [((8, 1), (8, 1)), ((8,), (8, 1)), ((8,), (8, 5)), ((8, 1), (8, 5)), ((8, 5), (8, 5)), ((8, 3), (8, 3, 5)), ((8,), (8,))],
)
def test_metrics_of_compile_are_resolved_as_in_keras(identifier, y_true_shape, y_pred_shape):
    from keras.src.trainers.compile_utils import get_metric

    theirs = get_metric(
        keras.metrics.huber if identifier == "huber" else identifier, torch.zeros(y_true_shape), torch.zeros(y_pred_shape)
    )
    ours = as_metric(identifier, y_true_shape, y_pred_shape)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.name == theirs.name
