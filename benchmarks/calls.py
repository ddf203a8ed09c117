"""Calls: built layers and models called in a loop of one's own, against the same in plain torch modules, in one process."""

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
    """By name: plain modules called so often, what kerasish makes of the same called so often, and how often."""
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
