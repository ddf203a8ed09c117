"""The computing batch: when rows may be computed in other batches than the user's, and which size is found."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import config, layers, ops
from kerasish._base import _tree
from kerasish.engine import _computing_batch
from kerasish.engine._computing_batch import ComputingBatch, rows_are_apart
from tests.contracts.layer_samples import SAMPLES

X = np.random.default_rng(0).normal(size=(300, 4)).astype("float32")


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of the batches in which Dense layers computed."""
    sizes: list[int] = []
    call = layers.Dense.call

    def noted(self: Any, inputs: torch.Tensor) -> torch.Tensor:
        sizes.append(len(inputs))
        return call(self, inputs)

    monkeypatch.setattr(layers.Dense, "forward", noted)
    yield sizes
    config.set_merge_batches(True)


def sequential(*more: Any) -> keras.Model:
    return keras.Sequential([keras.Input((4,)), *more, layers.Dense(3)])


def functional(function: Callable) -> keras.Model:
    x = keras.Input((4,))
    return keras.Model(x, function(layers.Dense(3)(x)))


def expected(net: keras.Model, size: int) -> np.ndarray:
    with torch.no_grad():
        return np.concatenate([net(torch.from_numpy(part)).numpy() for part in np.split(X, range(size, len(X), size))])


# What is measured.


def run(batch: ComputingBatch, seconds: Callable[[int], float], rows: int = 1 << 40) -> list[int]:
    """Let a batch find its size where a batch of so many rows takes so many seconds."""
    asked = []
    while batch.wanted is not None and len(asked) < 1000:
        size = batch.next(rows)
        asked.append(size)
        batch.note(size, seconds(size))
    return asked


def test_sizes_go_up_while_a_row_takes_less_time_and_down_if_none_is_better() -> None:
    batch = ComputingBatch(32, 1 << 20)
    asked = run(batch, lambda size: 1e-4 + 1e-6 * size + 1e-9 * size**2)  # a row takes least at 316
    assert batch.size == 256 and max(asked) <= 1024
    batch = ComputingBatch(128, 1 << 20)
    run(batch, lambda size: 1e-4 + 1e-5 * size + 1e-6 * size**2)  # … at 10
    assert batch.size in (8, 16)
    batch = ComputingBatch(32, 1 << 20)
    run(batch, lambda size: 1e-3 * size)
    assert batch.size == 32


def test_no_size_is_above_the_limit() -> None:
    batch = ComputingBatch(32, 500)
    assert max(run(batch, lambda size: 1.0)) == 256 and batch.size == 256
    assert ComputingBatch(600, 500).next(1000) <= 600


def test_what_was_disturbed_once_is_not_believed() -> None:
    batch, calls = ComputingBatch(32, 1 << 20), 0

    def seconds(size: int) -> float:
        nonlocal calls
        calls += 1
        return 1e-3 * size * (10 if size == 32 and calls < 10 else 1)

    run(batch, seconds)
    assert batch.size == 32


def test_a_size_that_is_not_there_to_be_measured_waits() -> None:
    batch = ComputingBatch(32, 1 << 20)
    assert batch.next(40) == 32 and batch.next(20) == 20 and batch.wanted == 64 and batch.next(64) == 64


# Who is computed in other batches.


@pytest.mark.parametrize("batch", [1, 2, 7, 32, 299])
def test_the_answer_is_that_of_the_users_batches_and_in_their_order(batch: int, seen: list[int]) -> None:
    net = functional(lambda y: {"a": ops.relu(y) + 1, "b": [y[:, :1], torch.softmax(y, -1)]})
    first = expected(keras.Model(net.input, net.output["b"][0]), 300)
    kernel, bias = net.layers[1].get_weights()
    raw = X @ kernel + bias
    seen.clear()
    for _ in range(3):
        found = net.predict(X, batch_size=batch, verbose=0)
        np.testing.assert_allclose(found["a"], np.maximum(raw, 0) + 1, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found["b"][0], first, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found["b"][1].sum(-1), 1, rtol=1e-5)
    assert max(seen) > batch or batch == 299


def test_what_was_found_is_remembered(monkeypatch: pytest.MonkeyPatch, seen: list[int]) -> None:
    net = sequential()
    net.predict(X, batch_size=4, verbose=0)
    (_, batch) = next(iter(_computing_batch._known[net].values()))
    batch.stay(100)
    seen.clear()
    net.predict(X, batch_size=8, verbose=0)
    assert seen == [100, 100, 100]
    net.add(layers.Dense(2))  # another graph: all is to be found anew
    seen.clear()
    net.predict(X, batch_size=4, verbose=0)
    assert seen[0] == 4


class OwnDense(layers.Dense):
    """A layer of a user's own."""


class OwnStep(keras.Sequential):
    """A model whose user looks at each batch."""

    def predict_step(self, data: Any) -> Any:
        return super().predict_step(data)


def with_hook() -> keras.Model:
    net = sequential()
    net.layers[0].register_forward_hook(lambda module, args, output: None)
    return net


def with_own_call() -> keras.Model:
    net = sequential()
    net.layers[0].forward = net.layers[0].forward
    return net


MIXED: dict[str, Callable[[], keras.Model]] = {
    "a layer of a user's": lambda: sequential(OwnDense(4)),
    "a subclassed model": lambda: OwnStep([keras.Input((4,)), layers.Dense(3)]),
    "a Lambda": lambda: sequential(layers.Lambda(lambda x: x - x.mean(0))),
    "a torch module": lambda: sequential(nn.Linear(4, 4)),
    "a hook": with_hook,
    "a call of its own": with_own_call,
    "training": lambda: functional(lambda y: layers.BatchNormalization()(y, training=True)),
    "a loss of activity": lambda: sequential(layers.Dense(4, activity_regularizer="l2")),
}


@pytest.mark.parametrize("make", MIXED.values(), ids=MIXED)
def test_what_might_look_at_the_batch_gets_the_users_batches(make: Callable[[], keras.Model], seen: list[int]) -> None:
    net = make()
    net(torch.from_numpy(X[:2]))
    seen.clear()
    assert not rows_are_apart(net) or type(net) is OwnStep
    net.predict(X, batch_size=32, verbose=0)
    assert set(seen) == {32, 300 % 32}


FOUND_OUT: dict[str, Callable] = {
    "a mean over rows": lambda y: y - ops.mean(y, 0),
    "a softmax over rows": lambda y: layers.Softmax(axis=0)(y),
    "rows in order": lambda y: torch.sort(y, 0)[0],
    "noise": lambda y: y + torch.rand_like(y),
    "rows put together": lambda y: layers.Concatenate(axis=0)([y, y]),
}


@pytest.mark.parametrize("function", FOUND_OUT.values(), ids=FOUND_OUT)
def test_a_graph_that_mixes_rows_is_found_out_on_its_first_batch(function: Callable, seen: list[int]) -> None:
    net = functional(function)
    torch.manual_seed(0)
    found = net.predict(X[:256], batch_size=32, verbose=0)
    with torch.no_grad():
        torch.manual_seed(0)
        want = np.concatenate([net(torch.from_numpy(X[i : i + 32])).numpy() for i in range(0, 256, 32)])
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)
    seen.clear()
    net.predict(X, batch_size=32, verbose=0)
    assert set(seen) == {32, 300 % 32}


def test_a_graph_for_one_batch_size_runs_in_batches_of_it() -> None:
    x = keras.Input(batch_shape=(30, 4))
    net = keras.Model(x, x + torch.arange(30.0)[:, None])
    want = np.concatenate([X[i : i + 30] + np.arange(30.0)[:, None] for i in range(0, 300, 30)])
    np.testing.assert_allclose(net.predict(X, batch_size=30, verbose=0), want, rtol=1e-6)


def test_a_stateful_layer_sees_the_batches_as_they_come() -> None:
    net = keras.Sequential([keras.Input(batch_shape=(10, 2, 2)), layers.SimpleRNN(3, stateful=True)])
    found = net.predict(X.reshape(300, 2, 2), batch_size=10, verbose=0)
    net.layers[0].reset_state()
    with torch.no_grad():
        want = np.concatenate([net(torch.from_numpy(X[i : i + 10].reshape(10, 2, 2))).numpy() for i in range(0, 300, 10)])
    assert not rows_are_apart(net) and np.allclose(found, want, atol=1e-6)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.label)
def test_layers_of_the_library_mix_no_rows_unless_they_say_so(sample: Any, rng: np.random.Generator) -> None:
    layer = getattr(layers, sample.name)(**sample.arguments).eval()
    if layer._mixes_rows:
        pytest.skip("says so")
    x = _tree.map_structure(torch.as_tensor, sample.inputs(rng))
    with torch.no_grad():
        whole = layer(x)
        parts = [layer(_tree.map_structure(lambda leaf, r=rows: leaf[r], x)) for rows in (slice(1), slice(1, None))]
    for a, b, both in zip(*map(_tree.flatten, parts), _tree.flatten(whole), strict=True):
        torch.testing.assert_close(torch.cat([a, b]), both, rtol=1e-4, atol=1e-5)


def test_switches_keep_to_the_users_batches(seen: list[int]) -> None:
    net = sequential()
    seen.clear()
    config.set_merge_batches(False)
    found = net.predict(X, batch_size=32, verbose=0)
    assert set(seen) == {32, 300 % 32} and np.array_equal(found, expected(net, 32))
    config.set_merge_batches(True)
    seen.clear()
    torch.use_deterministic_algorithms(True)
    try:
        net.predict(X, batch_size=32, verbose=0)
    finally:
        torch.use_deterministic_algorithms(False)
    assert set(seen) == {32, 300 % 32}
    with pytest.raises(ValueError, match="`merge_batches` must be True or False; received 1"):
        config.set_merge_batches(1)  # type: ignore[arg-type]


# What is told.


def test_callbacks_hear_of_the_users_batches(seen: list[int]) -> None:
    net, heard = sequential(), []
    seen.clear()
    hook = {"on_predict_batch_end": lambda batch, logs: heard.append((batch, len(logs["outputs"])))}
    net.predict(X, batch_size=32, verbose=0, callbacks=hook)
    assert heard == [(i, 32) for i in range(9)] + [(9, 12)] and set(seen) == {32, 12}


def test_the_progress_bar_counts_the_users_batches(capsys: pytest.CaptureFixture) -> None:
    net = sequential()
    for _ in range(2):
        net.predict(X, batch_size=8)
        assert capsys.readouterr().out.startswith("38/38")
    assert len(net.predict(X, batch_size=8, steps=5, verbose=0)) == 40
    with pytest.warns(UserWarning, match="gave 38 of the 40 batches"):
        assert len(net.predict(X, batch_size=8, steps=40, verbose=0)) == 300


# What fails.


def test_a_batch_too_large_for_the_machine_is_computed_in_the_users_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    net, tried = sequential(), []
    step = net._call_model

    def small(x: torch.Tensor) -> torch.Tensor:
        tried.append(len(x))
        if len(x) > 40:
            raise torch.OutOfMemoryError("out of memory")
        return step(x)

    monkeypatch.setattr(keras.Sequential, "_call_model", lambda self, x: small(x), raising=False)
    found = net.predict(X, batch_size=32, verbose=0)
    np.testing.assert_allclose(found, expected(net, 32), rtol=1e-5, atol=1e-6)
    assert max(tried) == 64 and tried.count(64) == 1
    tried.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(X, batch_size=32, verbose=0)
    assert set(tried) == {32, 12}
    other = sequential()
    with pytest.raises(RuntimeError, match="out of memory"):
        other.predict(X, batch_size=50, verbose=0)


# Measuring.

Y = np.random.default_rng(1).normal(size=(300, 3)).astype("float32")
WEIGHTS = np.random.default_rng(2).random(300).astype("float32")


def compiled(net: keras.Model | None = None, loss: Any = "mse", **options: Any) -> keras.Model:
    net = sequential(layers.Dense(5, activation="tanh")) if net is None else net
    net.compile("sgd", loss, **{"metrics": ["mae"], **options})
    return net


def measured(net: keras.Model, merge: bool = True, batch: int = 32, **options: Any) -> dict[str, float]:
    config.set_merge_batches(merge)
    data = {"x": X, "y": Y, **options}
    try:
        return net.evaluate(**data, batch_size=batch, verbose=0, return_dict=True)
    finally:
        config.set_merge_batches(True)


def own_error(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """A loss of a user's own, which is another one for other batches."""
    errors = (y_true - y_pred).abs()
    return errors.mean(-1) + errors.amax(0).sum()


LOSSES = {"of the library": "mse", "of a user's own": own_error, "a sum": keras.losses.MeanSquaredError(reduction="sum")}


@pytest.mark.parametrize("batch", [1, 7, 32, 299])
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weighed"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_measures_are_those_of_the_users_batches(loss: Any, weight: Any, batch: int, seen: list[int]) -> None:
    net = compiled(loss=loss, weighted_metrics=["mse"])
    want = measured(net, False, batch, sample_weight=weight)
    seen.clear()
    for _ in range(3):
        assert measured(net, True, batch, sample_weight=weight) == pytest.approx(want, rel=1e-5)
    assert max(seen) > batch or batch == 299


def test_a_loss_of_a_users_own_gets_the_users_batches_of_outputs(seen: list[int]) -> None:
    lengths: list[tuple[int, int]] = []

    def noting(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        lengths.append((len(y_true), len(y_pred)))
        return (y_true - y_pred).abs().mean(-1)

    net = compiled(loss=noting)
    measured(net)
    (_, batch) = next(iter(_computing_batch._known[net].values()))
    for size, given in ((128, 32), (100, 32), (10, 32), (300, 7)):
        batch.stay(size)
        lengths.clear(), seen.clear()
        measured(net, batch=given)
        assert lengths == [(given, given)] * (300 // given) + [(300 % given, 300 % given)]
        assert set(seen) == {min(size, 300), 300 % size} - {0}


def test_a_loss_that_adds_up_gets_what_is_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    fused = keras.losses.MeanSquaredError.fused
    monkeypatch.setattr(
        keras.losses.MeanSquaredError, "fused", lambda self, y, y_pred: lengths.append(len(y)) or fused(self, y, y_pred)
    )
    net = compiled()
    want = measured(net, False)
    (_, batch) = measured(net) and next(iter(_computing_batch._known[net].values()))
    batch.stay(128)
    lengths.clear()
    assert measured(net) == pytest.approx(want, rel=1e-5) and lengths == [128, 128, 44]


def test_several_outputs_and_masks_come_with_their_rows(seen: list[int]) -> None:
    words = np.random.default_rng(3).integers(0, 3, size=(300, 6))
    x = keras.Input((6,), dtype="int32")
    inside = layers.Embedding(5, 4, mask_zero=True)(x)
    net = keras.Model(x, {"a": layers.Dense(2)(inside), "b": layers.Dense(1)(layers.Flatten()(layers.Identity()(inside)))})
    net.compile("sgd", {"a": "mse", "b": "mae"}, metrics={"a": ["mae"], "b": ["mse"]})
    data = {"x": words, "y": {"a": np.ones((300, 6, 2), "float32"), "b": np.zeros((300, 1), "float32")}}
    want = measured(net, False, **data)
    seen.clear()
    for _ in range(2):
        assert measured(net, **data) == pytest.approx(want, rel=1e-5)
    assert max(seen) > 32


def test_masks_of_a_single_output_come_with_their_rows(seen: list[int]) -> None:
    words = np.random.default_rng(3).integers(0, 3, size=(300, 6))
    net = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(5, 4, mask_zero=True), layers.Dense(2)])
    data = {"x": words, "y": np.ones((300, 6, 2), "float32")}
    want = measured(compiled(net), False, **data)
    unmasked = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(5, 4), layers.Dense(2)])
    unmasked.set_weights(net.get_weights())
    assert measured(compiled(unmasked), False, **data)["loss"] != pytest.approx(want["loss"], rel=1e-3)
    seen.clear()
    assert measured(net, **data) == pytest.approx(want, rel=1e-5) and max(seen) > 32


@pytest.mark.filterwarnings("ignore:.*softmax.*")
@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("function", FOUND_OUT.values(), ids=FOUND_OUT)
def test_a_graph_that_mixes_rows_is_measured_in_the_users_batches(function: Callable, batch: int) -> None:
    net = functional(function)
    twice = net.output_shape[0] is None and len(net(torch.from_numpy(X[:2]))) == 4
    net.compile("sgd", (lambda y, y_pred: (y - y_pred[: len(y)]).abs().mean() + len(y_pred)) if twice else "mse")
    for _ in range(2):
        found = []
        for merge in (False, True):
            torch.manual_seed(0)
            found.append(measured(net, merge, batch))
        assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_a_graph_that_mixes_rows_predicts_for_each_row_where_asked_to() -> None:
    net = functional(lambda y: y - ops.mean(y, 0))
    assert not net.predict(X[:5], batch_size=1, verbose=0).any()


def test_some_steps_are_measured_of_as_many_of_the_users_batches(seen: list[int]) -> None:
    net = compiled(loss=own_error)
    want = measured(net, x=X[:96], y=Y[:96], merge=False)
    seen.clear()
    assert measured(net, steps=3) == pytest.approx(want, rel=1e-5) and sum(seen) >= 96 and max(seen) == 64


@pytest.mark.parametrize("name", ["test_step", "compute_loss", "compute_metrics"])
def test_a_step_of_a_models_own_gets_the_users_batches(name: str, seen: list[int]) -> None:
    net = compiled()
    setattr(net, name, getattr(net, name))
    seen.clear()
    measured(net)
    assert set(seen) == {32, 12}
    own = type(
        "Own", (keras.Sequential,), {name: lambda self, *args, **more: getattr(keras.Sequential, name)(self, *args, **more)}
    )
    net = compiled(own([keras.Input((4,)), layers.Dense(3)]))
    seen.clear()
    measured(net)
    assert set(seen) == {32, 12}


def test_callbacks_hear_of_the_users_batches_while_they_are_measured(seen: list[int]) -> None:
    net, heard = compiled(), []
    seen.clear()
    net.evaluate(X, Y, 32, verbose=0, callbacks={"on_test_batch_end": lambda batch, logs: heard.append((batch, logs["loss"]))})
    assert [batch for batch, _ in heard] == list(range(10)) and set(seen) == {32, 12}
    for number in (0, 4):
        rows = slice(0, 32 * (number + 1))
        assert heard[number][1] == pytest.approx(measured(net, x=X[rows], y=Y[rows])["loss"], rel=1e-5)


def test_the_progress_bar_of_a_measurement_counts_the_users_batches(capsys: pytest.CaptureFixture) -> None:
    for loss in ("mse", own_error):
        net = compiled(loss=loss)
        for _ in range(2):
            net.evaluate(X, Y, 8)
            assert capsys.readouterr().out.startswith("38/38")


def test_validation_is_computed_in_computing_batches(seen: list[int]) -> None:
    net = compiled()
    found = net.fit(X[:10], Y[:10], batch_size=10, epochs=2, verbose=0, validation_data=(X, Y), validation_batch_size=32).history
    assert max(seen) > 32 and found["val_loss"][-1] == pytest.approx(measured(net, False)["loss"], rel=1e-5)


def test_outputs_too_large_for_the_machine_are_computed_in_the_users_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    call = keras.Sequential._call_model

    def small(self: Any, x: torch.Tensor) -> torch.Tensor:
        if len(x) > 40:
            raise torch.OutOfMemoryError("out of memory")
        return call(self, x)

    net = compiled(loss=own_error)
    want = measured(net, False)
    monkeypatch.setattr(keras.Sequential, "_call_model", small, raising=False)
    assert measured(net) == pytest.approx(want, rel=1e-5)
