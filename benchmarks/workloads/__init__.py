"""Workloads: what is trained, the same for every framework. Data is made here; the models are beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Workload:
    """A model and its data.

    Args:
        name: what the command line calls it.
        title: what it is, in a few words.
        model: the name of the model in `torch_models` and `keras_models`.
        task: what loss and metric follow from: cross-entropy of logits and accuracy, or squared and absolute error.
        batch: rows a training step.
        steps: steps of the epoch that is timed.
        data: makes `(x, y)` of so many rows, the same ones each time.
        predict_rows: rows that `predict` is timed with; 0 where another workload has the same model.
    """

    name: str
    title: str
    model: str
    task: Literal["classes", "binary", "regression"]
    batch: int
    steps: int
    data: Callable[[int], Arrays]
    predict_rows: int

    def rows(self, part: float = 1.0) -> int:
        """The rows of an epoch, or of a part of one: whole batches, at least two."""
        return max(2, round(self.steps * part)) * self.batch


def _line(rows: int) -> Arrays:
    x = np.random.default_rng(0).standard_normal((rows, 8)).astype(np.float32)
    return x, x @ np.arange(8, dtype=np.float32)[:, None] + 0.1


def _images(*shape: int) -> Callable[[int], Arrays]:
    def make(rows: int) -> Arrays:
        numbers = np.random.default_rng(0)
        x = numbers.random((rows, *shape), dtype=np.float32)
        return x, (x.reshape(rows, -1) @ numbers.standard_normal((784, 10)).astype(np.float32)).argmax(1)

    return make


def _review(rows: int) -> Arrays:
    x = np.random.default_rng(0).integers(0, 20_000, (rows, 80))
    return x, (x[:, -1:] % 2).astype(np.float32)


def _sentence(rows: int) -> Arrays:
    x = np.random.default_rng(0).integers(0, 8_000, (rows, 64))
    return x, x[:, 0] % 10


_ALL = (
    Workload("tiny", "Dense(1) of 8 features, batch 32", "dense", "regression", 32, 2_000, _line, 60_000),
    Workload("mlp32", "MLP 784-512-512-10, batch 32", "mlp", "classes", 32, 500, _images(784), 60_000),
    Workload("mlp512", "MLP 784-512-512-10, batch 512", "mlp", "classes", 512, 50, _images(784), 0),
    Workload("conv", "convnet on 28x28 images, batch 128", "convnet", "classes", 128, 40, _images(28, 28, 1), 6_400),
    Workload("lstm", "LSTM(64) over 80 words, batch 32", "lstm", "binary", 32, 80, _review, 3_200),
    Workload(
        "transformer", "2 encoder blocks of width 128, 64 words, batch 32", "transformer", "classes", 32, 50, _sentence, 3_200
    ),
)
WORKLOADS = {work.name: work for work in _ALL}
