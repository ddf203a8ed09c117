"""A loss of logits that gets probabilities is told; what fits together is not."""

import warnings

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers

X = np.ones((4, 3), "float32")
ONE_HOT, NUMBERS = np.eye(2, dtype="float32")[[0, 1, 1, 0]], np.array([0, 1, 1, 0])
LOGITS = keras.losses.CategoricalCrossentropy(from_logits=True)


def trained(last, loss, y=ONE_HOT):
    model = keras.Sequential([keras.Input((3,)), *last])
    model.compile("sgd", loss)
    model.fit(X, y, verbose=0)


WRONG = {
    "activation": (lambda: [layers.Dense(2, activation="softmax")], LOGITS, ONE_HOT),
    "class numbers": (
        lambda: [layers.Dense(2, activation="softmax")],
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        NUMBERS,
    ),
    "layer": (lambda: [layers.Dense(2), layers.Softmax()], LOGITS, ONE_HOT),
    "sigmoid": (
        lambda: [layers.Dense(2), layers.Activation("sigmoid")],
        keras.losses.BinaryCrossentropy(from_logits=True),
        ONE_HOT,
    ),
    "torch's function": (lambda: [layers.Dense(2, activation=torch.sigmoid)], LOGITS, ONE_HOT),
    "model inside": (lambda: [keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="softmax")])], LOGITS, ONE_HOT),
}


@pytest.mark.parametrize("case", WRONG)
def test_probabilities_for_a_loss_of_logits_are_told(case):
    make, loss, y = WRONG[case]
    with pytest.warns(UserWarning, match=r"\(from_logits=True\) expects logits, but '\w+' gives probabilities"):
        trained(make(), loss, y)


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (lambda: [layers.Dense(2)], LOGITS),
        (lambda: [layers.Dense(2, activation="relu")], LOGITS),
        (lambda: [layers.Dense(2, activation="softmax")], "categorical_crossentropy"),
        (lambda: [layers.Dense(2, activation="softmax"), layers.Dense(2)], LOGITS),
    ],
)
def test_what_fits_is_not_told(last, loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(last(), loss)


def test_of_several_outputs_the_wrong_one_is_told_once_and_where_fit_was_called():
    x = keras.Input((3,))
    model = keras.Model(x, {"z": layers.Dense(2, name="right")(x), "a": layers.Dense(2, activation="softmax", name="wrong")(x)})
    model.compile("sgd", {"z": LOGITS, "a": LOGITS})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(X, {"z": ONE_HOT, "a": ONE_HOT}, epochs=2, batch_size=2, verbose=0)
    (warning,) = told
    assert "'wrong' gives probabilities: its activation is softmax" in str(warning.message) and warning.filename == __file__


def test_models_without_a_known_graph_are_left_alone():
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2, activation="softmax")

        def call(self, x):
            return self.inner(x)

    model = Mine()
    model.compile("sgd", LOGITS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, ONE_HOT, verbose=0)
