"""Files against Keras's: each library reads what the other wrote, predicts the same, and trains on the same."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Model, Sequential, load_model

OURS = SimpleNamespace(layers=layers, Input=Input, Model=Model, Sequential=Sequential, load_model=load_model)
THEIRS = SimpleNamespace(
    layers=keras.layers, Input=keras.Input, Model=keras.Model, Sequential=keras.Sequential, load_model=keras.saving.load_model
)


def mlp(K):
    L = K.layers
    return K.Sequential([K.Input((4,)), L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(2)])


def branches(K):
    L = K.layers
    a, b, shared = K.Input((4,), name="a"), K.Input((3,), name="b"), L.Dense(5)
    x, y = L.Dense(5)(a), L.Dense(5)(b)
    z = L.Add()([x, y])
    joined = L.Concatenate()([shared(x), shared(z), L.Dense(2)(y)])
    return K.Model([a, b], [L.Dense(2, name="first")(joined), L.Dense(1, name="second")(z)])


def convolutional(K):
    L = K.layers
    symbol = K.Input((8, 8, 3))
    skip = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(symbol))
    x = L.Conv2D(4, 3, padding="same", use_bias=False)(L.ReLU()(skip))
    return K.Model(symbol, L.Dense(2, activation="softmax")(L.Flatten()(L.MaxPooling2D()(L.Add()([x, skip])))))


def recurrent(K):
    L = K.layers
    return K.Sequential(
        [
            K.Input((6,), dtype="int32"),
            L.Embedding(11, 5, mask_zero=True),
            L.Bidirectional(L.LSTM(4, return_sequences=True)),
            L.GRU(3),
            L.Dense(1, activation="sigmoid"),
        ]
    )


def attention(K):
    L = K.layers
    symbol = K.Input((5, 6))
    x = L.LayerNormalization()(L.MultiHeadAttention(2, 3)(symbol, symbol) + symbol)
    return K.Model(symbol, L.GlobalAveragePooling1D()(x[:, 1:] * 2.0))


def nested(K):
    L = K.layers
    symbol, inside = K.Input((4,)), K.Input((4,))
    inner = K.Sequential([K.Input((4,)), L.Dense(3, activation="tanh"), L.Dense(4)])
    other = K.Model(inside, L.Dense(2)(L.Dense(3)(inside)))
    return K.Model(symbol, other(inner(inner(symbol))))


def wrapped(K):
    L = K.layers
    symbol = K.Input((5, 4))
    cells = [L.GRUCell(3), L.LSTMCell(2)]
    return K.Model(symbol, L.RNN(cells)(L.TimeDistributed(L.Dense(3))(symbol)))


MODELS = [mlp, branches, convolutional, recurrent, attention, nested, wrapped]
every_model = pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
both_ways = pytest.mark.parametrize(("writer", "reader"), [(OURS, THEIRS), (THEIRS, OURS)], ids=["to_keras", "from_keras"])


def trained(K, make, optimizer="adam"):
    """A model after two epochs, with its data."""
    model, rng = make(K), np.random.default_rng(1)

    def like(symbol):
        shape = (8, *symbol.shape[1:])
        return rng.integers(0, 10, shape).astype("int32") if "int" in str(symbol.dtype) else rng.random(shape).astype("float32")

    x, y = [like(s) for s in model.inputs], [rng.random((8, *s.shape[1:])).astype("float32") for s in model.outputs]
    x, y = (x if len(x) > 1 else x[0]), (y if len(y) > 1 else y[0])
    model.compile(optimizer, ["mse"] * len(y) if isinstance(y, list) else "mse")
    model.fit(x, y, epochs=2, batch_size=4, verbose=0)
    return model, x, y


def predicted(model, x):
    outputs = model.predict(x, verbose=0)
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]


@every_model
@both_ways
def test_a_model_predicts_and_trains_the_same_in_the_other_library(make, writer, reader, tmp_path):
    model, x, y = trained(writer, make)
    model.save(tmp_path / "m.keras")
    loaded = reader.load_model(tmp_path / "m.keras")
    for ours, theirs in zip(predicted(model, x), predicted(loaded, x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    losses = [[m.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(3)] for m in (model, loaded)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert int(loaded.optimizer.iterations) == 7


@every_model
@both_ways
def test_weights_load_into_a_model_made_by_the_other_library(make, writer, reader, tmp_path):
    model, x, _ = trained(writer, make)
    other = make(reader)
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    for ours, theirs in zip(predicted(model, x), predicted(other, x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@both_ways
@pytest.mark.parametrize(
    "optimizer", ["sgd", "rmsprop", "adamw", "adagrad", "adadelta", "adamax", "nadam", "ftrl", "lion", "adafactor"]
)
def test_an_optimizers_state_goes_on_in_the_other_library(optimizer, writer, reader, tmp_path):
    def line(K):
        return K.Sequential([K.Input((4,)), K.layers.Dense(3), K.layers.Dense(2)])

    model, x, y = trained(writer, line, optimizer)
    model.save(tmp_path / "m.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # "Skipping variable loading for optimizer"
        loaded = reader.load_model(tmp_path / "m.keras")
    losses = [[m.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(3)] for m in (model, loaded)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_a_momentum_and_a_schedule_go_on(tmp_path):
    def line(K):
        return K.Sequential([K.Input((4,)), K.layers.Dense(2)])

    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    model, x, y = trained(THEIRS, line, keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True))
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    losses = [[m.train_on_batch(x, y, return_dict=True)["loss"] for _ in range(3)] for m in (model, loaded)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


@both_ways
def test_a_list_of_layers_in_a_subclass_has_the_same_paths(writer, reader, tmp_path):
    def make(K):
        class Mine(K.Model):
            def __init__(self):
                super().__init__()
                self.blocks = [K.layers.Dense(3), {"x": K.layers.Dense(3), "y": [K.layers.Dense(3)]}]
                self.head, self._hidden = K.layers.Dense(1), K.layers.Dense(3)
                self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

            def call(self, x):
                x = self.blocks[1]["y"][0](self.blocks[1]["x"](self.blocks[0](x)))
                return self.head(self._hidden(x)) * self.scale

        return Mine()

    model, other, x = make(writer), make(reader), np.random.default_rng(1).random((5, 4)).astype("float32")
    expected = model.predict(x, verbose=0)
    other.predict(x, verbose=0)
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(other.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_bfloat16_weights_of_keras_are_read(tmp_path):
    def line(K):
        return K.Sequential([K.Input((4,)), K.layers.Dense(3, dtype="bfloat16")])

    theirs, ours = line(THEIRS), line(OURS)
    theirs.save_weights(tmp_path / "m.weights.h5")
    ours.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(ours.get_weights()[0], np.asarray(theirs.get_weights()[0], dtype="float32"))


def test_random_graphs_list_their_layers_in_keras_order():
    def graph(K, seed):
        rng, made = np.random.default_rng(seed), []
        symbols = [K.Input((4,), name="in")]
        for i in range(int(rng.integers(3, 12))):
            one, other = (symbols[int(j)] for j in rng.integers(len(symbols), size=2))
            kind = rng.random()
            if kind < 0.5:
                made.append(K.layers.Dense(4, name=f"dense_{i}"))
                symbols.append(made[-1](one))
            elif kind < 0.7 and made:
                symbols.append(made[int(rng.integers(len(made)))](one))
            else:
                symbols.append(K.layers.Add(name=f"add_{i}")([one, other]))
        return [layer.name for layer in K.Model(symbols[0], [symbols[-1], symbols[-2]]).layers]

    for seed in range(20):
        assert graph(OURS, seed) == graph(THEIRS, seed)
