"""The calls that programs make most, as a type checker must accept them: `pyright` reads this file beside the library."""

import numpy as np

import kerasish as keras
from kerasish import layers


class Scaled(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", trainable=True)

    def call(self, inputs):
        return inputs @ self.kernel


class Wrapping(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x, training=None):
        return self.dense(x)


def test_own_arguments_are_given_by_position():
    assert layers.Dense(64, "relu").units == 64 and layers.LSTM(64, return_sequences=True).units == 64
    assert layers.ConvLSTM2D(4, 3).filters == 4 and layers.Conv2D(4, 3, activation="relu", padding="same").filters == 4
    assert layers.Conv2DTranspose(3, 2, strides=2).filters == layers.SeparableConv2D(3, 2).filters == 3
    assert layers.Embedding(10, 4).output_dim == 4 and layers.Dropout(0.5, seed=1).rate == 0.5
    assert layers.MaxPooling2D((2, 2)).pool_size == (2, 2) and layers.RandomFlip("horizontal").mode == "horizontal"
    assert layers.MultiHeadAttention(2, 4).key_dim == 4 and layers.Rescaling(1 / 255, name="scaled").name == "scaled"
    assert layers.Bidirectional(layers.GRU(3)).forward_layer.units == layers.TimeDistributed(layers.Dense(3)).layer.units == 3
    regularized = layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.1), activity_regularizer="l2", dtype="float32")
    assert regularized.activity_regularizer is not None


def test_models_are_made_of_lists_and_of_symbols():
    listed = keras.Sequential([layers.Dense(3, input_shape=(3,)), layers.Dropout(0.2)], name="listed")
    symbol = keras.Input(shape=(3,))
    hidden = layers.Concatenate()([layers.Dense(2)(symbol), Scaled(4)(symbol)])
    graph = keras.Model(inputs=symbol, outputs=hidden, name="graph")
    assert keras.Model(symbol, hidden).output_shape == graph.output_shape == (None, 6) and listed.output_shape == (None, 3)


def test_models_are_compiled_with_names_and_objects():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
    model = Wrapping()
    model.compile(
        keras.optimizers.Adam(learning_rate=rate), keras.losses.MeanSquaredError(), metrics=["mae", keras.metrics.Mean(name="m")]
    )
    model.compile("sgd", "mse")
    stop = keras.callbacks.EarlyStopping("loss", patience=3)
    history = model.fit(np.ones((4, 3)), np.ones((4, 2)), epochs=1, verbose=0, callbacks=[stop])
    assert len(history.history["loss"]) == 1
