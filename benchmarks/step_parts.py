"""Where one eager training step spends its time, beside the hand loop's: `python -m benchmarks.step_parts`.

Microseconds of CPU time, one thread: medians over the steps of rounds that `fit` and the hand loop take in turn. The last line,
of steps without clocks in them, is the one to trust to a few percent; the clocks take about half a microsecond a part.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import kerasish as keras
from kerasish.callbacks import Profiler
from kerasish.engine import _profile

PARTS = ("data", "forward", "loss", "backward", "optimizer", "metrics", "callbacks", "the rest", "all")
BATCH, STEPS = 32, 100


def tiny() -> tuple[Any, Any, nn.Module, keras.Model]:
    """Ten numbers to one, by the squared error."""
    x = np.random.default_rng(0).standard_normal((BATCH * STEPS, 10)).astype("float32")
    y = x.sum(1, keepdims=True)
    net = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.Adam(1e-3), "mse", metrics=["mae"], run_eagerly=True)
    return x, y, nn.Sequential(nn.Linear(10, 1)), net


def mlp() -> tuple[Any, Any, nn.Module, keras.Model]:
    """784-512-512-10, classes."""
    rng = np.random.default_rng(0)
    x, y = rng.random((BATCH * STEPS, 784), dtype=np.float32), rng.integers(0, 10, BATCH * STEPS)
    by_hand = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    dense = keras.layers.Dense
    net = keras.Sequential([keras.Input((784,)), dense(512, activation="relu"), dense(512, activation="relu"), dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(1e-3), loss, metrics=["sparse_categorical_accuracy"], run_eagerly=True)
    return x, y, by_hand, net


def hand_loop(x: Any, y: Any, model: nn.Module) -> Callable[[Callable[[str], None]], None]:
    """An epoch as an expert writes it; it says at the end of each part that it is over."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
    loss_of = F.mse_loss if y.dtype == np.float32 else F.cross_entropy

    def epoch(over: Callable[[str], None]) -> None:
        model.train()
        total, counted = torch.zeros(()), torch.zeros(())
        for index in torch.randperm(len(inputs)).split(BATCH):
            some, wanted = inputs.index_select(0, index), labels.index_select(0, index)
            over("data")
            outputs = model(some)
            over("forward")
            loss = loss_of(outputs, wanted)
            over("loss")
            loss.backward()
            over("backward")
            optimizer.step()
            optimizer.zero_grad()
            over("optimizer")
            total.add_(loss.detach(), alpha=len(index))
            with torch.no_grad():
                right = (outputs - wanted).abs() if loss_of is F.mse_loss else outputs.argmax(-1) == wanted
                counted.add_(right.sum())
            over("metrics")

    return epoch


class Clock:
    """Notes the time of each part of each step, less what noting takes."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = defaultdict(list)
        self._spent: dict[str, float] = {}
        self.began = 0.0

    def over(self, part: str) -> None:
        now = time.thread_time()
        self._spent[part] = now - self.began
        if part == "metrics":
            for name, seconds in {**self._spent, "all": sum(self._spent.values())}.items():
                self.parts[name].append(seconds)
        self.began = time.thread_time()


def cpu_time(run: Callable[[], object]) -> float:
    began = time.thread_time()
    run()
    return time.thread_time() - began


def measure(make: Callable[[], tuple[Any, Any, nn.Module, keras.Model]], rounds: int) -> None:
    """Print the table of one workload."""
    x, y, by_hand, net = make()
    loop, clock = hand_loop(x, y, by_hand), Clock()
    fits: dict[str, list[float]] = defaultdict(list)
    plain: dict[str, list[float]] = {"loop": [], "fit": []}

    def fit(**options: Any) -> None:
        net.fit(x, y, batch_size=BATCH, verbose=0, **options)

    def timed_loop() -> None:
        clock.began = time.thread_time()
        loop(clock.over)

    for number in range(rounds + 1):
        profiler = Profiler(show=False)
        timed_loop()
        fit(callbacks=[profiler])
        report = profiler.report
        assert report is not None
        seconds = {"loop": cpu_time(lambda: loop(lambda part: None)), "fit": cpu_time(fit)}
        if number == 0:
            clock.parts.clear()
            continue
        for name in PARTS:
            fits[name].append((report.step if name == "all" else report.parts[name]).median)
        for name, taken in seconds.items():
            plain[name].append(taken / STEPS * 1e6)
    print(f"{make.__doc__}\n{'':12}{'loop µs':>10}{'fit µs':>10}{'ratio':>8}")
    for name in PARTS:
        theirs = statistics.median(clock.parts[name]) * 1e6 if name in clock.parts else 0.0
        _line(name, theirs, statistics.median(fits[name]))
    ratio = statistics.median(ours / theirs for ours, theirs in zip(plain["fit"], plain["loop"], strict=True))
    _line("unclocked", *map(statistics.median, (plain["loop"], plain["fit"])), ratio)


def _line(name: str, theirs: float, ours: float, ratio: float | None = None) -> None:
    ratio = ours / theirs if ratio is None and theirs else ratio
    print(f"{name:12}{theirs:10.1f}{ours:10.1f}" + ("" if ratio is None else f"{ratio:8.2f}"))


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.step_parts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    # What else runs on the machine is no part of a step.
    _profile.perf_counter = time.thread_time  # type: ignore[assignment]
    for make in (tiny, mlp):
        measure(make, options.rounds)


if __name__ == "__main__":
    main()
