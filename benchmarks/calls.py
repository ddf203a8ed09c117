"""Loops of one's own: layers called, steps by tapes and `minimize`, batches of data sets, against plain torch, in one process."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

import kerasish

Ways = dict[str, tuple[Callable[[], object], Callable[[], object], int]]


def calls() -> Ways:
    """By name: something done so often in plain torch, what kerasish makes of the same, and how often."""
    return {**_forward(), **_steps(), **_batches()}


def _forward() -> Ways:
    layers: Any = kerasish.layers
    x = torch.randn(32, 64)

    def repeated(module: Any, count: int) -> Callable[[], None]:
        def run() -> None:
            with torch.no_grad():
                for _ in range(count):
                    module(x)

        return run

    dense = layers.Dense(64, activation="relu")
    dense(x)
    symbol = inputs = kerasish.Input((64,))
    for _ in range(50):
        symbol = layers.Dense(64, activation="relu")(symbol)
    model: Any = kerasish.Model
    graph = model(inputs, symbol)
    graph(x)
    one = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
    fifty = nn.Sequential(*(part for _ in range(50) for part in (nn.Linear(64, 64), nn.ReLU())))
    return {
        "a built Dense, to Linear and ReLU": (repeated(one, 500), repeated(dense, 500), 500),
        "a graph of 50 Dense, to the same": (repeated(fifty, 20), repeated(graph, 20), 20),
    }


def _steps() -> Ways:
    """Steps of a small classifier, the loop written by hand."""
    x, y, often = torch.randn(32, 64), torch.randint(0, 10, (32,)), 100
    layers: Any = kerasish.layers
    loss: Any = kerasish.losses.SparseCategoricalCrossentropy(from_logits=True)

    def network() -> Any:
        wide = [layers.Dense(128, activation="relu") for _ in range(2)]
        return kerasish.Sequential([kerasish.Input((64,)), *wide, layers.Dense(10)])

    plain = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    adam, cross_entropy = torch.optim.Adam(plain.parameters(), fused=True), nn.CrossEntropyLoss()

    def by_hand() -> None:
        for _ in range(often):
            adam.zero_grad()
            cross_entropy(plain(x), y).backward()
            adam.step()

    taped, tape_optimizer = network(), kerasish.optimizers.Adam()

    def by_tape() -> None:
        for _ in range(often):
            with kerasish.GradientTape() as tape:
                value = loss(y, taped(x, training=True))
            weights = taped.trainable_weights
            tape_optimizer.apply_gradients(zip(tape.gradient(value, weights), weights))

    minimized, optimizer = network(), kerasish.optimizers.Adam()

    def by_minimize() -> None:
        for _ in range(often):
            optimizer.minimize(lambda: loss(y, minimized(x, training=True)))

    return {
        "a step by GradientTape, to autograd": (by_hand, by_tape, often),
        "a step by minimize, to the same": (by_hand, by_minimize, often),
    }


def _batches() -> Ways:
    """An epoch of batches from memory, in a new order."""
    rows, size = 60_000, 128
    x, y = torch.randn(rows, 32), torch.randint(0, 10, (rows,))

    def by_index() -> None:
        for places in torch.randperm(rows).split(size):
            x[places], y[places]

    data = kerasish.data.Dataset.from_tensor_slices((x, y)).shuffle(rows).batch(size)

    def by_data_set() -> None:
        for _ in data:
            continue

    return {"a Dataset's batch, to an index gather": (by_index, by_data_set, -(-rows // size))}


def compare(plain: Callable[[], object], ours: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The median CPU seconds of the first, and the median ratio of the second's to it, taken in turn."""
    plain()
    ours()
    seconds: list[tuple[float, float]] = []
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            first = _cpu_seconds(ours) if number % 2 else None
            base = _cpu_seconds(plain)
            seconds.append((base, _cpu_seconds(ours) if first is None else first))
    finally:
        gc.enable()
    return statistics.median(base for base, _ in seconds), statistics.median(other / base for base, other in seconds)


def _cpu_seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began
