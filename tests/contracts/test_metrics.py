"""The contract of metrics: one battery over every metric that is registered."""

import copy
import inspect
import pickle
import warnings

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from kerasish import metrics
from kerasish.metrics._metric import state_in_variables
from kerasish.metrics._registry import METRICS

SAMPLES, CLASSES = 8, 5
ABSTRACT = ("Metric", "MeanMetricWrapper")
NAMES = sorted({cls.__name__ for cls in METRICS.classes.values()} - set(ABSTRACT))
NEEDED = {
    "IoU": {"num_classes": 5, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": 5},
    "OneHotIoU": {"num_classes": 5, "target_class_ids": [0, 2]},
    "OneHotMeanIoU": {"num_classes": 5},
    "PrecisionAtRecall": {"recall": 0.4},
    "RecallAtPrecision": {"precision": 0.4},
    "SensitivityAtSpecificity": {"specificity": 0.4},
    "SpecificityAtSensitivity": {"sensitivity": 0.4},
}
OTHER_ARGUMENTS = [
    ("AUC", {"curve": "PR", "thresholds": [0.7, 0.2]}),
    ("AUC", {"multi_label": True, "label_weights": [1.0, 2.0, 0.0, 1.0, 1.0], "summation_method": "majoring"}),
    ("AUC", {"curve": "PRGAIN", "from_logits": True, "num_thresholds": 7}),
    ("BinaryAccuracy", {"threshold": 0.2}),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
    ("CosineSimilarity", {"axis": 1}),
    ("F1Score", {"average": "micro", "threshold": 0.3}),
    ("FBetaScore", {"average": "weighted", "beta": 2.0}),
    ("MeanIoU", {"num_classes": 5, "ignore_class": 1, "dtype": "float32"}),
    ("Precision", {"thresholds": [0.6, 0.2], "class_id": 1}),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}),
    ("Recall", {"top_k": 2}),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}),
    ("TopKCategoricalAccuracy", {"k": 2}),
    ("TrueNegatives", {"thresholds": [0.1, 0.3, 0.25]}),
]
EVERY = [(name, NEEDED.get(name, {})) for name in NAMES] + OTHER_ARGUMENTS
every_metric = pytest.mark.parametrize(("name", "arguments"), EVERY, ids=[f"{n}-{','.join(a)}" for n, a in EVERY])

# They learn their shape from the first batch.
LATE = ("F1Score", "FBetaScore", "R2Score")
NUMBERED = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy")


def make(kind, arguments, **more):
    return METRICS.classes[kind.lower()](**{**({"k": 2} if "TopK" in kind else {}), **arguments, **more})


def learns_its_shape(metric):
    return type(metric).__name__ in LATE or getattr(metric, "multi_label", False)


def batch(name, arguments, rng, dtype="float32"):
    """Labels, or nothing, and predictions that the metric takes: probabilities of 8 samples in 5 classes."""
    scores = np.exp(rng.normal(size=(SAMPLES, CLASSES)))
    scores = (scores / scores.sum(-1, keepdims=True)).astype(dtype)
    numbers = rng.integers(0, CLASSES, size=SAMPLES)
    one_hot = np.eye(CLASSES, dtype=dtype)[numbers]
    if name in ("Mean", "Sum"):
        return (scores,)
    if arguments.get("from_sorted_ids"):
        return numbers, np.argsort(scores)
    if name in ("IoU", "MeanIoU"):
        return numbers, rng.integers(0, CLASSES, size=SAMPLES)
    if name == "BinaryIoU":
        return one_hot.astype("int64"), scores
    if name == "Accuracy":
        return numbers, rng.integers(0, CLASSES, size=SAMPLES)
    return numbers if name in NUMBERED else one_hot, scores


def tensors(*arrays):
    return [torch.from_numpy(np.array(array)) for array in arrays]


def values_of(metric):
    return [variable.detach().clone() for variable in metric.variables]


def assert_same(a, b, **tolerance):
    torch.testing.assert_close(a, b, equal_nan=True, **tolerance)


@every_metric
def test_config_makes_the_same_metric(name, arguments, rng):
    metric = make(name, arguments, name="mine")
    again = metrics.deserialize(metrics.serialize(metric))
    assert type(again) is type(metric) and again.get_config() == metric.get_config()
    assert again.name == "mine"
    assert {key: again.get_config()[key] for key in arguments if key != "thresholds"} == {
        key: value for key, value in arguments.items() if key != "thresholds"
    }
    given = batch(name, arguments, rng)
    assert_same(again(*given), metric(*given))


@every_metric
def test_reset_gives_the_state_to_begin_with(name, arguments, rng):
    metric, given = make(name, arguments), batch(name, arguments, rng)
    metric.update_state(*given)
    first = values_of(metric)
    metric.update_state(*batch(name, arguments, rng))
    same_variables = metric.variables
    metric.reset_state()
    assert all((variable == 0).all() for variable in metric.variables)
    metric.update_state(*given)
    assert_same(values_of(metric), first)
    assert all(a is b for a, b in zip(same_variables, metric.variables, strict=True))


@every_metric
def test_two_half_batches_are_one_batch(name, arguments, rng):
    whole, halves, given = make(name, arguments), make(name, arguments), batch(name, arguments, rng)
    whole.update_state(*given)
    halves.update_state(*(part[:3] for part in given))
    halves.update_state(*(part[3:] for part in given))
    assert_same(halves.result(), whole.result())
    assert_same(values_of(halves), values_of(whole))


@every_metric
@pytest.mark.parametrize("weight", [1, 2])
def test_equal_weights_weigh_nothing_or_count_double(name, arguments, weight, rng):
    if arguments.get("num_regressors") or arguments.get("ignore_class") and name.startswith("Sparse"):
        pytest.skip("as in Keras, the adjusted score counts samples, and classes are ignored where there are weights")
    metric, weighed, given = make(name, arguments), make(name, arguments), batch(name, arguments, rng)
    for _ in range(weight):
        metric.update_state(*given)
    size = given[-1].size if name == "BinaryIoU" else SAMPLES
    weighed.update_state(*given, sample_weight=np.full(size, weight))
    assert_same(weighed.result(), metric.result(), rtol=1e-4, atol=1e-6)


@every_metric
def test_nothing_seen_gives_a_number_or_says_why_not(name, arguments):
    metric = make(name, arguments)
    if learns_its_shape(metric):
        with pytest.raises(ValueError, match=f"{metric.name} has no result yet: it learns"):
            metric.result()
    else:
        assert (metric.result() == 0).all()


@every_metric
def test_results_are_tensors_that_stay_as_they_are(name, arguments, rng):
    metric = make(name, arguments)
    metric.update_state(*batch(name, arguments, rng))
    result = metric.result()
    before = result.clone()
    metric.update_state(*batch(name, arguments, rng))
    metric.reset_state()
    assert type(result) is torch.Tensor and not result.requires_grad
    assert_same(result, before)


@every_metric
def test_arrays_lists_and_tensors_are_one(name, arguments, rng):
    given = batch(name, arguments, rng)
    expected = make(name, arguments)(*tensors(*given))
    assert_same(make(name, arguments)(*given), expected)
    assert_same(make(name, arguments)(*(part.tolist() for part in given)), expected)


@every_metric
def test_stateless_calls_do_what_the_others_do(name, arguments, rng):
    metric, mirror = make(name, arguments), make(name, arguments)
    if learns_its_shape(metric):
        for each in (metric, mirror):
            each.update_state(*batch(name, arguments, rng))
            each.reset_state()
    state = metric.stateless_reset_state()
    for _ in range(2):
        given = batch(name, arguments, rng)
        state = metric.stateless_update_state(state, *given)
        mirror.update_state(*given)
    assert_same(state, values_of(mirror))
    assert_same(metric.stateless_result(state), mirror.result())
    assert all((variable == 0).all() for variable in metric.variables)


@every_metric
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_predictions_do(name, arguments, dtype, rng):
    *labels, y_pred = tensors(*batch(name, arguments, rng))
    half = y_pred.to(dtype) if y_pred.is_floating_point() else y_pred
    metric, same = make(name, arguments), make(name, arguments)
    metric.update_state(*labels, half)
    same.update_state(*labels, half.float() if half.is_floating_point() else half)
    assert all(variable.dtype in (torch.float32, torch.int32) for variable in metric.variables)
    assert_same(metric.result(), same.result())


class _NoReads(TorchDispatchMode):
    """Refuse what makes the host wait for the device: values read, and shapes that depend on values."""

    FORBIDDEN = ("_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero", "masked_select", "bincount", "_unique2")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.FORBIDDEN, f"{name} reads from the device"
        masks = [index for index in args[1] if index is not None] if name == "index" else []
        assert not any(index.dtype is torch.bool for index in masks), "an index of bools reads from the device"
        return func(*args, **(kwargs or {}))


@every_metric
@pytest.mark.parametrize("weighed", [False, True])
def test_neither_update_nor_result_reads_from_the_device(name, arguments, weighed, rng):
    metric, given = make(name, arguments), tensors(*batch(name, arguments, rng))
    weight = torch.ones(given[-1].numel() if name == "BinaryIoU" else SAMPLES, dtype=torch.int32)
    with _NoReads():
        for _ in range(2):
            metric.update_state(*given, sample_weight=weight if weighed else None)
        metric.result()
        metric.reset_state()


def test_the_guard_against_reads_finds_them():
    with _NoReads(), pytest.raises(AssertionError, match="_local_scalar_dense reads"):
        torch.ones(2).sum().item()


@every_metric
def test_no_gradient_is_recorded(name, arguments, rng):
    *labels, y_pred = tensors(*batch(name, arguments, rng))
    if y_pred.is_floating_point():
        y_pred.requires_grad_()
    metric = make(name, arguments)
    metric.update_state(*labels, y_pred)
    assert not any(variable.requires_grad or variable.grad_fn for variable in metric.variables)
    assert not metric.result().requires_grad


@every_metric
def test_metrics_can_be_copied_and_pickled_with_their_state(name, arguments, rng):
    metric = make(name, arguments)
    metric.update_state(*batch(name, arguments, rng))
    more = batch(name, arguments, rng)
    copies = [copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))]
    expected = metric(*more)
    for again in copies:
        assert_same(again(*more), expected)


@every_metric
def test_a_traced_update_replays_as_the_update(name, arguments, rng):
    metric, mirror = make(name, arguments), make(name, arguments)
    for each in (metric, mirror):
        each.update_state(*batch(name, arguments, rng))
        each.reset_state()
    state = metric.stateless_reset_state()

    def step(state, *given):
        with metric._state_replaced(state):
            metric.update_state(*given)
        return state

    replay = make_fx(step)(state, *tensors(*batch(name, arguments, rng)))
    state = metric.stateless_reset_state()
    for _ in range(2):
        given = batch(name, arguments, rng)
        replay(state, *tensors(*given))
        mirror.update_state(*given)
    assert_same(metric.stateless_result(state), mirror.result())


@every_metric
def test_state_is_all_in_the_variables_where_that_is_asked(name, arguments, rng):
    metric, mirror = make(name, arguments), make(name, arguments)
    for each in (metric, mirror):
        each.update_state(*batch(name, arguments, rng))
        each.reset_state()
    variables, given = metric.variables, batch(name, arguments, rng)
    mirror.update_state(*given)
    with state_in_variables():
        metric.update_state(*given)
    assert_same([variable.detach() for variable in variables], values_of(mirror))


@every_metric
def test_every_argument_is_documented(name, arguments):
    cls = METRICS.classes[name.lower()]
    assert "name, dtype: see Metric" in cls.__doc__
    for argument in set(inspect.signature(cls).parameters) - {"name", "dtype"}:
        assert f"{argument}:" in cls.__doc__ or f"{argument}," in cls.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_names_count_up(name):
    first, second = make(name, NEEDED.get(name, {})), make(name, NEEDED.get(name, {}))
    assert second.name in (first.name, f"{first.name}_1")


@pytest.mark.parametrize("name", NAMES)
def test_every_spelling_of_the_name_finds_it(name):
    cls = METRICS.classes[name.lower()]
    snake = inspect.signature(cls).parameters["name"].default or name
    for spelling in (name, snake, name[0].lower() + name[1:]):
        if name in NEEDED:
            assert METRICS.classes[spelling.replace("_", "").lower()] is cls
        else:
            assert type(metrics.get(spelling)) is cls


def test_updates_warn_of_nothing(rng):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, arguments in EVERY:
            make(name, arguments).update_state(*batch(name, arguments, rng))
