"""One command for all figures: `python -m benchmarks`. Everything is a ratio to the first column, medians, one thread."""

import argparse
import importlib
import importlib.util
import os
import platform
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import torch
from torch import nn

import kerasish
from benchmarks.measure import import_seconds, interleaved, microseconds, ratios
from benchmarks.workloads import WORKLOADS, hand_loop, keras_fit


def calls() -> dict[str, tuple[Callable[[], object], Callable[[], object], int]]:
    """Calls of built things against plain torch modules: the same arithmetic, called so often."""
    layers = kerasish.layers
    x = torch.randn(32, 64)

    def repeat(thing: Any, count: int) -> Callable[[], object]:
        def run() -> None:
            with torch.no_grad():
                for _ in range(count):
                    thing(x)

        return run

    dense = layers.Dense(64, activation="relu")
    dense(x)
    symbol = inputs = kerasish.Input((64,))
    for _ in range(50):
        symbol = layers.Dense(64, activation="relu")(symbol)
    graph = kerasish.Model(inputs, symbol)
    graph(x)
    plain = nn.Sequential(*(part for _ in range(50) for part in (nn.Linear(64, 64), nn.ReLU())))
    return {
        "call of a built Dense, to Linear + ReLU": (
            repeat(nn.Sequential(nn.Linear(64, 64), nn.ReLU()), 500),
            repeat(dense, 500),
            500,
        ),
        "call of a graph of 50 Dense, to plain modules": (repeat(plain, 20), repeat(graph, 20), 20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="keras", help="what to measure beside kerasish: keras, or nothing")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--short", action="store_true", help="a quarter of the data and few rounds: shows that it runs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rounds = 2 if options.short else options.rounds
    peers = {"kerasish": kerasish}
    for name in filter(None, options.peers.split(",")):
        if importlib.util.find_spec(name) is None:
            print(f"({name} is not installed: left out)")
        else:
            peers[f"{name} on torch"] = importlib.import_module(name)
    print(
        f"torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}, 1 thread\n"
    )
    print(f"{'one training step of fit, to the hand-written loop':52}{'loop, µs':>10}" + "".join(f"{peer:>16}" for peer in peers))
    for work in WORKLOADS:
        rows = work.rows // 4 if options.short else work.rows
        ways = {"loop": hand_loop(work, rows), **{peer: keras_fit(library, work, rows) for peer, library in peers.items()}}
        seconds = interleaved(ways, rounds)
        ratio = ratios(seconds, "loop")
        step = microseconds(seconds["loop"], -(-rows // work.batch))
        print(f"{work.name:52}{step:10.0f}" + "".join(f"{ratio[peer]:16.2f}" for peer in peers))
    print(f"\n{'calls, to plain torch modules':52}{'plain, µs':>10}{'kerasish':>16}")
    for what, (plain, ours, count) in calls().items():
        seconds = interleaved({"plain": plain, "ours": ours}, rounds * 3)
        print(f"{what:52}{microseconds(seconds['plain'], count):10.1f}{ratios(seconds, 'plain')['ours']:16.2f}")
    alone = import_seconds("import torch", rounds)
    both = import_seconds("import torch; import kerasish", rounds)
    print(f"\nimport kerasish: {both - alone:.2f} s over import torch ({alone:.2f} s)")


if __name__ == "__main__":
    main()
