"""Four ways to train give the same weights: fit, fit_dataset, optimizer.minimize and GradientTape."""

from collections.abc import Callable

import numpy as np
import pytest

import kerasish as keras
from kerasish import layers, ops

ROWS, BATCH, EPOCHS = 40, 16, 3  # the last batch is a smaller one
OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01),
}


def mlp() -> keras.Model:
    """A perceptron that begins with the same weights each time."""
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((6,)), layers.Dense(16, activation="relu"), layers.Dense(3)])


def rows() -> tuple[np.ndarray, np.ndarray]:
    drawn = np.random.default_rng(7)
    return drawn.standard_normal((ROWS, 6)).astype("float32"), drawn.integers(0, 3, ROWS)


def dataset() -> keras.data.Dataset:
    return keras.data.Dataset.from_tensor_slices(rows()).batch(BATCH)


def loss_of(model: keras.Model, x: object, y: object) -> object:
    """What all ways minimize: the mean over the rows of a batch."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, model(x, training=True))


def compiled(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = mlp()
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def by_fit(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = compiled(optimizer)
    model.fit(*rows(), batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    return model


def by_fit_dataset(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = compiled(optimizer)
    model.fit_dataset(dataset(), epochs=EPOCHS, verbose=0)
    return model


def by_minimize(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = mlp()
    for _ in range(EPOCHS):
        for x, y in dataset():
            optimizer.minimize(lambda x=x, y=y: loss_of(model, x, y))
    return model


def by_tape(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = mlp()
    for _ in range(EPOCHS):
        for x, y in dataset():
            with keras.GradientTape() as tape:
                loss = loss_of(model, x, y)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return model


def by_train_on_batch(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model = compiled(optimizer)
    for _ in range(EPOCHS):
        for x, y in dataset():
            model.train_on_batch(x, y)
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_01_118_138_all_ways_to_train_give_the_same_weights(name: str) -> None:
    start = mlp().get_weights()
    expected = by_fit(OPTIMIZERS[name]()).get_weights()
    assert all(abs(after - before).max() > 1e-2 for after, before in zip(expected, start, strict=True))
    for way in (by_fit_dataset, by_minimize, by_tape, by_train_on_batch):
        optimizer = OPTIMIZERS[name]()
        for got, wanted in zip(way(optimizer).get_weights(), expected, strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-6, err_msg=way.__name__)
        assert int(optimizer.iterations) == EPOCHS * 3


def test_01_the_numbers_are_those_of_descent_by_hand() -> None:
    x, y = rows()
    kernel = keras.Variable(np.zeros((6, 3), "float32"))
    keras.optimizers.SGD(0.5).minimize(
        lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, ops.matmul(x, kernel))
    )
    slope = x.T @ (np.full((ROWS, 3), 1 / 3) - np.eye(3)[y]) / ROWS
    np.testing.assert_allclose(kernel.numpy(), -0.5 * slope, atol=1e-6)
