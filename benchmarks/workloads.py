"""Workloads: the same model and data for a hand-written torch loop and for every library that looks like Keras."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Workload:
    """A model to train: its data, the torch module, and how a Keras-like library builds the same."""

    name: str
    batch: int
    rows: int
    data: Callable[[int], tuple[np.ndarray, np.ndarray]]
    torch_model: Callable[[], nn.Module]
    keras_model: Callable[[Any], Any]
    binary: bool = False


def _images(shape: tuple[int, ...]) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    def make(rows: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        x = rng.random((rows, *shape), dtype=np.float32)
        weights = rng.standard_normal((int(np.prod(shape)), 10)).astype(np.float32)
        return x, (x.reshape(rows, -1) @ weights).argmax(1)

    return make


def _words(rows: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).integers(0, 20_000, (rows, 80))
    return x, (x[:, -1:] % 2).astype(np.float32)


class _ToChannelsFirst(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 3, 1, 2)


class _LstmClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.lstm, self.head = nn.Embedding(20_000, 128), nn.LSTM(128, 64, batch_first=True), nn.Linear(64, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.embedding(x))
        return self.head(states[:, -1])


def _torch_mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def _keras_mlp(keras: Any) -> Any:
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((784,)), dense(512, activation="relu"), dense(512, activation="relu"), dense(10)])


def _torch_convnet() -> nn.Module:
    first = [_ToChannelsFirst(), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))


def _keras_convnet(keras: Any) -> Any:
    layers = keras.layers
    first = [keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()]
    second = [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()]
    return keras.Sequential([*first, *second, layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)])


def _keras_lstm(keras: Any) -> Any:
    layers = keras.layers
    words = keras.Input((80,), dtype="int32")
    return keras.Sequential([words, layers.Embedding(20_000, 128), layers.LSTM(64), layers.Dense(1)])


WORKLOADS = [
    Workload("MLP 784-512-512-10, batch 32", 32, 6_400, _images((784,)), _torch_mlp, _keras_mlp),
    Workload("MLP 784-512-512-10, batch 512", 512, 20_480, _images((784,)), _torch_mlp, _keras_mlp),
    Workload("convnet 28x28, batch 128", 128, 1_280, _images((28, 28, 1)), _torch_convnet, _keras_convnet),
    Workload("LSTM(64) over 80 words, batch 32", 32, 640, _words, _LstmClassifier, _keras_lstm, binary=True),
]


def hand_loop(work: Workload, rows: int) -> Callable[[], object]:
    """The loop that an expert would write: one gather a batch, a fused optimizer, nothing read before the end."""
    torch.manual_seed(0)
    x, y = (torch.from_numpy(part) for part in work.data(rows))
    model = work.torch_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)

    def loss_of(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(outputs, labels) if work.binary else F.cross_entropy(outputs, labels)

    def right(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return ((outputs > 0) == (labels > 0.5)).sum() if work.binary else (outputs.argmax(-1) == labels).sum()

    def epoch() -> tuple[float, float]:
        model.train()
        total, correct = torch.zeros(()), torch.zeros(())
        for index in torch.randperm(rows).split(work.batch):
            inputs, labels = x.index_select(0, index), y.index_select(0, index)
            outputs = model(inputs)
            loss = loss_of(outputs, labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total.add_(loss.detach(), alpha=len(index))
            with torch.no_grad():
                correct.add_(right(outputs, labels))
        return total.item() / rows, correct.item() / rows

    return epoch


def keras_fit(keras: Any, work: Workload, rows: int) -> Callable[[], object]:
    """One epoch of `fit` in a library that looks like Keras."""
    keras.utils.set_random_seed(0)
    x, y = work.data(rows)
    model = work.keras_model(keras)
    kind = "BinaryCrossentropy" if work.binary else "SparseCategoricalCrossentropy"
    metric = keras.metrics.BinaryAccuracy(threshold=0.0) if work.binary else keras.metrics.SparseCategoricalAccuracy()
    loss = getattr(keras.losses, kind)(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, metrics=[metric])
    return lambda: model.fit(x, y, batch_size=work.batch, epochs=1, verbose=0)
