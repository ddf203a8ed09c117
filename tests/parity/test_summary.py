"""Summaries against Keras's: the same text, column for column."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasish import layers
from kerasish._base._names import reset_names
from kerasish.layers import Input
from kerasish.models import Model, Sequential

OURS = SimpleNamespace(layers=layers, Input=Input, Model=Model, Sequential=Sequential)


def mlp(K):
    L = K.layers
    return K.Sequential([K.Input((4,)), L.Dense(8), L.BatchNormalization(), L.Dropout(0.2), L.Dense(2)])


def chain(K):
    L = K.layers
    symbol = K.Input((8, 8, 3))
    return K.Model(symbol, L.Flatten()(L.MaxPooling2D()(L.Conv2D(4, 3, padding="same")(symbol))))


def branches(K):
    L = K.layers
    a, b, shared = K.Input((4,), name="a"), K.Input((3,), name="b"), L.Dense(5)
    x, y = L.Dense(5)(a), L.Dense(5)(b)
    z = L.Add()([x, y])
    joined = L.Concatenate()([shared(x), shared(z), L.Dense(2)(y)])
    return K.Model([a, b], [L.Dense(2, name="first")(joined), L.Dense(1, name="second")(z)])


def nested(K):
    L = K.layers
    symbol, inside = K.Input((4,)), K.Input((4,))
    inner = K.Sequential([K.Input((4,)), L.Dense(3), L.Dense(4)], name="inner")
    other = K.Model(inside, L.Dense(2)(inside), name="other")
    return K.Model(symbol, other(inner(inner(symbol))), name="outer")


def operators(K):
    symbol = K.Input((5, 3))
    return K.Model(symbol, K.layers.Dense(2)(symbol[:, 0] + 1.0) / symbol[:, 1, :2])


def several_outputs(K):
    symbol = K.Input((5, 3))
    return K.Model(symbol, K.layers.LSTM(4, return_state=True)(symbol))


def frozen(K):
    model = mlp(K)
    model.layers[0].trainable = False
    return model


def unbuilt(K):
    L = K.layers
    return K.Sequential([L.Dense(3), L.Dropout(0.1), L.Flatten(), L.BatchNormalization()])


def fitted(K):
    model = mlp(K)
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return model


def subclassed(K):
    L = K.layers

    class Mine(K.Model):
        def __init__(self):
            super().__init__()
            self.first, self.drop, self.flat = L.Dense(3), L.Dropout(0.2), L.Flatten()
            self.rest = [L.Dense(2), L.Dense(2)]

        def call(self, x):
            return self.rest[1](self.rest[0](self.flat(self.drop(self.first(x)))))

    return Mine()


def subclassed_and_called(K):
    model = subclassed(K)
    model(np.zeros((2, 4), "float32"))
    return model


def summary(K, make, options):
    reset_names()
    keras.utils.clear_session(free_memory=False)
    told = []
    make(K).summary(print_fn=lambda text, **_: told.append(text), **options)
    return "".join(told)


MODELS = [
    mlp, chain, branches, nested, operators, several_outputs, frozen, unbuilt, fitted, subclassed, subclassed_and_called,
]  # fmt: skip


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    ("columns", "options"),
    [(80, {}), (120, {}), (100, {"show_trainable": True}), (80, {"expand_nested": True}), (80, {"line_length": 60})],
)
def test_the_text_is_the_same(make, options, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert summary(OURS, make, options) == summary(keras, make, options)


@pytest.mark.parametrize(
    "options",
    [{"layer_range": ("dense", "drop")}, {"line_length": 76, "positions": [0.3, 0.6, 0.9]}, {"positions": [0.3, 0.5, 0.6]}],
)
def test_a_part_of_the_layers_and_other_columns(options, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert summary(OURS, mlp, options) == summary(keras, mlp, options)
