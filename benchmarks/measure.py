"""Measuring: several ways to do one thing, taken in turn, so that a machine whose speed drifts slows all of them alike."""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable


def interleaved(ways: dict[str, Callable[[], object]], rounds: int, warmup: int = 1) -> dict[str, list[float]]:
    """Run each way once a round and give the seconds of CPU time that each took in each round."""
    for _ in range(warmup):
        for way in ways.values():
            way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    order = list(ways)
    gc.disable()
    try:
        for number in range(rounds):
            for name in order[number % len(order) :] + order[: number % len(order)]:
                began = time.process_time()
                ways[name]()
                seconds[name].append(time.process_time() - began)
    finally:
        gc.enable()
    return seconds


def ratios(seconds: dict[str, list[float]], baseline: str) -> dict[str, float]:
    """The median over the rounds of each way's time as a ratio to the baseline's in the same round."""
    base = seconds[baseline]
    return {name: statistics.median(a / b for a, b in zip(times, base, strict=True)) for name, times in seconds.items()}


def microseconds(seconds: list[float], count: int) -> float:
    """The median time of one of `count` equal things, in microseconds."""
    return statistics.median(seconds) / count * 1e6


def import_seconds(statement: str, rounds: int) -> float:
    """The median CPU time of a fresh interpreter that runs an import statement."""
    code = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
    with tempfile.TemporaryDirectory() as cache:
        # As installed packages are: with their bytecode written, which the first run does.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        run = [sys.executable, "-c", code]
        took = [
            subprocess.run(run, capture_output=True, text=True, check=True, env=environment).stdout for _ in range(rounds + 1)
        ]
    return statistics.median(map(float, took[1:]))
