"""Bad input: what is wrong is told, with what came and what helps, and nothing is lost."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers

RNG = np.random.default_rng(0)
X = RNG.standard_normal((32, 4)).astype("float32")
Y = RNG.standard_normal((32, 1)).astype("float32")
CLASS = RNG.integers(0, 3, 32)
LABELS = {"a": Y, "b": X[:, :2]}


def model(units: int = 1, activation: str | None = None, **compiled: Any) -> keras.Model:
    net = keras.Sequential(
        [keras.Input((4,), name="in"), layers.Dense(5), layers.Dense(units, activation=activation, name="out")]
    )
    net.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return net


def classifier(**compiled: Any) -> keras.Model:
    return model(3, "softmax", **{"loss": "sparse_categorical_crossentropy", **compiled})


def two_inputs() -> keras.Model:
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    net = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))
    net.compile("sgd", "mse")
    return net


def two_outputs(**compiled: Any) -> keras.Model:
    inputs = keras.Input((4,))
    net = keras.Model(inputs, {"a": layers.Dense(1)(inputs), "b": layers.Dense(2)(inputs)})
    net.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return net


def failing() -> Iterator[tuple]:
    yield X, Y
    raise ZeroDivisionError("mine")


DATA: dict[str, tuple[Callable[[], keras.Model], tuple, dict, str]] = {
    "too wide": (model, (np.zeros((8, 5)), np.zeros((8, 1))), {}, r"expects input 'in' of shape \(batch, 4\); received \(8, 5\)"),
    "too many axes": (model, (np.zeros((8, 4, 2)), np.zeros((8, 1))), {}, r"received \(8, 4, 2\). Flatten it"),
    "text": (model, (np.array([["a"] * 4]), Y[:1]), {}, "`x` must hold numbers; received an array of dtype <U1"),
    "ragged": (
        model,
        (np.array([[1, 2], [3]], dtype=object), Y[:2]),
        {},
        "`x` must hold numbers; received an array of dtype object",
    ),
    "complex": (model, (X.astype("complex64"), Y), {}, r"takes real numbers; received torch.complex64. Give x.real"),
    "lists": (model, ([[1.0, 2.0, 3.0, 4.0]] * 8, Y[:8]), {}, r"`x` is a list that holds no arrays.*np.array\(x\)"),
    "lists of labels": (model, (X[:2], [1.0, 2.0]), {}, r"`y` must be an array.*received the single value 1.0.*np.array\(y\)"),
    "nothing": (model, (None, Y), {}, "`x` must be data; received None"),
    "a list of nothing": (model, ([None], Y), {}, "an input is not optional"),
    "no labels": (model, (X,), {}, "`compile` was given a loss, but the data has no labels"),
    "fewer labels": (model, (X, Y[:5]), {}, "All data must have one number of rows; received `x` 32, `y` 5"),
    "fewer weights": (model, (X, Y), {"sample_weight": np.ones(3)}, "`sample_weight` 3"),
    "fewer validation labels": (model, (X, Y), {"validation_data": (X, Y[:4])}, "`x` 32, `y` 4"),
    "validation without labels": (model, (X, Y), {"validation_data": X}, r"`validation_data` must be \(x, y\)"),
    "four validation parts": (model, (X, Y), {"validation_data": (X, Y, Y, Y)}, "received a tuple of 4"),
    "empty arrays": (model, (X[:0], Y[:0]), {}, "The data is empty: it has no rows"),
    "empty generator": (model, (iter([]),), {}, "The data is empty: it gave no batch"),
    "empty loader": (model, (torch.utils.data.DataLoader([], batch_size=2),), {}, "The data is empty"),  # type: ignore[arg-type]
    "batches of four": (model, (((X, Y, Y, Y) for _ in range(2)),), {}, "received a tuple of 4"),
    "another width later": (
        model,
        (((X if i == 0 else X[:, :2], Y) for i in range(2)),),
        {},
        r"size 4 in axis -1; received shape \(32, 2\)",
    ),
    "classes that are not there": (classifier, (X, CLASS + 5), {}, "class numbers from 0 to 2.*received 5"),
    "one-hot for class numbers": (classifier, (X, np.eye(3)[CLASS]), {}, "One-hot labels are for CategoricalCrossentropy"),
    "class numbers for one-hot": (
        lambda: classifier(loss="categorical_crossentropy"),
        (X, CLASS),
        {},
        "SparseCategoricalCrossentropy",
    ),
    "three labels for one score": (
        lambda: model(1, "sigmoid", loss="binary_crossentropy"),
        (X, np.eye(3)[CLASS]),
        {},
        "of the shape of the",
    ),
    "labels that do not fit a metric": (
        lambda: model(3, metrics=["accuracy"]),
        (X, np.zeros((32, 2))),
        {},
        r"received \(32, 2\) and \(32, 3\)",
    ),
    "labels of no output": (model, (X, {"nope": Y}), {}, "Invalid `y`: it names 'nope'.*Expected keys: out"),
    "class weights in a list": (classifier, (X, CLASS), {"class_weight": [1, 2]}, "`class_weight` must be a dict"),
    "class weights by text": (classifier, (X, CLASS), {"class_weight": {"a": 1}}, "received the key 'a'"),
    "one of two inputs": (two_inputs, (X, Y), {}, r"takes 2 inputs \['a', 'b'\]; received 1"),
    "inputs of two lengths": (two_inputs, ([X, X[:5, :2]], Y), {}, "`x` 32/5"),
    "inputs by wrong names": (two_inputs, ({"a": X, "c": X[:, :2]}, Y), {}, r"'b' is missing among \['a', 'c'\]"),
    "labels of one of two outputs": (two_outputs, (X, Y), {}, "different structures.*Give one part for each output"),
    "a loss for no output": (lambda: two_outputs(loss={"a": "mse", "c": "mse"}), (X, LABELS), {}, "'c', which is no output"),
    "a metric for no output": (lambda: two_outputs(metrics={"c": "mae"}), (X, LABELS), {}, "Invalid `metrics`: it names 'c'"),
    "weights of no loss": (
        lambda: two_outputs(loss=["mse", "mse"], loss_weights=[1]),
        (X, LABELS),
        {},
        "must match the number of",
    ),
    "no optimizer": (lambda: model(optimizer=None), (X, Y), {}, "Training needs an optimizer"),
    "no loss": (lambda: model(loss=None), (X, Y), {}, "There is nothing to minimize"),
}


@pytest.mark.parametrize("case", DATA)
def test_data_that_does_not_fit_is_told(case: str) -> None:
    make, data, options, message = DATA[case]
    with pytest.raises(ValueError, match=f"(?s){message}"):
        make().fit(*data, verbose=0, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": "3"}, "`epochs` must be an integer; received '3'"),
        ({"epochs": 2.0}, "`epochs` must be an integer; received 2.0"),
        ({"batch_size": "8"}, "`batch_size` must be a positive integer; received '8'"),
        ({"verbose": "loud"}, "`verbose` must be 0, 1, 2 or 'auto'; received 'loud'"),
        ({"validation_split": 1.0}, "`validation_split` must be between 0 and 1; received 1.0"),
        ({"validation_data": (X, Y), "validation_freq": 0}, "`validation_freq` must be a positive integer or a list"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be a positive integer; received 0"),
    ],
)
def test_arguments_out_of_range_are_told(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model().fit(X, Y, **{"verbose": 0, **options})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: model(loss="mean_squared_eror"), "Did you mean 'mean_squared_error'"),
        (lambda: model(optimizer="addam"), "Did you mean 'Adam'"),
        (lambda: model(metrics=["acuracy"]), "Did you mean 'Accuracy'"),
        (lambda: layers.Dense(2, activation="rellu"), "Did you mean 'relu'"),
        (lambda: layers.Dense(2, activaton="relu"), "Dense has no argument `activaton`. Did you mean 'activation'"),
        (lambda: model().get_layer("aut"), "has no layer 'aut'. Did you mean 'out'"),
    ],
)
def test_unknown_names_are_told_with_what_was_probably_meant(make: Callable, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_before_compile_and_build_the_way_is_told() -> None:
    net = keras.Sequential([layers.Dense(1)])
    for use in (net.fit, net.evaluate, net.train_on_batch, net.test_on_batch):
        with pytest.raises(ValueError, match=r"Call `compile\(optimizer=…, loss=…\)` before"):
            use(X, Y)
    assert net.predict(X, verbose=0).shape == (32, 1)


def test_labels_that_the_loss_would_broadcast_are_told() -> None:
    with pytest.warns(UserWarning, match=r"`y` has shape \(32, 3\) for predictions of shape \(32, 1\): the loss broadcasts"):
        model().fit(X, np.zeros((32, 3)), verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model().fit(X, Y[:, 0], verbose=0)
        classifier().fit(X, CLASS[:, None], verbose=0)


def test_what_is_wrong_in_the_users_own_code_comes_through_and_the_model_stays_usable() -> None:
    net = model()
    with pytest.raises(ZeroDivisionError, match="mine"):
        net.fit(failing(), verbose=0)
    assert not net.training and all(weight.grad is None for weight in net.weights)
    assert len(net.fit(X, Y, epochs=2, verbose=0).history["loss"]) == 2


def test_an_interrupted_training_gives_its_history_and_leaves_the_model_usable() -> None:
    net, seen = model(), []

    def interrupt(batch: int, logs: Any) -> None:
        seen.append(batch)
        if len(seen) == 6:
            raise KeyboardInterrupt

    ended: list = []
    hooks = {"on_train_batch_end": interrupt, "on_train_end": ended.append}
    with pytest.warns(UserWarning, match="interrupted"):
        history = net.fit(X, Y, batch_size=8, epochs=9, verbose=0, callbacks=hooks)
    assert history.epoch == [0] and len(history.history["loss"]) == 1 and net.history is history and len(ended) == 1
    assert net.predict(X, verbose=0).shape == (32, 1) and len(net.fit(X, Y, verbose=0).history["loss"]) == 1


def test_a_loss_that_is_no_number_ends_training_where_it_is_asked_for() -> None:
    net = model()
    history = net.fit(X * np.nan, Y, epochs=5, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert net.stop_training and len(history.history["loss"]) == 1 and np.isnan(history.history["loss"][0])


def test_nothing_to_train_is_told() -> None:
    net = model()
    net.trainable = False
    before = net.get_weights()
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        net.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError, match="is not there"):
        model().save(tmp_path / "no" / "folder" / "m.keras")
    with pytest.raises(ValueError, match="must end in .keras"):
        model().save(tmp_path / "m.xyz")
