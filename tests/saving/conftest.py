"""A trained model with data and its predictions."""

import numpy as np
import pytest

from kerasish import layers
from kerasish.models import Sequential


@pytest.fixture
def data(rng):
    x = rng.normal(size=(16, 4)).astype("float32")
    return x, (x @ np.ones((4, 1))).astype("float32")


def made():
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


@pytest.fixture
def model(data):
    model = made()
    model.fit(*data, batch_size=8, epochs=2, verbose=0)
    return model


@pytest.fixture
def fresh():
    return made()
