"""The light form for CI: `python -m benchmarks.check` fails where a ratio is a quarter over what `expected.json` has for it.

Each ratio is of CPU times taken in turn on this machine. One that is over is measured three times more.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

# Before torch is imported here, for the calls.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import torch

from benchmarks.calls import calls, compare
from benchmarks.figures import BASE
from benchmarks.rounds import Setting, Workers, ratio, tell
from benchmarks.tables import machine, versions
from benchmarks.workloads import WORKLOADS

EXPECTED = Path(__file__).with_name("expected.json")
TOLERANCE = 1.25

Measurement = Callable[[], dict[str, float]]

_ROUNDS = 5

# Workload: the part of its epoch that is timed, and whether the compiled step is timed too.
_PARTS = {"tiny": (0.25, True), "mlp32": (0.2, True), "lstm": (0.25, False)}


def measurements() -> dict[str, Measurement]:
    """What is measured together, by name."""
    return {"calls": _calls, **{f"steps of {name}": lambda name=name: _steps(name) for name in _PARTS}}


def _calls() -> dict[str, float]:
    torch.set_num_threads(1)
    return {name: compare(plain, ours, 3 * _ROUNDS)[1] for name, (plain, ours, _) in calls().items()}


def _steps(name: str) -> dict[str, float]:
    work, (part, is_compiled) = WORKLOADS[name], _PARTS[name]
    rows, peers, compiled = work.rows(part), [BASE, "kerasish"], "kerasish_compiled"
    started = [*peers, compiled] if is_compiled else peers
    with Workers(started, name, Setting(patience=120), rows=rows, pinned=False) as workers:
        if len(workers.workers) < len(started):
            raise RuntimeError(f"{name}: not every worker could be started.")
        workers.ask("warm_up", of=peers, rows=rows)
        for answer in workers.ask("warm_up", of=[compiled], rows=rows).values():
            if answer["compiled"]:
                peers.append(compiled)
            else:
                tell(f"{name}: the compiled step is not measured: {answer['report']}")
        fits = workers.rounds(_ROUNDS, "fit", of=peers, rows=rows)
        starts = workers.rounds(_ROUNDS, "fit_one_step", of=peers[:2], repeats=10)
        predictions = workers.rounds(_ROUNDS, "predict", of=peers[:2], rows=min(rows, 3_200), batch=32)
        single = workers.rounds(_ROUNDS, "predict_one", of=peers[:2], repeats=100)
        bare = workers.rounds(_ROUNDS, "call_one", of=peers[:1], repeats=100)
    found = {f"{name}: step of {peer}": ratio(fits[peer], fits[BASE], "cpu") for peer in peers[1:]}
    for what, samples in (("fit of one step", starts), ("predict, batch 32", predictions)):
        found[f"{name}: {what}"] = ratio(samples["kerasish"], samples[BASE], "cpu")
    found[f"{name}: predict of one row, to a bare call"] = ratio(single["kerasish"], bare[BASE], "cpu")
    return found


def over(ratios: Mapping[str, float], expected: Mapping[str, float]) -> list[str]:
    """The names of the ratios that are more than a quarter over what is expected of them."""
    return [name for name, found in ratios.items() if name in expected and found > TOLERANCE * expected[name]]


def elsewhere(expected: Mapping[str, float]) -> dict[str, float]:
    """What to expect on a machine of which nothing is known: nothing slower than by hand, and a quarter of room for the rest."""
    return {name: 1.0 if value <= 1 else TOLERANCE * value for name, value in expected.items()}


def settle(measure: Measurement, expected: Mapping[str, float]) -> dict[str, float]:
    """Measure; while anything is over, measure again, at most three times, and keep the least of each ratio."""
    ratios = measure()
    for _ in range(3):
        if not over(ratios, expected):
            break
        again = measure()
        ratios = {name: min(found, again.get(name, found)) for name, found in ratios.items()}
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.check", description=__doc__)
    parser.add_argument("--update", action="store_true", help="measure three times, and write the medians to expected.json")
    if parser.parse_args().update:
        return _update()
    known = json.loads(EXPECTED.read_text())
    expected = known["ratios"]
    if known["machine"] != machine("cpu"):
        tell(f"expected.json is of another machine, {known['machine']}; this is {machine('cpu')}; --update makes it this one's")
        expected = elsewhere(expected)
    ratios: dict[str, float] = {}
    for measure in measurements().values():
        ratios.update(settle(measure, expected))
    slower = over(ratios, expected)
    for name, found in ratios.items():
        before = f"{expected[name]:8.2f}" if name in expected else "     new"
        print(f"{name:52}{found:8.2f}{before}{'  slower' if name in slower else ''}")
    for name in expected.keys() - ratios.keys():
        print(f"{name:52}  not measured")
    if slower:
        print(f"{len(slower)} ratios stayed more than {TOLERANCE - 1:.0%} over those of benchmarks/expected.json.")
    return 1 if slower else 0


def _update() -> int:
    ratios: dict[str, list[float]] = {}
    for measure in measurements().values():
        for _ in range(3):
            for name, found in measure().items():
                ratios.setdefault(name, []).append(found)
    medians = {name: round(statistics.median(found), 3) for name, found in ratios.items()}
    EXPECTED.write_text(json.dumps({"machine": machine("cpu"), "versions": versions(), "ratios": medians}, indent=2) + "\n")
    print(f"{len(medians)} ratios are written to benchmarks/expected.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
