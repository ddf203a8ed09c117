"""A worker: a process that holds one peer with one workload, and does what lines of JSON ask for.

`python -m benchmarks.worker PEER WORKLOAD THREADS DEVICE CORE`, where CORE may be "any". A line is `{"do": name, …arguments}`;
each is answered by one line.
"""

import ctypes
import gc
import json
import os
import signal
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS
from benchmarks.workloads import WORKLOADS

_PR_SET_PDEATHSIG = 1


class Worker:
    """What can be asked for. Times are in seconds, memory in bytes."""

    def __init__(self, peer: str, workload: str, device: str):
        self.work, self.peer = WORKLOADS[workload], PEERS[peer]()
        self.peer.device = device

    def load(self, threads: int) -> dict[str, Any]:
        """Import the peer's frameworks."""
        self.peer.load(threads)
        return {}

    def build(self, rows: int) -> dict[str, Any]:
        """Make the data and the model."""
        self.peer.build(self.work, *self.work.data(max(rows, self.work.batch)))
        return {"resident": _memory("VmRSS")}

    def warm_up(self, rows: int) -> dict[str, Any]:
        return self.peer.warm_up(rows)

    def fit(self, rows: int, epochs: int = 1) -> dict[str, Any]:
        return _timed(lambda: self.peer.fit(rows, epochs))

    def fit_one_step(self, repeats: int) -> dict[str, Any]:
        """A fit of one batch, so often; the times of one."""
        return _timed_repeats(lambda: self.peer.fit(self.work.batch), repeats)

    def first_batch(self, rows: int) -> dict[str, Any]:
        """In a new process: until one batch is trained on."""
        told: list[float | None] = []
        sample = _timed(lambda: told.append(self.peer.first_batch(rows)))
        return sample if told[0] is None else {**sample, "wall": told[0]}

    def predict(self, rows: int, batch: int) -> dict[str, Any]:
        return _timed(lambda: self.peer.predict(rows, batch))

    def predict_one(self, repeats: int) -> dict[str, Any]:
        return _timed_repeats(self.peer.predict_one, repeats)

    def call_one(self, repeats: int) -> dict[str, Any]:
        return _timed_repeats(self.peer.call_one, repeats)

    def memory(self) -> dict[str, Any]:
        """The most memory that the process has held so far: of the GPU, else of the machine (Linux only)."""
        if self.peer.device == "cuda":
            import torch

            return {"peak": torch.cuda.max_memory_allocated()}
        return {"peak": _memory("VmHWM")}

    def growth(self, calls: int) -> dict[str, Any]:
        """Predict one row so often: the time of a call in the second half over the first, and the memory that stayed."""
        tenth, seconds = calls // 10, []
        for _ in range(tenth):
            self.peer.predict_one()
        gc.collect()
        before = _memory("VmRSS")
        for _ in range(10):
            seconds.append(_timed_repeats(self.peer.predict_one, tenth)["cpu"])
        return {"slower": statistics.median(seconds[5:]) / statistics.median(seconds[:5]), "grown": _memory("VmRSS") - before}


def _timed(do: Callable[[], object]) -> dict[str, Any]:
    """Wall time, CPU time of this process, and how many cores the rest of the machine kept busy meanwhile."""
    gc.collect()
    busy, cpu, wall = _busy_seconds(), time.process_time(), time.perf_counter()
    result = do()
    wall, cpu, busy = time.perf_counter() - wall, time.process_time() - cpu, _busy_seconds() - busy
    return {
        "wall": wall,
        "cpu": cpu,
        "others": max(0.0, (busy - cpu) / wall),
        "result": result if isinstance(result, dict) else None,
    }


def _timed_repeats(do: Callable[[], object], repeats: int) -> dict[str, Any]:
    """The same of a thing that is too short to be timed once: the median wall time, and the mean CPU time."""
    walls, cpus = [], []

    def many() -> None:
        do()  # what is not timed: the caches are cold after the turn of another
        cpu = time.process_time()
        for _ in range(repeats):
            began = time.perf_counter()
            do()
            walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - cpu)

    return {**_timed(many), "wall": statistics.median(walls), "cpu": cpus[0] / repeats}


def _busy_seconds() -> float:
    """The CPU seconds that everything on this machine has used; 0 where there is no /proc."""
    if not os.path.exists("/proc/stat"):
        return 0.0
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def _memory(which: str) -> int:
    """A line of /proc/self/status in bytes; 0 where there is none."""
    if not os.path.exists("/proc/self/status"):
        return 0
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{which}:"))


def _end_with_parent() -> None:
    """Have the system end this process when the one that asks is gone: asleep, it would not learn of that itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def main() -> None:
    peer, workload, threads, device, core = sys.argv[1:]
    _end_with_parent()
    if core != "any" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # Frameworks print where they like; what they print is not an answer.
    os.dup2(2, 1)
    worker = Worker(peer, workload, device)
    for line in sys.stdin:
        arguments = json.loads(line)
        what = arguments.pop("do")
        try:
            answer = getattr(worker, what)(**arguments)
        except NotImplementedError:
            answer = {"error": "it has nothing like it"}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
