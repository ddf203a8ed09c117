"""Training held against Keras: same weights, same data, no shuffling; the same logs, under the same names, in the same order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kerasish

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((50, 4)).astype("float32")
REAL = RNG.standard_normal((50, 1)).astype("float32")
CLASS = RNG.integers(0, 3, 50)
ONE_HOT = np.eye(3, dtype="float32")[CLASS]
YES_NO = RNG.integers(0, 2, (50, 1)).astype("float32")
WEIGHT = RNG.random(50).astype("float32")
SPARSE = "sparse_categorical_crossentropy"


def with_weights(model: Any) -> Any:
    rng = np.random.default_rng(5)
    model.set_weights([rng.standard_normal(w.shape).astype("float32") * 0.5 for w in model.get_weights()])
    return model


def single(library: Any, units: int = 1, activation: str | None = None, **compiled: Any) -> Any:
    layers = library.layers
    stack = [library.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(units, activation=activation, name="o")]
    model = with_weights(library.Sequential(stack))
    model.compile(**{"optimizer": library.optimizers.SGD(0.1), "loss": "mse", **made(compiled, library)})
    return model


def made(arguments: dict[str, Any], library: Any) -> dict[str, Any]:
    """Arguments of which some are written as functions of the library."""
    return {name: value(library) if callable(value) else value for name, value in arguments.items()}


def everything(model: Any, x: Any, y: Any, fit: dict[str, Any]) -> dict[str, Any]:
    """All that training and measuring give, as nests of numbers."""
    given = {
        "history": model.fit(x, y, **{"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0, **fit}).history,
        "evaluate": model.evaluate(x, y, batch_size=16, verbose=0),
        "by name": model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True),
        "train_on_batch": model.train_on_batch(x, y),
        "test_on_batch": model.test_on_batch(x, y, return_dict=True),
        "predict": model.predict(x, batch_size=16, verbose=0),
        "predict_on_batch": model.predict_on_batch(x),
    }
    return {**given, "names": model.metrics_names}


def hold(ours: Any, theirs: Any, agree: Callable[..., None]) -> None:
    for what, value in theirs.items():
        if what == "names":
            assert ours[what] == value
        elif what.startswith("predict") and isinstance(value, dict):
            agree({name: ours[what][name] for name in value}, value)
        else:
            agree(ours[what], value)


SINGLE: dict[str, tuple[dict, Any, dict]] = {
    "a loss alone": ({}, REAL, {}),
    "metrics of all kinds": (
        {"metrics": lambda k: ["mae", k.metrics.MeanSquaredError(name="q"), k.losses.mean_absolute_error]}, REAL, {}),
    "validation data": ({"metrics": ["mae"]}, REAL, {"validation_data": (X[:20], REAL[:20])}),
    "validation split": ({"metrics": ["mae"]}, REAL, {"validation_split": 0.3}),
    "validation every second epoch": ({}, REAL, {"validation_data": (X, REAL), "validation_freq": 2, "epochs": 4}),
    "validation steps": (
        {}, REAL, {"validation_data": (X, REAL), "validation_steps": 1, "validation_batch_size": 8, "epochs": 3}),
    "sample weights": ({"metrics": ["mae"], "weighted_metrics": ["mse"]}, REAL, {"sample_weight": WEIGHT}),
    "accuracy of class numbers": ({"units": 3, "activation": "softmax", "loss": SPARSE, "metrics": ["accuracy"]}, CLASS, {}),
    "accuracy of one-hot labels": (
        {"units": 3, "activation": "softmax", "loss": "categorical_crossentropy", "metrics": ["acc"]}, ONE_HOT, {}),
    "accuracy of two classes": (
        {"activation": "sigmoid", "loss": "binary_crossentropy", "metrics": lambda k: ["accuracy", k.metrics.AUC(name="auc")]},
        YES_NO, {}),
    "the fitting crossentropy": ({"units": 3, "activation": "softmax", "loss": "crossentropy"}, CLASS, {}),
    "class weights": (
        {"units": 3, "activation": "softmax", "loss": SPARSE, "metrics": ["accuracy"]}, CLASS,
        {"class_weight": {0: 1.0, 1: 0.2, 2: 5.0}}),
    "class weights of one-hot labels": (
        {"units": 3, "activation": "softmax", "loss": "categorical_crossentropy"}, ONE_HOT, {"class_weight": {0: 1.0, 2: 3.0}}),
    "a weight of the only loss": ({"loss_weights": 0.5}, REAL, {}),
    "a list of one loss": ({"loss": ["mse"], "loss_weights": [0.5]}, REAL, {}),
    "metrics by the output's name": ({"metrics": {"o": "mae"}}, REAL, {}),
    "steps of an epoch": ({}, REAL, {"steps_per_epoch": 2, "epochs": 3}),
    "steps that do not divide the data": ({}, REAL, {"steps_per_epoch": 3, "epochs": 4}),
    "more steps than there is data": ({}, REAL, {"steps_per_epoch": 9, "epochs": 3}),
    "a later first epoch": ({}, REAL, {"initial_epoch": 3, "epochs": 5}),
}  # fmt: skip


@pytest.mark.parametrize("case", SINGLE)
def test_one_output(case: str, agree: Callable[..., None]) -> None:
    compiled, y, fit = SINGLE[case]
    ours, theirs = (everything(single(library, **compiled), X, y, fit) for library in (kerasish, keras))
    hold(ours, theirs, agree)


def several(library: Any, form: str, **compiled: Any) -> Any:
    layers = library.layers
    x = library.Input((4,), name="x")
    h = layers.Dense(5, activation="tanh")(x)
    a, b = layers.Dense(1, name="a")(h), layers.Dense(3, activation="softmax", name="b")(h)
    outputs = {"list": [a, b], "tuple": (a, b), "dict": {"a": a, "b": b}, "reversed": {"b": b, "a": a}, "other": {"p": a, "q": b}}
    model = with_weights(library.Model(x, outputs[form]))
    model.compile(library.optimizers.SGD(0.1), **made(compiled, library))
    return model


def named(form: str, a: Any, b: Any) -> Any:
    """Labels, losses or weights in the form of the outputs."""
    return {"list": [a, b], "tuple": (a, b), "other": {"p": a, "q": b}}.get(form, {"a": a, "b": b})


FORMS = ["list", "tuple", "dict", "reversed", "other"]
# What is written in the form of the outputs is a function of the form.
SEVERAL: dict[str, tuple[dict, dict]] = {
    "a list of losses": ({"loss": ["mse", SPARSE]}, {}),
    "losses by name": ({"loss": lambda f: dict(zip(("p", "q") if f == "other" else ("a", "b"), ("mse", SPARSE)))}, {}),
    "losses with weights": ({"loss": ["mse", SPARSE], "loss_weights": [2.0, 0.5]}, {}),
    "losses with weights by name": (
        {"loss": lambda f: by_name(f, "mse", SPARSE), "loss_weights": lambda f: by_name(f, 2.0, 0.5)},
        {},
    ),
    "a loss of the first alone": ({"loss": ["mse", None]}, {}),
    "lists of metrics": ({"loss": ["mse", SPARSE], "metrics": [["mae", "mse"], ["accuracy"]]}, {}),
    "a metric of each": ({"loss": ["mse", SPARSE], "metrics": ["mae", "accuracy"]}, {}),
    "metrics by name": (
        {
            "loss": ["mse", SPARSE],
            "metrics": lambda f: by_name(f, ["mae"], "accuracy"),
            "weighted_metrics": lambda f: by_name(f, None, "acc"),
        },
        {}),
    "metrics of the second alone": ({"loss": ["mse", SPARSE], "metrics": lambda f: by_name(f, None, ["accuracy"])}, {}),
    "one weight for all": ({"loss": ["mse", SPARSE], "weighted_metrics": [["mae"], ["accuracy"]]}, {"sample_weight": WEIGHT}),
    "validation": ({"loss": ["mse", SPARSE], "metrics": [["mae"], ["accuracy"]]}, {"validation_split": 0.3}),
}  # fmt: skip


def by_name(form: str, a: Any, b: Any) -> dict[str, Any]:
    names = ("p", "q") if form == "other" else ("a", "b")
    return {name: value for name, value in zip(names, (a, b)) if value is not None}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", SEVERAL)
def test_several_outputs(case: str, form: str, agree: Callable[..., None]) -> None:
    compiled, fit = SEVERAL[case]
    compiled = {name: value(form) if callable(value) else value for name, value in compiled.items()}
    y = named(form, REAL, CLASS)
    ours, theirs = (everything(several(library, form, **compiled), X, y, fit) for library in (kerasish, keras))
    hold(ours, theirs, agree)


@pytest.mark.parametrize("form", ["list", "dict", "other"])
def test_sample_weights_of_each_output(form: str, agree: Callable[..., None]) -> None:
    weights = named(form, WEIGHT, WEIGHT**2)
    compiled = {"loss": ["mse", SPARSE], "weighted_metrics": [["mae"], ["accuracy"]]}
    results = [
        everything(several(library, form, **compiled), X, named(form, REAL, CLASS), {"sample_weight": weights})
        for library in (kerasish, keras)
    ]
    hold(*results, agree)


@pytest.mark.parametrize("labels", [[REAL, CLASS], (REAL, CLASS), {"a": REAL, "b": CLASS}], ids=["list", "tuple", "dict"])
@pytest.mark.parametrize("form", ["list", "dict"])
def test_labels_may_be_in_another_form_than_the_outputs(form: str, labels: Any, agree: Callable[..., None]) -> None:
    compiled = {"loss": ["mse", SPARSE], "metrics": [["mae"], ["accuracy"]]}
    hold(*(everything(several(library, form, **compiled), X, labels, {}) for library in (kerasish, keras)), agree)


def two_inputs(library: Any, form: str) -> Any:
    a, b = library.Input((4,), name="left"), library.Input((2,), name="right")
    outputs = library.layers.Dense(1)(library.layers.Concatenate()([a, b]))
    model = with_weights(library.Model({"list": [a, b], "dict": {"left": a, "right": b}}[form], outputs))
    model.compile(library.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


DATA = {"list": [X, X[:, :2] * 2], "tuple": (X, X[:, :2] * 2), "dict": {"left": X, "right": X[:, :2] * 2}}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("form", ["list", "dict"])
def test_several_inputs(form: str, data: str, agree: Callable[..., None]) -> None:
    results = [
        everything(two_inputs(library, form), DATA[data], REAL, {"validation_split": 0.2}) for library in (kerasish, keras)
    ]
    hold(*results, agree)


def test_a_metric_that_is_weighed_too_is_listed_once_where_keras_lists_it_twice() -> None:
    compiled = {"metrics": ["mae"], "weighted_metrics": ["mae"]}
    ours, theirs = (everything(single(library, **compiled), X, REAL, {"sample_weight": WEIGHT}) for library in (kerasish, keras))
    assert list(ours["by name"]) == list(theirs["by name"]) == ["loss", "mae", "weighted_mae"]
    assert len(ours["evaluate"]) == 3 and theirs["evaluate"][1] == theirs["evaluate"][2]
    np.testing.assert_allclose(ours["evaluate"], np.delete(theirs["evaluate"], 1), rtol=1e-5)


def mlp(library: Any) -> tuple:
    dense = library.layers.Dense
    stack = [library.Input((8,)), dense(16, activation="relu"), dense(16, activation="gelu"), dense(3, activation="softmax")]
    return library.Sequential(stack), SPARSE, RNG_20.standard_normal((32, 8)), RNG_20.integers(0, 3, 32)


def convnet(library: Any) -> tuple:
    layers = library.layers
    first = [
        library.Input((12, 12, 2)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
    ]
    second = [layers.Conv2D(6, 3, padding="same", strides=2), layers.BatchNormalization(), layers.ReLU()]
    model = library.Sequential([*first, *second, layers.GlobalAveragePooling2D(), layers.Dense(3)])
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    return model, loss, RNG_20.standard_normal((16, 12, 12, 2)), RNG_20.integers(0, 3, 16)


def words(library: Any) -> tuple:
    layers = library.layers
    first = [library.Input((10,), dtype="int32"), layers.Embedding(20, 6, mask_zero=True)]
    stack = [*first, layers.LSTM(5, return_sequences=True), layers.LSTM(4), layers.Dense(1, activation="sigmoid")]
    x = RNG_20.integers(1, 20, (16, 10))
    x[3:9, 6:] = 0
    return library.Sequential(stack), "binary_crossentropy", x, RNG_20.integers(0, 2, (16, 1))


def attention(library: Any) -> tuple:
    layers = library.layers
    inputs = library.Input((7, 8))
    h = layers.LayerNormalization()(inputs)
    h = layers.Add()([inputs, layers.MultiHeadAttention(2, 4)(h, h)])
    h = h + layers.Dense(8)(layers.Dense(16, activation="gelu")(layers.LayerNormalization()(h)))
    model = library.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(h)))
    return model, "mse", RNG_20.standard_normal((16, 7, 8)), RNG_20.standard_normal((16, 2))


RNG_20 = np.random.default_rng(1)


@pytest.mark.parametrize("build", [mlp, convnet, words, attention])
def test_twenty_steps_of_adam(build: Callable) -> None:
    global RNG_20
    found = []
    for library in (kerasish, keras):
        RNG_20, weights = np.random.default_rng(1), np.random.default_rng(5)
        model, loss, x, y = build(library)
        x = x.astype("float32") if x.dtype.kind == "f" else x
        # Statistics keep what they start as, and so do the vectors beside them.
        model.set_weights([weights.standard_normal(w.shape) * 0.3 if w.ndim > 1 else w for w in model.get_weights()])
        model.compile(library.optimizers.Adam(0.01), loss)
        losses = [float(model.train_on_batch(x, y)) for _ in range(20)]
        found.append((losses, float(model.evaluate(x, y, verbose=0))))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    # A bias before a BatchNormalization has no gradient but rounding, of which Adam makes whole steps: nothing that
    # training sees, but the moving mean that is used afterwards remembers them.
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-4 if build is convnet else 1e-5)


def recorder(library: Any) -> tuple[Any, list]:
    heard: list[tuple] = []

    class Recorder(library.callbacks.Callback):
        """Notes each hook that is called, with the number and the names of the logs."""

    for hook in "train_begin train_end test_begin test_end predict_begin predict_end".split():
        setattr(Recorder, f"on_{hook}", lambda self, logs=None, hook=hook: heard.append((hook, sorted(logs or {}))))
    for hook in "epoch train_batch test_batch predict_batch".split():
        for end in ("begin", "end"):
            name = f"on_{hook}_{end}"
            setattr(Recorder, name, lambda self, i, logs=None, name=name: heard.append((name, i, sorted(logs or {}))))
    return Recorder(), heard


def test_callbacks_hear_the_same_in_the_same_order() -> None:
    found = []
    for library in (kerasish, keras):
        model, (callback, heard) = single(library, metrics=["mae"]), recorder(library)
        model.fit(X, REAL, epochs=2, batch_size=16, validation_split=0.3, verbose=0, callbacks=[callback])
        model.evaluate(X, REAL, verbose=0, callbacks=[callback])
        model.predict(X, batch_size=16, verbose=0, callbacks=[callback])
        found.append(heard)
    assert len(found[0]) == 42 and found[0] == found[1]


@pytest.mark.parametrize("flag", ["stop_training", "stop_evaluating", "stop_predicting"])
def test_a_run_ends_where_a_callback_says(flag: str) -> None:
    found = []
    for library in (kerasish, keras):
        model, (callback, heard) = single(library), recorder(library)
        kind = {"stop_training": "train", "stop_evaluating": "test", "stop_predicting": "predict"}[flag]

        def stop(batch: int, logs: Any = None, model: Any = model) -> None:
            setattr(model, flag, True)

        stopper = library.callbacks.LambdaCallback(**{f"on_{kind}_batch_end": stop})
        model.fit(X, REAL, epochs=3, batch_size=16, validation_split=0.5, verbose=0, callbacks=[callback, stopper])
        model.evaluate(X, REAL, batch_size=16, verbose=0, callbacks=[callback, stopper])
        model.predict(X, batch_size=16, verbose=0, callbacks=[callback, stopper])
        found.append(heard)
    assert found[0] == found[1]


def test_steps_per_execution_changes_what_callbacks_hear_and_nothing_else() -> None:
    # Keras's torch backend has none: our own single steps are what they are held against.
    one, four = (single(kerasish, steps_per_execution=steps) for steps in (1, 4))
    given = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}
    assert one.fit(X, REAL, **given).history == four.fit(X, REAL, **given).history
