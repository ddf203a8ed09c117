"""Steps: what a user's own ones are given and may use, and what a run leaves behind."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 4)).astype("float32")
Y = (X[:, :1] - 2 * X[:, 1:2]).astype("float32")


class Noting(keras.Model):
    """Notes what its steps are given."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.seen = layers.Dense(1), []

    def call(self, inputs):
        return self.dense(inputs[0] if isinstance(inputs, (list, tuple)) else inputs)

    def train_step(self, data):
        self.__dict__["seen"] = [*self.seen, data]
        return {"loss": 0.0}

    test_step = predict_step = train_step


def shapes(data: Any) -> Any:
    return keras.tree.map_structure(lambda leaf: tuple(leaf.shape), data)


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ((X, Y), ((32, 4), (32, 1))),
        ((X, Y, Y[:, 0]), ((32, 4), (32, 1), (32,))),
        ((X,), (32, 4)),
        (([X, X],), ([(32, 4), (32, 4)],)),
        ((((X[:8], Y[:8]) for _ in range(2)),), ((8, 4), (8, 1))),
        (((X[:8] for _ in range(2)),), (8, 4)),
        ((((X[:8],) for _ in range(2)),), ((8, 4),)),
    ],
)
def test_a_step_of_ones_own_is_given_the_batch_as_the_data_has_it(data: tuple, given: Any) -> None:
    model = Noting()
    model.compile("sgd")
    model.fit(*data[:2], sample_weight=data[2] if len(data) > 2 else None, verbose=0)
    assert shapes(model.seen[0]) == given


def model(*, jit_compile: bool = False) -> keras.Model:
    stack = [
        keras.Input((4,)),
        layers.Dense(8, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(1),
    ]
    net = keras.Sequential(stack)
    net.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"], jit_compile=jit_compile)
    return net


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["copy", "pickle"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_copy_of_a_trained_model_goes_on_as_the_model_would_and_by_itself(again: Callable, jit_compile: bool) -> None:
    net = model(jit_compile=jit_compile)
    net.fit(X, Y, epochs=2, verbose=0)
    twin, before = again(net), net.get_weights()
    histories = []
    for one in (twin, net):
        torch.manual_seed(0)
        histories.append(one.fit(X, Y, epochs=2, shuffle=False, verbose=0).history)
        if one is twin:
            assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-5)


def test_a_compiled_forward_pass_trains_as_the_plain_one() -> None:
    plain, compiled = (
        keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(1)]) for _ in range(2)
    )
    compiled.set_weights(plain.get_weights())
    histories = []
    for net, jit in ((plain, False), (compiled, True)):
        net.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=jit)
        histories.append(net.fit(X, Y, epochs=3, shuffle=False, validation_split=0.2, verbose=0).history)
    for name, values in histories[0].items():
        assert histories[1][name] == pytest.approx(values, rel=1e-4)


def test_in_callbacks_the_model_is_out_of_training_and_what_they_run_changes_nothing() -> None:
    histories = []
    for curious in (False, True):
        torch.manual_seed(0)
        net, modes = model(), []

        def look(*_: Any, net: keras.Model = net, modes: list = modes) -> None:
            modes.append(net.training)
            net.predict(X[:4], verbose=0)
            assert torch.equal(net(X[:4]), net(X[:4]))

        hooks = {"on_train_batch_end": look, "on_epoch_end": look} if curious else {}
        histories.append(net.fit(X, Y, epochs=2, batch_size=16, shuffle=False, verbose=0, callbacks=hooks).history)
        assert not any(modes) and len(modes) == (10 if curious else 0)
    assert histories[0] == histories[1]


def test_freezing_between_steps_is_heeded() -> None:
    net = model()
    net.train_on_batch(X, Y)
    net.layers[0].trainable = False
    before = [layer.get_weights() for layer in (net.layers[0], net.layers[3])]
    net.train_on_batch(X, Y)
    assert np.array_equal(before[0][0], net.layers[0].get_weights()[0])
    assert not np.array_equal(before[1][0], net.layers[3].get_weights()[0])


def test_building_runs_nothing_of_the_users() -> None:
    class Counts(keras.Model):
        """Counts its calls."""

        def __init__(self) -> None:
            super().__init__()
            self.calls = self.add_weight((), "zeros", trainable=False, name="calls")
            self.dense = layers.Dense(1)

        def call(self, inputs):
            self.calls.assign_add(1.0)
            return self.dense(inputs)

    net = Counts()
    net.compile("sgd", "mse")
    net.fit(X, Y, batch_size=16, verbose=0)
    assert int(net.calls) == 4


def test_an_outer_model_does_not_count_the_metrics_of_one_inside() -> None:
    inner = model()
    x = keras.Input((4,))
    outer = keras.Model(x, layers.Dense(1)(inner(x)))
    outer.compile("sgd", "mse", metrics=["mse"])
    assert outer.metrics_names == ["loss", "compile_metrics"] and len(inner.metrics) == 2
    assert set(outer.fit(X, Y, verbose=0).history) == {"loss", "mse"}


def test_metrics_and_losses_keep_their_own_names_and_may_serve_two_models() -> None:
    shared = keras.metrics.MeanAbsoluteError(name="mine")
    x = keras.Input((4,))
    for _ in range(2):
        net = keras.Model(x, [layers.Dense(1, name="p")(x), layers.Dense(1, name="q")(x)])
        net.compile("sgd", "mse", metrics=[[shared], ["mae"]])
        logs = net.evaluate(X, [Y, Y], verbose=0, return_dict=True)
        assert list(logs) == ["loss", "p_loss", "p_mine", "q_loss", "q_mae"] and shared.name == "mine"
        net.get_layer("p").name, net.get_layer("q").name = "p_old", "q_old"


def test_losses_may_be_of_parts_of_the_outputs_and_several_of_one() -> None:
    x = keras.Input((4,))
    a, b = layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)
    net = keras.Model(x, {"both": [a, b], "one": a * 2.0})

    def apart(y_true: list, y_pred: list) -> torch.Tensor:
        return (y_pred[0] - y_pred[1] - y_true[0]).abs()

    net.compile(
        "sgd",
        {"both": (apart, ["mse", None]), "one": ["mae", "mse"]},
        loss_weights={"both": (1.0, [2.0, None]), "one": [1.0, 0.5]},
    )
    logs = net.evaluate(X, {"both": [Y, Y], "one": Y}, verbose=0, return_dict=True)
    p, q = (net.get_layer(name)(torch.from_numpy(X)).detach().numpy() for name in "ab")
    one = [np.abs(2 * p - Y).mean(), np.square(2 * p - Y).mean()]
    assert logs["both_loss"] == pytest.approx(np.abs(p - q - Y).mean(), rel=1e-5)
    assert logs["both/a_loss"] == pytest.approx(np.square(p - Y).mean(), rel=1e-5) and logs["one_loss"] == pytest.approx(
        sum(one), rel=1e-5
    )
    assert logs["loss"] == pytest.approx(logs["both_loss"] + 2 * logs["both/a_loss"] + one[0] + 0.5 * one[1], rel=1e-5)


@pytest.mark.parametrize(("policy", "computes"), [("mixed_bfloat16", torch.bfloat16), ("mixed_float16", torch.float16)])
def test_mixed_precision_trains(policy: str, computes: torch.dtype) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        net = keras.Sequential([keras.Input((4,)), layers.Dense(32, activation="relu"), layers.Dense(1, dtype="float32")])
        net.compile(keras.optimizers.Adam(0.02), "mse")
        losses = net.fit(X, Y, epochs=15, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert losses[-1] < losses[0] / 4 and net.weights[0].dtype is torch.float32
    assert net.layers[0](torch.from_numpy(X)).dtype is computes and net.predict(X, verbose=0).dtype == np.float32
    assert isinstance(net.optimizer, keras.optimizers.LossScaleOptimizer) is (policy == "mixed_float16")


def test_doubles_train_as_doubles() -> None:
    keras.config.set_floatx("float64")
    try:
        net = model()
        net.fit(X.astype("float64"), Y.astype("float64"), verbose=0)
        assert net.weights[0].dtype is torch.float64 and net.predict(X, verbose=0).dtype == np.float64
    finally:
        keras.config.set_floatx("float32")


def test_an_optimizer_may_be_set_and_a_compile_of_ones_own_may_call_the_loss_what_it_likes() -> None:
    class Own(keras.Model):
        """Takes other arguments."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)

        def compile(self, optimizer, loss_fn):
            super().compile()
            self.optimizer, self.loss = optimizer, loss_fn

        def call(self, inputs):
            return self.dense(inputs)

        def compute_loss(self, y, y_pred, **_):
            return self.loss(y, y_pred)

    net = Own()
    net.compile(keras.optimizers.Adam(0.1), keras.losses.MeanSquaredError())
    losses = net.fit(X, Y, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2 and isinstance(net.optimizer, keras.optimizers.Adam)
    with pytest.warns(UserWarning, match="The model is not compiled: Own has a `compile` of its own"):
        net.compile_from_config({"optimizer": "sgd"})
