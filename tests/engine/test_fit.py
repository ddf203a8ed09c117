"""fit, evaluate, predict: the whole path."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import layers


def data(rows: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, 4)).astype("float32")
    return x, (x[:, :1] - 2 * x[:, 1:2]).astype("float32")


def model(**compiled: object) -> keras.Model:
    net = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(1)])
    net.compile(**{"optimizer": "adam", "loss": "mse", **compiled})  # type: ignore[arg-type]
    return net


def test_training_lowers_the_loss_and_tells_it_epoch_by_epoch() -> None:
    net = model(optimizer=keras.optimizers.Adam(0.05), metrics=["mae"])
    history = net.fit(*data(), epochs=20, batch_size=16, verbose=0)
    losses = history.history["loss"]
    assert len(losses) == 20 and losses[-1] < losses[0] / 10 and list(history.history) == ["loss", "mae"]
    assert history.epoch == list(range(20)) and net.history is history


def test_the_epochs_loss_is_the_mean_over_rows_also_with_a_smaller_last_batch() -> None:
    net = model(optimizer=keras.optimizers.SGD(0.0))
    x, y = data(50)
    loss = net.fit(x, y, batch_size=16, verbose=0).history["loss"][0]
    assert loss == pytest.approx(float(((net.predict(x, verbose=0) - y) ** 2).mean()), rel=1e-5)
    assert net.evaluate(x, y, batch_size=7, verbose=0) == pytest.approx(loss, rel=1e-5)


def test_one_step_is_what_torch_computes_by_hand() -> None:
    net = model(optimizer=keras.optimizers.SGD(0.1))
    twin = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for ours, theirs in zip(net.weights, twin.parameters(), strict=True):
            theirs.copy_(ours.t() if ours.dim() == 2 else ours)
    x, y = data()
    optimizer = torch.optim.SGD(twin.parameters(), 0.1)
    nn.functional.mse_loss(twin(torch.from_numpy(x)), torch.from_numpy(y)).backward()
    optimizer.step()
    net.fit(x, y, batch_size=64, shuffle=False, verbose=0)
    for ours, theirs in zip(net.weights, twin.parameters(), strict=True):
        torch.testing.assert_close(
            ours.t() if ours.dim() == 2 else ours.detach(), theirs, check_layout=False, rtol=1e-5, atol=1e-6
        )


def test_validation_split_takes_the_last_rows_before_shuffling() -> None:
    net = model(optimizer=keras.optimizers.SGD(0.0))
    x, y = data(50)
    history = net.fit(x, y, validation_split=0.2, verbose=0).history
    assert history["val_loss"][0] == pytest.approx(net.evaluate(x[40:], y[40:], verbose=0), rel=1e-5)
    assert history["loss"][0] == pytest.approx(net.evaluate(x[:40], y[:40], verbose=0), rel=1e-5)


@pytest.mark.parametrize(("freq", "measured"), [(1, 4), (2, 2), ([1, 4], 2)])
def test_validation_is_measured_when_it_is_due(freq: object, measured: int) -> None:
    x, y = data()
    history = model().fit(x, y, validation_data=(x, y), validation_freq=freq, epochs=4, verbose=0).history
    assert len(history["val_loss"]) == measured and len(history["loss"]) == 4


def test_sample_and_class_weights_weigh_the_loss() -> None:
    x, _ = data(8)
    y = np.array([0, 1] * 4)
    net = keras.Sequential([keras.Input((4,)), layers.Dense(2, activation="softmax")])
    net.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    only_first = net.fit(x, y, sample_weight=1.0 - y, verbose=0).history["loss"][0]
    assert net.fit(x, y, class_weight={0: 1.0, 1: 0.0}, verbose=0).history["loss"][0] == pytest.approx(only_first, rel=1e-5)
    probabilities = net.predict(x, verbose=0)[:, 0]
    assert only_first == pytest.approx(float(-np.log(probabilities[::2]).sum() / 8), rel=1e-4)


def test_accuracy_means_what_loss_and_shapes_say() -> None:
    x, _ = data(10)
    for units, activation, loss, y, kind in (
        (1, "sigmoid", "binary_crossentropy", np.zeros((10, 1)), "BinaryAccuracy"),
        (3, "softmax", "sparse_categorical_crossentropy", np.zeros(10, int), "SparseCategoricalAccuracy"),
        (3, "softmax", "categorical_crossentropy", np.eye(3)[[0] * 10], "CategoricalAccuracy"),
    ):
        net = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation=activation)])
        net.compile("sgd", loss, metrics=["accuracy"])
        assert "accuracy" in net.fit(x, y, verbose=0).history
        assert type(net.metrics[1].metrics[0]).__name__ == kind and net.metrics_names == ["loss", "compile_metrics"]


def test_several_outputs_have_losses_weights_and_metrics_of_their_own() -> None:
    inputs = keras.Input((4,))
    net = keras.Model(inputs, {"a": layers.Dense(1, name="a")(inputs), "b": layers.Dense(2, name="b")(inputs)})
    net.compile("sgd", {"a": "mse", "b": "mae"}, loss_weights={"a": 2.0, "b": 0.5}, metrics={"a": ["mae"]})
    x, y = data(8)
    logs = net.evaluate(x, {"a": y, "b": np.zeros((8, 2))}, verbose=0, return_dict=True)
    assert list(logs) == ["a_loss", "a_mae", "b_loss", "loss"]
    assert logs["loss"] == pytest.approx(2 * logs["a_loss"] + 0.5 * logs["b_loss"], rel=1e-5)
    out = net.predict(x, verbose=0)
    assert out["b"].shape == (8, 2) and logs["b_loss"] == pytest.approx(float(np.abs(out["b"]).mean()), rel=1e-5)


def test_lists_of_outputs_take_lists() -> None:
    inputs = keras.Input((4,))
    net = keras.Model(inputs, [layers.Dense(1, name="a")(inputs), layers.Dense(1, name="b")(inputs)])
    net.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
    x, y = data(8)
    history = net.fit(x, [y, y], verbose=0).history
    assert set(history) == {"loss", "a_loss", "b_loss", "a_mae", "b_mse"}


@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), lambda y, p: (y - p) ** 2, keras.losses.MeanSquaredError(), "MeanSquaredError", "mse"]
)
def test_losses_of_all_kinds_agree(loss: object) -> None:
    keras.utils.set_random_seed(0)
    net = model(loss=loss, optimizer=keras.optimizers.SGD(0.0))
    x, y = data()
    assert net.evaluate(x, y, verbose=0) == pytest.approx(float(((net.predict(x, verbose=0) - y) ** 2).mean()), rel=1e-5)


@pytest.mark.parametrize(
    "make", [lambda net: torch.optim.SGD(net.parameters(), lr=0.1), lambda net: torch.optim.SGD, lambda net: "sgd"]
)
def test_optimizers_of_all_kinds_train(make: object) -> None:
    net = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    net.compile(make(net), "mse")  # type: ignore[operator]
    losses = net.fit(*data(), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_frozen_layers_stay_and_others_learn() -> None:
    net = model()
    net.layers[0].trainable = False
    before = net.get_weights()
    net.fit(*data(), verbose=0)
    after = net.get_weights()
    assert np.array_equal(before[0], after[0]) and not np.array_equal(before[2], after[2])


def test_regularizers_and_added_losses_are_part_of_the_loss() -> None:
    class Adds(layers.Layer):
        """Adds a loss of its own."""

        def call(self, inputs):
            self.add_loss(3.0)
            return inputs

    x, y = data(8)
    net = keras.Sequential([keras.Input((4,)), layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5)), Adds()])
    net.compile(keras.optimizers.SGD(0.0), "mse")
    error = float(((net.predict(x, verbose=0) - y) ** 2).mean())
    expected = error + 0.5 * float((net.weights[0].detach() ** 2).sum()) + 3.0
    assert net.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert net.fit(x, y, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_train_step_of_ones_own_replaces_the_usual_one() -> None:
    class Custom(keras.Model):
        """Keras's own example of a step, on torch."""

        def train_step(self, data):
            x, y = data
            self.zero_grad()
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            loss.backward()
            weights = self.trainable_weights
            with torch.no_grad():
                self.optimizer.apply([w.value.grad for w in weights], weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    inputs = keras.Input((4,))
    net = Custom(inputs, layers.Dense(1)(inputs))
    net.compile("adam", "mse", metrics=["mae"])
    history = net.fit(*data(), epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] and set(history) == {"loss", "mae"}


def test_streams_train_by_steps_and_know_their_length_afterwards() -> None:
    x, y = data()

    def endless():
        while True:
            yield x[:16], y[:16]

    heard: list[int] = []
    net = model()
    net.fit(endless(), epochs=2, steps_per_epoch=3, verbose=0, callbacks={"onBatchEnd": lambda batch, logs: heard.append(batch)})
    assert heard == [0, 1, 2, 0, 1, 2]
    with pytest.warns(UserWarning, match="ran out"):
        net.fit(((x, y) for _ in range(2)), epochs=5, steps_per_epoch=2, verbose=0)


def test_fit_dataset_is_fit() -> None:
    x, y = data()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), batch_size=16)
    assert len(model().fitDataset(loader, epochs=2, verbose=0).history["loss"]) == 2


def test_steps_per_execution_tells_callbacks_every_few_batches() -> None:
    heard: list[int] = []
    net = model(steps_per_execution=3)
    net.fit(*data(), batch_size=8, verbose=0, callbacks={"on_train_batch_end": lambda batch, logs: heard.append(batch)})
    assert heard == [2, 5, 7]


def test_logs_of_a_batch_that_a_callback_keeps_are_those_of_that_batch() -> None:
    kept: list = []
    net = model(optimizer=keras.optimizers.SGD(0.0))
    net.fit(
        *data(), batch_size=16, shuffle=False, verbose=0, callbacks={"on_train_batch_end": lambda batch, logs: kept.append(logs)}
    )
    x, y = data()
    first = net.evaluate(x[:16], y[:16], verbose=0)
    assert kept[0]["loss"] == pytest.approx(first, rel=1e-5) and kept[0]["loss"] != kept[-1]["loss"]


def test_a_run_can_be_stopped_and_interrupted_and_leaves_a_usable_model() -> None:
    net = model()

    def stop(batch, logs):
        net.stop_training = True

    assert len(net.fit(*data(), epochs=5, verbose=0, callbacks={"on_train_batch_end": stop}).history["loss"]) == 1

    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = net.fit(*data(), epochs=5, verbose=0, callbacks={"on_epoch_begin": interrupt})
    assert len(history.history["loss"]) == 2 and not net.training
    assert net.predict(data()[0], verbose=0).shape == (64, 1)

    def fail(epoch, logs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        net.fit(*data(), verbose=0, callbacks={"on_epoch_end": fail})
    assert not net.training and all(w.grad is None for w in net.weights)
    assert len(net.fit(*data(), verbose=0).history["loss"]) == 1


def test_one_batch_at_a_time() -> None:
    net = model(metrics=["mae"])
    x, y = data(8)
    first = net.train_on_batch(x, y)
    assert len(first) == 2 and net.test_on_batch(x, y, return_dict=True).keys() == {"loss", "mae"}
    assert np.allclose(net.predict_on_batch(x), net.predict(x, verbose=0))


def test_predict_gives_all_rows_whatever_the_batch() -> None:
    net = model()
    x, _ = data(50)
    whole = net(torch.from_numpy(x)).detach().numpy()
    for batch in (1, 7, 50, 64):
        assert np.allclose(net.predict(x, batch_size=batch, verbose=0), whole, atol=1e-6)
    assert net.predict(x[:1], verbose=0).shape == (1, 1)


def test_jit_compile_gives_the_same_numbers() -> None:
    x, y = data(16)
    eager, jit = model(jit_compile=False), model(jit_compile=True)
    jit.set_weights(eager.get_weights())
    assert jit.evaluate(x, y, verbose=0) == pytest.approx(eager.evaluate(x, y, verbose=0), rel=1e-5)


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        (dict(loss="mean_squred_error"), "Did you mean"),
        (dict(optimizer="adamm"), "Did you mean"),
        (dict(metrics=["acuracy"]), "acuracy"),
        (dict(jit_compile="yes"), "`jit_compile` must be"),
        (dict(steps_per_execution=0), "`steps_per_execution` must be a positive integer"),
    ],
)
def test_compile_checks_at_once(compiled: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model(**compiled)


def test_eager_and_compiled_at_once_is_eager() -> None:
    with pytest.warns(UserWarning, match="cannot both"):
        net = model(run_eagerly=True, jit_compile=True)
    assert net.run_eagerly and net.jit_compile is False
    assert model(jit_compile="auto").jit_compile == "auto"


def test_what_cannot_be_trained_says_why() -> None:
    x, y = data()
    net = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    for call in (lambda: net.fit(x, y), lambda: net.evaluate(x, y), lambda: net.train_on_batch(x, y)):
        with pytest.raises(ValueError, match="Call `compile"):
            call()
    net.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no labels"):
        net.fit(x, verbose=0)
    with pytest.raises(ValueError, match="empty"):
        net.fit(x[:0], y[:0], verbose=0)
    with pytest.raises(ValueError, match="validation_split"):
        net.fit(x, y, validation_split=1.5, verbose=0)
    with pytest.raises(TypeError, match="Make an object"):
        net.fit(x, y, callbacks=[keras.callbacks.EarlyStopping], verbose=0)
    several = keras.Model(net.input, {"a": net.output, "b": net.output * 2})
    several.compile("sgd", {"a": "mse", "c": "mse"})
    with pytest.raises(ValueError, match="names 'c', which is no output"):
        several.fit(x, {"a": y, "b": y}, verbose=0)


def test_compile_configs_compile_again() -> None:
    net = model(optimizer=keras.optimizers.SGD(0.3, momentum=0.5), metrics=["mae"])
    twin = keras.Sequential.from_config(net.get_config())
    twin.compile_from_config(net.get_compile_config())
    twin.set_weights(net.get_weights())
    x, y = data()
    assert twin.evaluate(x, y, verbose=0) == net.evaluate(x, y, verbose=0) and twin.optimizer.momentum == 0.5


def test_training_state_is_no_part_of_the_model() -> None:
    net = model()
    net.fit(*data(), verbose=0)
    assert all(name.startswith("dense") for name in net.state_dict()) and len(net.state_dict()) == 4


def test_a_model_may_have_attributes_and_methods_of_common_private_names() -> None:
    class Mine(keras.Model):
        """Uses names that the library might have wanted for itself."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)
            self._device, self._losses, self._compute = "mine", ["mine"], 3

        def _step(self) -> None:
            raise AssertionError

        _results = _measure = _numbers = _compute_loss = _forward = _called = _converted = _step

        def call(self, inputs):
            return self.dense(inputs)

    net = Mine()
    net.compile("sgd", "mse", metrics=["mae"])
    x, y = data()
    assert len(net.fit(x, y, validation_split=0.2, epochs=2, verbose=0).history["val_mae"]) == 2
    assert net.predict(x, verbose=0).shape == (64, 1) and net._losses == ["mine"]


def test_what_no_file_can_keep_of_compile_is_left_out_with_a_warning(tmp_path) -> None:
    net = model(loss=lambda y, p: (y - p) ** 2)
    x, y = data()
    net.fit(x, y, verbose=0)
    with pytest.warns(UserWarning, match="compiled anew"):
        net.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert not again.compiled and np.allclose(again.predict(x, verbose=0), net.predict(x, verbose=0))


def test_a_model_with_a_step_and_no_call_trains() -> None:
    class Parts(keras.Model):
        """Its step calls its parts itself."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)
            self.loss_tracker = keras.metrics.Mean(name="loss")

        def train_step(self, data):
            x, y = data[:2]
            loss = ((self.dense(x) - y) ** 2).mean()
            self.zero_grad()
            loss.backward()
            self.optimizer.apply([w.grad for w in self.trainable_weights], self.trainable_weights)
            self.loss_tracker.update_state(loss.detach())
            return {"loss": self.loss_tracker.result()}

    net = Parts()
    net.compile(optimizer="sgd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        losses = net.fit(*data(), epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_a_word_that_an_embedding_does_not_have_is_told_with_the_layer() -> None:
    with pytest.raises(IndexError, match="in Embedding 'words'"):
        layers.Embedding(3, 2, name="words")(torch.tensor([[1, 7]]))
