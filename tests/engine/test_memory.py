"""Memory: a fit needs no more of it than the loop that an expert would write, and holds on to nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import kerasish as keras
from kerasish import layers


def peak(run: Callable[[], object]) -> int:
    """The most bytes that tensors which the run makes take at a time."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as recorded:
        run()
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]  # type: ignore
    return int(np.cumsum([event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]).max())


def test_the_measure_sees_what_lives_at_a_time() -> None:
    def run() -> None:
        one = torch.empty(1000)
        del one
        two = torch.empty(3000), torch.empty(2000)
        del two

    assert peak(run) == 5000 * 4


class ChannelsFirst(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


def mlp(width: int, inputs: int = 64) -> tuple[nn.Module, list[Any]]:
    by_hand = [nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)]
    dense = [layers.Dense(width, activation="relu"), layers.Dense(width, activation="relu"), layers.Dense(10)]
    return nn.Sequential(*by_hand), [keras.Input((inputs,)), *dense]


def convnet() -> tuple[nn.Module, list[Any]]:
    first = [ChannelsFirst(), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    ours = [keras.Input((28, 28, 1))]
    for channels in (32, 64):
        ours += [layers.Conv2D(channels, 3, activation="relu"), layers.MaxPooling2D()]
    by_hand = nn.Sequential(*first, *second, nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))
    return by_hand, [*ours, layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)]


def lstm() -> tuple[nn.Module, list[Any]]:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.head = nn.LSTM(32, 64, batch_first=True), nn.Linear(64, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.lstm(x)[0][:, -1])

    return Last(), [keras.Input((20, 32)), layers.LSTM(64), layers.Dense(10)]


@pytest.mark.parametrize(
    ("make", "shape", "batch"),
    [
        pytest.param(lambda: mlp(256), (64,), 2048, id="MLP of large activations"),
        pytest.param(lambda: mlp(1024), (64,), 16, id="MLP of large weights"),
        pytest.param(lambda: mlp(1024), (64,), 1024, id="MLP of large activations and weights"),
        pytest.param(lambda: mlp(8, 4096), (4096,), 64, id="MLP of large inputs"),
        pytest.param(convnet, (28, 28, 1), 32, id="convnet"),
        pytest.param(lstm, (20, 32), 32, id="LSTM"),
    ],
)
def test_fit_needs_no_more_memory_than_a_loop_by_hand(make: Callable, shape: tuple[int, ...], batch: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((3 * batch, *shape), dtype=np.float32), rng.integers(0, 10, 3 * batch)
    by_hand, ours = make()
    net = keras.Sequential(ours)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(1e-3), loss, metrics=["sparse_categorical_accuracy"], run_eagerly=True)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, fused=True)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def loop() -> None:
        by_hand.train()
        total, right = torch.zeros(()), torch.zeros(())
        for index in torch.randperm(len(inputs)).split(batch):
            some, wanted = inputs.index_select(0, index), labels.index_select(0, index)
            outputs = by_hand(some)
            value = F.cross_entropy(outputs, wanted)
            value.backward()
            optimizer.step()
            optimizer.zero_grad()
            total.add_(value.detach(), alpha=len(index))
            right.add_((outputs.detach().argmax(-1) == wanted).sum())

    runs = [loop, lambda: net.fit(x, y, batch_size=batch, verbose=0)]
    for run in runs:
        run()
    theirs, mine = map(peak, runs)
    assert mine <= 1.05 * theirs


def test_gradients_stay_for_callbacks_of_users_and_go_before_the_next_forward_pass() -> None:
    seen: list[list[bool]] = []

    class Looking(keras.Sequential):
        """Looks at its gradients when it is called."""

        def call(self, inputs):
            seen.append([weight.grad is None for weight in self.weights])
            return super().call(inputs)

    def look(batch: int, logs: Any) -> None:
        seen.append([weight.grad is None for weight in net.weights])

    net = Looking([keras.Input((4,)), layers.Dense(1)])
    net.compile("sgd", "mse", run_eagerly=True)
    x = np.ones((4, 4), "float32")
    net.fit(x, x[:, :1], batch_size=2, verbose=0, callbacks={"on_train_batch_end": look})
    assert seen == [[True, True], [False, False]] * 2
