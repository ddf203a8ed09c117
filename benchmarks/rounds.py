"""Rounds: every peer is asked in turn, one awake at a time, so that a machine whose speed drifts slows all of them alike."""

import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS

ROOT = Path(__file__).resolve().parents[1]
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")

# Above so many busy cores of others, a wall time tells more of them than of what was timed.
_QUIET = 0.25


@dataclass(frozen=True)
class Setting:
    """What all workers of a run have in common.

    Args:
        threads: of each framework.
        device: "cpu" or "cuda".
        core: the core that workers of one thread stay on.
        patience: seconds that an answer may take.
    """

    threads: int = 1
    device: str = "cpu"
    core: int = 0
    patience: float = 900.0


@dataclass
class Sample:
    """One thing timed once, in seconds; `others` is how many cores the rest of the machine kept busy meanwhile."""

    wall: float
    cpu: float
    others: float


class WorkerError(RuntimeError):
    """A worker could not do what it was asked for."""


class Worker:
    """The other end of a worker process, which is stopped whenever it is not asked, so that its threads take nothing.

    Args:
        peer, workload: names.
        setting: what all workers share.
        pinned: whether it stays on one core, where one thread is used.
        rows: rows of data that it makes.
        own_cache: give it an empty cache of compiled programs, as a first run has.
    """

    def __init__(self, peer: str, workload: str, setting: Setting, *, rows: int, pinned: bool = True, own_cache: bool = False):
        self.peer, self.patience = peer, setting.patience
        environment = {
            **os.environ,
            **dict.fromkeys(_THREADS, str(setting.threads)),
            "PYTHONWARNINGS": "ignore",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **PEERS[peer].environment(setting.threads),
        }
        if setting.device == "cpu":
            environment.update(CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")
        self._kept = ExitStack()
        if own_cache:
            environment["TORCHINDUCTOR_CACHE_DIR"] = self._kept.enter_context(tempfile.TemporaryDirectory())
        core = str(setting.core) if pinned and setting.threads == 1 else "any"
        command = [sys.executable, "-m", "benchmarks.worker", peer, workload, str(setting.threads), setting.device, core]
        self._printed = self._kept.enter_context(tempfile.TemporaryFile("w+"))
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
            bufsize=1,
            start_new_session=True,  # its own group: what it starts is stopped and ended with it
        )
        try:
            self.ask("load", threads=setting.threads)
            self.resident = self.ask("build", rows=rows)["resident"]
        except BaseException:
            self.close()
            raise

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        """Wake the worker, have it do something, and stop it again.

        Raises:
            WorkerError: it failed, ended, or took longer than it may.
        """
        self.begin(what, **arguments)
        answer = self.go_on(self.patience)
        if answer is None:
            raise WorkerError(f"{self.peer} took more than {self.patience:.0f} s for `{what}`.")
        return answer

    def begin(self, what: str, **arguments: Any) -> None:
        """Tell a worker what to do when it is next awake."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        except BrokenPipeError:
            raise WorkerError(f"{self.peer} ended before `{what}`: {self._last_words()}") from None

    def go_on(self, seconds: float) -> dict[str, Any] | None:
        """Wake the worker for so long, or until it has an answer, and stop it again; give the answer, if there is one.

        Raises:
            WorkerError: it failed or ended.
        """
        assert self._process.stdout
        self._signal(signal.SIGCONT)
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            self._signal(signal.SIGSTOP)
            return None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.peer} ended: {self._last_words()}")
        self._signal(signal.SIGSTOP)
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.peer}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the process and all that it started."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._kept.close()

    def _signal(self, number: int) -> None:
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass

    def _last_words(self) -> str:
        self._printed.seek(0)
        lines = self._printed.read().strip().splitlines()
        return lines[-1] if lines else "nothing was printed"


class Workers:
    """Workers of several peers with one workload. One that fails is told about, and left out from then on.

    Args:
        peers: their names.
        others: as of `Worker`.
    """

    def __init__(self, peers: Iterable[str], workload: str, setting: Setting, **options: Any):
        self.workload = workload
        self.workers: dict[str, Worker] = {}
        try:
            for peer in peers:
                try:
                    self.workers[peer] = Worker(peer, workload, setting, **options)
                except WorkerError as error:
                    tell(f"{workload}: {error}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()

    def ask(self, what: str, *, of: Iterable[str] | None = None, **arguments: Any) -> dict[str, dict[str, Any]]:
        """Ask each in turn, or those that are named; the answers by peer."""
        answers = {}
        for peer in list(self.workers if of is None else of):
            if peer in self.workers:
                try:
                    answers[peer] = self.workers[peer].ask(what, **arguments)
                except WorkerError as error:
                    tell(f"{self.workload}: {error}")
                    if "nothing like it" not in str(error):
                        self.workers.pop(peer).close()
        return answers

    def rounds(self, count: int, what: str, *, of: Iterable[str] | None = None, **arguments: Any) -> dict[str, list[Sample]]:
        """Ask all of them in turn, so often, each round beginning with another; the samples by peer, of those that gave all."""
        samples: dict[str, list[Sample]] = {}
        peers = [peer for peer in (self.workers if of is None else of) if peer in self.workers]
        for number in range(count):
            turn = number % max(len(peers), 1)
            for peer, answer in self.ask(what, of=peers[turn:] + peers[:turn], **arguments).items():
                samples.setdefault(peer, []).append(Sample(answer["wall"], answer["cpu"], answer["others"]))
        return {peer: samples[peer] for peer in peers if len(samples.get(peer, ())) == count}

    def side_by_side(self, what: str, turn: float = 0.5, **arguments: Any) -> dict[str, Sample]:
        """Have each do one long thing, by turns of so many seconds; wall times count the turns alone."""
        walls, samples = dict.fromkeys(self.workers, 0.0), {}
        for worker in self.workers.values():
            worker.begin(what, **arguments)
        at_work = list(walls)
        while at_work:
            for peer in list(at_work):
                began = time.perf_counter()
                try:
                    answer = self.workers[peer].go_on(turn)
                except WorkerError as error:
                    tell(f"{self.workload}: {error}")
                    self.workers.pop(peer).close()
                    at_work.remove(peer)
                    continue
                walls[peer] += time.perf_counter() - began
                if answer is not None:
                    samples[peer] = Sample(walls[peer], answer["cpu"], 0.0)
                    at_work.remove(peer)
        return samples


def tell(what: str) -> None:
    """Say on standard error what is no part of the tables."""
    print(f"({what})", file=sys.stderr, flush=True)


def median(samples: list[Sample], clock: str) -> float:
    """The median of one clock, "cpu" or "wall", in seconds."""
    return statistics.median(getattr(sample, clock) for sample in samples)


def pairs(samples: list[Sample], baseline: list[Sample], clock: str) -> list[float]:
    """The ratios of one clock, "cpu" or "wall", to the baseline's of the same round.

    Of wall times only rounds in which the machine was quiet, where there are at least two.
    """
    both = list(zip(samples, baseline, strict=True))
    if clock == "wall":
        quiet = [(one, base) for one, base in both if max(one.others, base.others) < _QUIET]
        both = quiet if len(quiet) >= 2 else both
    return [getattr(one, clock) / getattr(base, clock) for one, base in both]


def ratio(samples: list[Sample], baseline: list[Sample], clock: str) -> float:
    """The median of `pairs`."""
    return statistics.median(pairs(samples, baseline, clock))
