"""The workloads' models for any library that is spelled like Keras, which is the argument of each."""

from collections.abc import Callable
from typing import Any


def _dense(keras: Any) -> Any:
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])


def _mlp(keras: Any) -> Any:
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((784,)), dense(512, activation="relu"), dense(512, activation="relu"), dense(10)])


def _convnet(keras: Any) -> Any:
    layers = keras.layers
    first = [keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()]
    second = [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()]
    return keras.Sequential([*first, *second, layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)])


def _lstm(keras: Any) -> Any:
    layers = keras.layers
    words = keras.Input((80,), dtype="int32")
    return keras.Sequential([words, layers.Embedding(20_000, 128), layers.LSTM(64), layers.Dense(1)])


def _transformer(keras: Any) -> Any:
    layers = keras.layers

    class Places(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.places = self.add_weight(shape=input_shape[1:], initializer="uniform", name="places")

        def call(self, inputs: Any) -> Any:
            return inputs + self.places

    words = keras.Input((64,), dtype="int32")
    x = Places()(layers.Embedding(8_000, 128)(words))
    for _ in range(2):
        seen = layers.MultiHeadAttention(4, 32)(x, x)
        x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, seen]))
        wide = layers.Dense(512, activation="relu")(x)
        x = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, layers.Dense(128)(wide)]))
    return keras.Model(words, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))


MODELS: dict[str, Callable[[Any], Any]] = {
    "dense": _dense,
    "mlp": _mlp,
    "convnet": _convnet,
    "lstm": _lstm,
    "transformer": _transformer,
}
