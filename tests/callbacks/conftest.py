"""A small compiled model with data, and a stand-in for one where only callbacks are looked at."""

from types import SimpleNamespace

import numpy as np
import pytest

from kerasish import layers
from kerasish.models import Sequential
from kerasish.optimizers import SGD


@pytest.fixture
def data(rng):
    x = rng.normal(size=(32, 4)).astype("float32")
    return x, (x @ np.ones((4, 1))).astype("float32")


@pytest.fixture
def model():
    made = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(1)])
    made.compile(SGD(0.05), "mse", metrics=["mae"])
    return made


class Stand(SimpleNamespace):
    """What callbacks need of a model: numbers in, numbers out."""

    def __init__(self, rate=0.1):
        super().__init__(optimizer=SimpleNamespace(learning_rate=rate), metrics=[], stop_training=False, weights=[])


@pytest.fixture
def stand():
    return Stand()
