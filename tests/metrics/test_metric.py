"""Metric: state, subclasses that users write, stateless calls, and where the work is done."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kerasish import core, metrics
from kerasish._base._registry import custom_object_scope
from kerasish.core._infer import infer
from kerasish.metrics._metric import keeps_state_in_variables, state_in_variables


class Positives(metrics.Metric):
    """Written as in Keras's guides."""

    def __init__(self, name="positives", threshold=0.5, **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.seen = self.add_weight(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        found = ((y_true == 1) & (y_pred > self.threshold)).float()
        if sample_weight is not None:
            found = found * sample_weight
        self.seen.assign_add(found.sum())

    def result(self):
        return self.seen


class Span(metrics.Metric):
    """Written with fields."""

    scale: float = 1.0
    name: str | None = "span"
    dtype: str | None = None

    def __post_init__(self):
        super().__post_init__()
        self.low = self.add_variable((), lambda shape, dtype: torch.full(shape, 9.0, dtype=dtype), name="low")
        self.high = self.add_variable((2,), name="high")

    def update_state(self, values):
        self.low.assign(torch.minimum(self.low, values.amin()))
        self.high.assign(torch.maximum(self.high, values.amax()))

    def result(self):
        return {"low": self.low * self.scale, "high": self.high[0].clone()}


class Both(metrics.Metric):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean, self.parts = metrics.Mean(), [metrics.Sum(), {"inner": metrics.Sum(name="inner")}]
        self.own = core.Variable(2.0, trainable=False)

    def update_state(self, values):
        self.own.assign_add(1.0)
        for metric in (self.mean, self.parts[0], self.parts[1]["inner"]):
            metric.update_state(values)

    def result(self):
        return self.mean.result()


Y_TRUE, Y_PRED = torch.tensor([1, 1, 0, 1]), torch.tensor([0.9, 0.3, 0.8, 0.6])


def test_a_subclass_in_the_manner_of_keras_works():
    metric = Positives(threshold=0.4)
    metric.update_state(Y_TRUE, Y_PRED)
    metric.update_state(Y_TRUE, Y_PRED, sample_weight=torch.tensor([0.5, 1.0, 1.0, 2.0]))
    assert metric.result().item() == 4.5
    assert [v.path for v in metric.variables] == ["positives/seen"]
    metric.reset_state()
    assert metric(Y_TRUE, Y_PRED).item() == 2


def test_a_subclass_has_its_arguments_as_config():
    metric = Positives(threshold=0.25, name="mine")
    assert metric.get_config() == {"name": "mine", "threshold": 0.25, "dtype": "float32"}
    with custom_object_scope({"Positives": Positives}):
        assert metrics.deserialize(metrics.serialize(metric)).threshold == 0.25


def test_a_subclass_with_fields_works():
    metric = Span(scale=2.0)
    metric.update_state(torch.tensor([3.0, 5.0]))
    assert {key: value.item() for key, value in metric.result().items()} == {"low": 6.0, "high": 5.0}
    assert metric.get_config() == {"scale": 2.0, "name": "span", "dtype": "float32"}
    assert [tuple(v.shape) for v in metric.variables] == [(), (2,)]


def test_a_result_that_is_a_variable_does_not_change_later():
    metric = Positives()
    metric.update_state(Y_TRUE, Y_PRED)
    result = metric.result()
    metric.reset_state()
    assert result.item() == 2 and type(result) is torch.Tensor


def test_variables_of_metrics_inside_count_once_and_come_last():
    metric = Both()
    metric.update_state(torch.tensor([1.0, 3.0]))
    assert [v.item() for v in metric.variables] == [3.0, 4.0, 2.0, 4.0, 4.0]
    assert metric.variables[0] is metric.own


def test_stateless_calls_leave_the_metric_and_those_inside_as_they_are():
    metric = Both()
    metric.update_state(torch.tensor([1.0, 3.0]))
    state = metric.stateless_update_state([0.0, 0.0, 0.0, 0.0, 5.0], torch.tensor([2.0, 4.0]))
    assert [v.item() for v in state] == [1.0, 6.0, 2.0, 6.0, 11.0]
    assert metric.stateless_result(state).item() == 3.0
    assert [v.item() for v in metric.stateless_reset_state()] == [0.0] * 5
    assert [v.item() for v in metric.variables] == [3.0, 4.0, 2.0, 4.0, 4.0]


def test_stateless_state_must_fit():
    metric = metrics.Mean(name="loss")
    with pytest.raises(ValueError, match="one tensor for each of the 2 variables of loss; received 1"):
        metric.stateless_result([torch.zeros(())])
    with pytest.raises(ValueError, match=r"loss/count has \(\), received \(3,\)"):
        metric.stateless_result([torch.zeros(()), torch.zeros(3)])
    with pytest.raises(ValueError, match="f1_score makes its state when it first sees data"):
        metrics.F1Score().stateless_update_state([], torch.eye(2), torch.eye(2))


def test_without_super_init_a_variable_says_what_to_do():
    class Forgetful(metrics.Metric):
        def __init__(self):
            self.add_variable(())

    with pytest.raises(RuntimeError, match=r"Call `super\(\).__init__\(\)` first in the `__init__` of Forgetful"):
        Forgetful()


def test_what_is_missing_in_a_subclass_is_named():
    metric = metrics.Metric()
    with pytest.raises(NotImplementedError, match="Metric must define `update_state"):
        metric.update_state()
    with pytest.raises(NotImplementedError, match="Metric must define `result"):
        metric.result()


def test_names_and_dtypes():
    assert [metrics.AUC().name, metrics.AUC().name, metrics.AUC(name="a").name] == ["auc", "auc_1", "a"]
    assert metrics.Mean(dtype="mixed_bfloat16").dtype == "bfloat16"
    assert metrics.Mean(dtype="float64").total.dtype is torch.float64
    assert repr(metrics.Mean()) == "<Mean name=mean>"
    with pytest.raises(ValueError, match="`name` must be a string; received 3"):
        metrics.Mean(name=3)


def test_state_goes_where_the_data_is():
    with core.device("meta"):
        assert metrics.Mean().total.device.type == "meta"
    metric = metrics.Mean()
    metric._device = torch.device("meta")  # as if it were there; there may be no second device here
    metric.update_state(torch.ones(3))
    assert metric._device == torch.device("cpu")


def test_shape_inference_measures_nothing():
    metric = metrics.Mean()

    def measured(x):
        metric.update_state(x)
        return x * 2

    symbol = infer(measured, (core.KerasTensor((None, 3)),), {}, lambda shape, dtype: core.KerasTensor(shape), core.KerasTensor)
    assert symbol.shape == (None, 3)
    assert metric.count.item() == 0 and metric.total.device.type == "cpu"


def test_updates_leave_recording_as_it_was():
    seen = []

    class Looks(metrics.Sum):
        def update_state(self, values, sample_weight=None):
            seen.append(torch.is_grad_enabled())
            super().update_state(values, sample_weight)
            seen.append(torch.is_grad_enabled())

    Looks().update_state(torch.ones(2, requires_grad=True))
    assert seen == [False, False] and torch.is_grad_enabled()
    with pytest.raises(ValueError, match="sample_weight"):
        Looks().update_state(torch.ones(2), torch.ones(3))
    assert torch.is_grad_enabled()


class Kernels(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def kernels(metric, *given, **more):
    metric.update_state(*given, **more)
    with Kernels() as seen:
        metric.update_state(*given, **more)
    return seen.names


NUMBERS, SCORES = torch.arange(4) % 3, torch.rand(4, 3)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Mean", (torch.tensor(2.0), 32), "add_"),
        ("Mean", (torch.ones(4),), "sum add_"),
        ("SparseCategoricalAccuracy", (NUMBERS, SCORES), "argmax eq count_nonzero add_"),
        ("CategoricalAccuracy", (SCORES, SCORES), "argmax argmax eq count_nonzero add_"),
        ("BinaryAccuracy", (SCORES.round(), SCORES), "gt eq count_nonzero add_"),
        ("MeanSquaredError", (SCORES, SCORES), "sub pow_ sum add_"),
        ("MeanAbsoluteError", (SCORES, SCORES), "sub abs_ sum add_"),
        ("BinaryCrossentropy", (SCORES, SCORES), "clamp binary_cross_entropy sum add_"),
        ("Precision", (SCORES > 0.5, SCORES), "gt bitwise_and sum add_ gt sum add_"),
    ],
)
def test_an_update_without_weights_takes_the_least_of_kernels(name, given, expected):
    assert " ".join(kernels(getattr(metrics, name)(), *given)) == expected


def test_more_thresholds_take_no_more_kernels():
    few, many = (kernels(metrics.AUC(num_thresholds=n), SCORES > 0.5, SCORES) for n in (3, 1000))
    assert few == many and len(many) <= 11 and many[-1] == "scatter_add_"


def test_state_in_variables_holds_within_the_block():
    assert not keeps_state_in_variables()
    metric = metrics.Mean()
    variables = metric.variables
    metric.update_state(torch.ones(3))
    assert variables[1].item() == 0  # counted on the host, until someone looks
    assert metric.count.item() == 3
    with state_in_variables():
        assert keeps_state_in_variables()
        metric.update_state(torch.ones(3))
        assert variables[1].item() == 6
    assert not keeps_state_in_variables()


@pytest.mark.parametrize("name", ["SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"])
def test_updates_in_a_compiled_function_count_each_time(name):
    metric = getattr(metrics, name)()

    @torch.compile(backend="eager")
    def step(y_true, y_pred):
        metric.update_state(y_true, y_pred)
        return y_pred * 2

    for _ in range(3):
        step(NUMBERS, SCORES)
    assert metric.count.item() == 12
    expected = getattr(metrics, name)()(NUMBERS, SCORES)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)
