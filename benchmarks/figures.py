"""Figures: what is measured. Each is a function that asks workers, and puts numbers into tables."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.calls import calls, compare
from benchmarks.peers import PEERS
from benchmarks.rounds import ROOT, Setting, Workers, median, pairs, ratio, tell
from benchmarks.tables import Table
from benchmarks.workloads import WORKLOADS, Workload

BASE = "hand"

_EAGER = {"tiny": 1.25, **dict.fromkeys(("mlp32", "mlp512", "conv", "lstm", "transformer"), 1.03)}
_COMPILED = {"tiny": 0.15, "mlp32": 0.80, "mlp512": 0.80, "conv": 0.67, "lstm": 0.95, "transformer": 0.92}
_TIERS = ("kerasish", "kerasish_compiled", "kerasish_auto")


def _everywhere(limit: float, *rows: str) -> dict[str, dict[str, float]]:
    return {row: dict.fromkeys(WORKLOADS, limit) for row in rows or _TIERS}


def _step_table(clock: str) -> Table:
    return Table(
        f"one training step, steady state, {clock} time, to the hand loop",
        limits={"kerasish": _EAGER, "kerasish_compiled": _COMPILED},
        ahead={"kerasish": ("keras_torch", "lightning", "skorch"), "kerasish_compiled": ("keras_jax", "keras_tf")},
    )


@dataclass
class Run:
    """One run of the command: what was chosen, and the tables so far.

    Args:
        workloads, peers, figures: names.
        setting: what all workers share.
        rounds: how often each thing is timed.
        part: the part of each workload's epoch that is timed.
        auto_seconds: how much work a whole fit is, for "auto".
    """

    workloads: list[str]
    peers: list[str]
    figures: list[str]
    setting: Setting
    rounds: int = 5
    part: float = 1.0
    auto_seconds: float = 60.0
    tables: dict[str, Table] = field(default_factory=dict)
    spread: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    def table(self, key: str, new: Table) -> Table:
        """The table of a key: the new one, where there was none."""
        return self.tables.setdefault(key, new)

    def ours(self, *tiers: str) -> list[str]:
        """Those of these tiers that were chosen; all tiers without arguments."""
        return [peer for peer in self.peers if peer in (tiers or _TIERS)]

    def main_workload(self) -> Workload:
        """The one that is taken where one is enough."""
        return WORKLOADS["mlp32" if "mlp32" in self.workloads else self.workloads[0]]

    def measure(self) -> None:
        """Measure everything that was chosen."""
        together = {name: figure for name, figure in _WITH_WORKERS.items() if name in self.figures}
        for name in self.workloads if together else ():
            work = WORKLOADS[name]
            tell(f"{name}: {', '.join(together)}")
            with Workers(self.peers, name, self.setting, rows=max(work.rows(self.part), self.predict_rows(work))) as workers:
                for peer, answer in workers.ask("warm_up", rows=work.rows(self.part)).items():
                    if answer.get("compiled") is False:
                        tell(f"{name}: {peer}: {answer['report']}")
                for figure in together.values():
                    figure(self, workers, work)
        for name, figure in _ALONE.items():
            if name in self.figures:
                tell(name)
                figure(self)

    def predict_rows(self, work: Workload) -> int:
        return round(work.predict_rows * self.part)


def step(run: Run, workers: Workers, work: Workload) -> None:
    """One training step of an epoch of `fit`."""
    rows = work.rows(run.part)
    samples = workers.rounds(run.rounds, "fit", rows=rows)
    if BASE not in samples:
        return
    for clock in ("cpu", "wall"):
        table = run.table(f"step {clock}", _step_table(clock))
        table.put(f"hand loop, {clock} µs", work.name, median(samples[BASE], clock) / (rows // work.batch) * 1e6)
        for peer, theirs in samples.items():
            table.put(peer, work.name, ratio(theirs, samples[BASE], clock))
    for peer, theirs in samples.items():
        if peer != BASE and run.rounds > 1:
            both = sorted(pairs(theirs, samples[BASE], "cpu"))
            run.spread.append((both[-1] - both[0]) / 2 / statistics.median(both))
        run.others.extend(sample.others for sample in theirs)


def memory(run: Run, workers: Workers, work: Workload) -> None:
    """The most memory that a process has held after its fits, interpreter, frameworks and data included."""
    table = run.table("memory", Table("peak memory after fit, to the hand loop's", limits=_everywhere(1.05, "kerasish")))
    peaks = {peer: answer["peak"] for peer, answer in workers.ask("memory").items()}
    if peaks.get(BASE):
        table.put("hand loop, MB", work.name, peaks[BASE] / 1e6)
        for peer, peak in peaks.items():
            table.put(peer, work.name, peak / peaks[BASE])


def predict(run: Run, workers: Workers, work: Workload) -> None:
    """`predict` of many rows, in batches of 32."""
    rows = run.predict_rows(work)
    if not rows:
        return
    workers.ask("predict", rows=rows, batch=32)
    samples = workers.rounds(run.rounds, "predict", rows=rows, batch=32)
    if BASE not in samples:
        return
    for clock in ("cpu", "wall"):
        title = f"predict, batch 32, {clock} time, to a hand loop of that batch"
        table = run.table(f"predict {clock}", Table(title, limits=_everywhere(0.5)))
        table.put(f"hand loop, {clock} µs a batch", work.name, median(samples[BASE], clock) / (rows / 32) * 1e6)
        for peer, theirs in samples.items():
            table.put(peer, work.name, ratio(theirs, samples[BASE], clock))


def one(run: Run, workers: Workers, work: Workload) -> None:
    """One row: the model called, and `predict`."""
    if not work.predict_rows:
        return
    repeats, found = max(20, round(50 * run.part)), {}
    for what, title in (("call_one", "call of the model on one row, CPU µs"), ("predict_one", "predict of one row, CPU µs")):
        workers.ask(what, repeats=2)
        found[what] = workers.rounds(run.rounds, what, repeats=repeats)
        table = run.table(what, Table(title, digits=1))
        for peer, samples in found[what].items():
            table.put(peer, work.name, median(samples, "cpu") * 1e6)
    if BASE in found["call_one"]:
        limit = 1.5 * median(found["call_one"][BASE], "cpu") * 1e6 + 20
        for peer in run.ours():
            run.tables["predict_one"].limits.setdefault(peer, {})[work.name] = limit
    if work.name != run.workloads[0]:
        return
    for peer, answer in workers.ask("growth", of=run.ours(), calls=max(500, round(10_000 * run.part))).items():
        table = run.table("growth", Table(f"calls of predict with one row, {work.name}"))
        table.put(peer, "second half to first", answer["slower"])
        table.put(peer, "MB that stayed", answer["grown"] / 1e6)
        table.limits[peer] = {"second half to first": 1.1, "MB that stayed": 1.0}


def start(run: Run) -> None:
    """What comes before the first batch: imports, a first fit in a new process, a fit of one step."""
    work, few = run.main_workload(), min(run.rounds, 3)
    table = run.table("start", Table(f"start of fit, {work.name}"))
    imports = _imports(run.peers, few)
    for peer, seconds in imports.items():
        table.put(peer, "import, s", seconds)
    first: dict[str, list[float]] = {}
    for number in range(few):
        for peer in run.peers[number % 2 :] + run.peers[: number % 2]:
            with Workers([peer], work.name, run.setting, rows=work.rows(run.part), own_cache=True) as workers:
                for answer in workers.ask("first_batch", rows=work.rows(run.part)).values():
                    first.setdefault(peer, []).append(answer["wall"])
    for peer, seconds in first.items():
        table.put(peer, "first batch, ms", statistics.median(seconds) * 1e3)
    if "kerasish" in first:
        table.limits["kerasish_auto"] = {"first batch, ms": 1.1 * statistics.median(first["kerasish"]) * 1e3}
    with Workers(run.peers, work.name, run.setting, rows=work.batch) as workers:
        workers.ask("fit_one_step", repeats=3)
        samples = workers.rounds(run.rounds, "fit_one_step", repeats=5)
    for peer, theirs in samples.items():
        table.put(peer, "fit of one step, ms", median(theirs, "cpu") * 1e3)
        if BASE in samples:
            table.put(peer, "to the hand loop's", ratio(theirs, samples[BASE], "cpu"))
    if "kerasish" in imports and BASE in imports:
        table.notes.append(
            f"import kerasish: {imports['kerasish'] - imports[BASE]:.2f} s over import torch ({imports[BASE]:.2f} s)"
        )


def auto(run: Run) -> None:
    """A whole fit in a new process, compiling included, against the same fit with nothing compiled."""
    base, ours = "kerasish", "kerasish_auto"
    if not {base, ours} <= set(run.peers):
        tell(f"auto: needs the peers {base} and {ours}")
        return
    for name in run.workloads:
        work = WORKLOADS[name]
        rows, ratios = work.rows(), {"wall": [], "cpu": []}
        # Not on one core: compiling goes on beside the training, as it does for anyone.
        fresh = {"rows": rows, "pinned": False, "own_cache": True}
        with Workers([base], name, run.setting, **fresh) as workers:
            workers.ask("fit", rows=rows)
            epochs = max(1, round(run.auto_seconds / median(workers.rounds(2, "fit", rows=rows)[base], "cpu")))
        for _ in range(max(1, run.rounds // 2)):
            with Workers([base, ours], name, run.setting, **fresh) as workers:
                samples = workers.side_by_side("fit", rows=rows, epochs=epochs)
            for clock, found in ratios.items() if len(samples) == 2 else ():
                found.append(getattr(samples[ours], clock) / getattr(samples[base], clock))
        for clock, found in ratios.items():
            title = f"a fit of {run.auto_seconds:.0f} s with jit_compile='auto', {clock} time, to jit_compile=False"
            table = run.table(f"auto {clock}", Table(title, limits=_everywhere(1.02)))
            if found:
                table.put(ours, name, statistics.median(found))


def call(run: Run) -> None:
    """Calls, steps and batches in a loop of one's own."""
    import torch

    torch.set_num_threads(run.setting.threads)
    limits = {"a Dataset's batch, to an index gather": {"kerasish to it": 1.5}}
    table = run.table("call", Table("loops of one's own, CPU time", limits=limits))
    for name, (plain, ours, count) in calls().items():
        seconds, found = compare(plain, ours, run.rounds * 3)
        table.put(name, "plain, µs", seconds / count * 1e6)
        table.put(name, "kerasish to it", found)


def _imports(peers: list[str], rounds: int) -> dict[str, float]:
    """The median CPU seconds of an import in a new interpreter, by peer."""
    seconds: dict[str, list[float]] = {peer: [] for peer in peers}
    with tempfile.TemporaryDirectory() as cache:
        for number in range(rounds + 1):
            for peer in peers:
                name = PEERS[peer].packages[0]
                code = f"import time; began = time.process_time(); import {name}; print(time.process_time() - began)"
                environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **PEERS[peer].environment(1)}
                # As installed packages are: with their bytecode written, which the first round does.
                environment.update(PYTHONPYCACHEPREFIX=cache, PYTHONDONTWRITEBYTECODE="")
                command = [sys.executable, "-c", code]
                ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
                if number:
                    seconds[peer].append(float(ran.stdout.splitlines()[-1]))
    return {peer: statistics.median(taken) for peer, taken in seconds.items()}


_WITH_WORKERS: dict[str, Callable[[Run, Workers, Workload], None]] = {
    "step": step,
    "memory": memory,
    "predict": predict,
    "one": one,
}
_ALONE: dict[str, Callable[[Run], None]] = {"start": start, "call": call, "auto": auto}
FIGURES = (*_WITH_WORKERS, *_ALONE)
