"""Profiling: a loop that times the parts of each training step. A fit that nobody profiles runs none of this."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch

from kerasish.callbacks._callback_list import CallbackList
from kerasish.callbacks._profile_report import PartTime, ProfileReport
from kerasish.callbacks._profiler import Profiler
from kerasish.callbacks._step_trace import StepTrace
from kerasish.engine._feeds import Batch
from kerasish.engine._loop import Loop, Stream
from kerasish.engine._steps import Steps

# What `train_step` calls, by the part of the step that it is.
_PARTS = {
    "_drop_gradients": "optimizer",
    "_call_model": "forward",
    "_call_compute_loss": "loss",
    "_backward": "backward",
    "_update_weights": "optimizer",
    "_count": "metrics",
}
_ORDER = ("data", "forward", "loss", "backward", "optimizer", "metrics", "step", "callbacks", "the rest")
_REMEMBERED = 10_000  # steps whose times are kept for the medians


def make_loop(model: Any, callbacks: CallbackList, steps_per_execution: int, profile: Any, device: torch.device) -> Loop:
    """The loop of a fit, with clocks where there is a `Profiler` among the callbacks or `profile` asks for one.

    Args:
        model, callbacks, steps_per_execution: as for `Loop`.
        profile: False, True, or the folder for a trace.
        device: where the model is trained.

    Raises:
        ValueError: more than one, or an argument that is neither a bool nor a path.
    """
    if not isinstance(profile, (bool, str, os.PathLike)):
        raise ValueError(f"`profile` must be True, False or a folder for the trace; received {profile!r}.")
    found = [callback for callback in callbacks.callbacks if isinstance(callback, Profiler)]
    if profile is not False:
        made = Profiler(None if profile is True else profile)
        callbacks.append(made)
        found.append(made)
    if len(found) > 1:
        raise ValueError(f"A run has one Profiler; received {len(found)}: give `profile` or the callback, not both.")
    if not found:
        return Loop(model, callbacks, steps_per_execution)
    return ProfiledLoop(model, callbacks, steps_per_execution, found[0], device)


class ProfiledLoop(Loop):
    """The loop with a clock at each part of a training step: the same batches, steps and callbacks.

    Args:
        model, callbacks, steps_per_execution: as for `Loop`.
        profiler: who is given the report.
        device: where the model is trained.
    """

    times_parts = True

    def __init__(self, model: Any, callbacks: CallbackList, steps_per_execution: int, profiler: Profiler, device: torch.device):
        super().__init__(model, callbacks, steps_per_execution)
        self.profiler, self.device = profiler, device
        self._clock = _Clock(profiler.trace) if device.type != "cuda" else _ClockWithEvents(profiler.trace, device)
        self._began, self._validation = perf_counter(), 0.0
        self._memory_before = _memory_at_begin(device)

    def run(self, stream: Stream, step: Callable[[Batch], Any], kind: str) -> Any:
        """As `Loop.run`; the steps of training are timed one by one."""
        if kind == "train":
            logs = super().run(_TimedStream(stream, self._clock), self._timed(step), kind)  # type: ignore[arg-type]
            self._clock.end_step()
            return logs
        began = perf_counter()
        logs = super().run(stream, step, kind)
        self._validation += perf_counter() - began
        return logs

    def _timed(self, step: Callable[[Batch], Any]) -> Callable[[Batch], Any]:
        if getattr(step, "__func__", None) is Steps.train_step:
            return partial(Steps.train_step, _TimedParts(step.__self__, self._clock))  # type: ignore[attr-defined]
        return self._clock.timed("step", step)

    def _teller(self, kind: str) -> Callable[[str, int, Any], None]:
        tell = super()._teller(kind)
        return self._clock.timed("callbacks", tell) if kind == "train" else tell

    def end(self) -> None:
        """Write the trace, and give the profiler its report."""
        seconds, trace = perf_counter() - self._began, self.profiler.trace
        if trace is not None:
            trace.end()
        self.profiler.report = report = self._report(seconds, None if trace is None else trace.path)
        self.callbacks.history.profile = report
        if self.profiler.show and report is not None:
            print(report)

    def _report(self, seconds: float, trace: str | None) -> ProfileReport | None:
        """What was timed, None if nothing was."""
        clock = self._clock
        clock.settle()
        if clock.first is None:
            return None
        peak, growth = _peak_memory(self.device, self._memory_before)
        parts = {name: clock.part(name) for name in _ORDER if name in clock.host.names or name == "callbacks"}
        return ProfileReport(
            parts, clock.part("all"), clock.host.count, clock.first * 1e6, clock.host.slowest * 1e6, seconds, self._validation,
            peak, growth, self.device.type == "cuda", trace,
        )  # fmt: skip


class _TimedStream:
    """Stands for a stream; its epochs tell the clock when a step begins, and how long the data took."""

    def __init__(self, stream: Stream, clock: "_Clock"):
        self._stream, self._clock = stream, clock

    def epoch(self) -> Iterator[Batch]:
        clock, batches = self._clock, self._stream.epoch()
        fetch = clock.timed("data", partial(next, batches, None))
        while True:
            clock.begin_step()
            batch = fetch()
            if batch is None:
                clock.drop_step()
                return
            yield batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _TimedParts:
    """Stands for the model in its own `train_step`: everything is the model's, but the parts of the step are timed."""

    def __init__(self, model: Any, clock: "_Clock"):
        self._model = model
        for name, part in _PARTS.items():
            setattr(self, name, clock.timed(part, getattr(model, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Times:
    """Seconds by part over many steps: sums of all, and the last ones for medians."""

    def __init__(self) -> None:
        self.count, self.slowest, self.names = 0, 0.0, set[str]()
        self._sums: dict[str, float] = {}
        self._last: deque[dict[str, float]] = deque(maxlen=_REMEMBERED)

    def add(self, whole: float, parts: dict[str, float]) -> None:
        """Count a step that took so long, and its parts."""
        step = {**parts, "all": whole, "the rest": whole - sum(parts.values())}
        for name, seconds in step.items():
            self._sums[name] = self._sums.get(name, 0.0) + seconds
        self.count += 1
        self.slowest = max(self.slowest, whole)
        self.names.update(step)
        self._last.append(step)

    def median_and_mean(self, name: str) -> tuple[float, float]:
        """Of a part, in microseconds; zeros for what no step had."""
        if not self.count:
            return 0.0, 0.0
        median = float(np.median([step.get(name, 0.0) for step in self._last]))
        return median * 1e6, self._sums.get(name, 0.0) / self.count * 1e6


class _Clock:
    """Times steps and their parts by the host's clock. What happens between `end_step` and `begin_step` is in no step."""

    def __init__(self, trace: StepTrace | None):
        self.host = _Times()
        self.first: float | None = None
        self._trace = trace
        self._spent: dict[str, float] = {}
        self._began: float | None = None

    def timed(self, part: str, function: Callable) -> Callable:
        """The function, with the time that it takes counted for a part of the step."""
        spent, trace = self._spent, self._trace
        named = function if trace is None else _named(function, part, trace)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = perf_counter()
            try:
                return named(*args, **kwargs)
            finally:
                spent[part] = spent.get(part, 0.0) + perf_counter() - began

        return timed

    def begin_step(self) -> None:
        """End the step before, if one was begun, and begin one."""
        self.end_step()
        if self._trace is not None:
            self._trace.step_begins()
        self._spent.clear()
        self._began = perf_counter()

    def end_step(self) -> None:
        """Count the step that was begun, unless there is none; the first and those that are traced are kept apart."""
        if self._began is None:
            return
        whole, self._began = perf_counter() - self._began, None
        if self.first is None:
            self.first = whole
        elif self._trace is None or not self._trace.running:
            self._take(whole)

    def _take(self, whole: float) -> None:
        self.host.add(whole, self._spent)

    def drop_step(self) -> None:
        """Forget the step that was begun: there was no batch for it."""
        self._began = None
        if self._trace is not None:
            self._trace.drop_step()

    def settle(self) -> None:
        """Count what is still to be read."""

    def part(self, name: str) -> PartTime:
        """The times of a part, or of "all"."""
        return PartTime(*self.host.median_and_mean(name))


_Span = tuple[str, torch.cuda.Event, torch.cuda.Event]


class _ClockWithEvents(_Clock):
    """A clock that lets the GPU time the parts as well: events are read when they are over, and nothing waits for them."""

    def __init__(self, trace: StepTrace | None, device: torch.device):
        super().__init__(trace)
        self.device = _Times()
        self._on = device
        self._spans: list[_Span] = []
        self._start: torch.cuda.Event | None = None
        self._waiting: deque[list[_Span]] = deque()
        self._free: list[torch.cuda.Event] = []

    def timed(self, part: str, function: Callable) -> Callable:
        """As the host's clock, with events before and after."""
        by_host = super().timed(part, function)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = self._mark()
            try:
                return by_host(*args, **kwargs)
            finally:
                self._spans.append((part, start, self._mark()))

        return timed

    def begin_step(self) -> None:
        """End the step before, if one was begun, and begin one."""
        super().begin_step()
        self._spans = []
        self._start = self._mark()
        self._began = perf_counter()

    def _take(self, whole: float) -> None:
        super()._take(whole)
        assert self._start is not None
        self._waiting.append([*self._spans, ("all", self._start, self._mark())])
        while self._waiting and self._waiting[0][-1][2].query():
            self._read(self._waiting.popleft())

    def settle(self) -> None:
        """Wait for the GPU, and count its last steps."""
        torch.cuda.synchronize(self._on)
        while self._waiting:
            self._read(self._waiting.popleft())

    def _mark(self) -> torch.cuda.Event:
        event = self._free.pop() if self._free else torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._on))
        return event

    def _read(self, spans: list[_Span]) -> None:
        seconds: dict[str, float] = {}
        for part, start, end in spans:
            seconds[part] = seconds.get(part, 0.0) + start.elapsed_time(end) / 1e3
            self._free += (start, end)
        self.device.add(seconds.pop("all"), seconds)

    def part(self, name: str) -> PartTime:
        """The times of a part, or of "all", by both clocks."""
        return PartTime(*self.host.median_and_mean(name), *self.device.median_and_mean(name))


def _named(function: Callable, part: str, trace: StepTrace) -> Callable:
    """The function, with its name in the trace."""

    def named(*args: Any, **kwargs: Any) -> Any:
        if not trace.running:
            return function(*args, **kwargs)
        with torch.profiler.record_function(part):
            return function(*args, **kwargs)

    return named


def _memory_at_begin(device: torch.device) -> int | None:
    """Bytes that the GPU's tensors take, from where its peak is now counted anew; on the CPU the peak of the process."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)
    return _peak_of_process()


def _peak_memory(device: torch.device, before: int | None) -> tuple[int | None, int | None]:
    """The peak, and how far it is above what was before."""
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else _peak_of_process()
    return peak, None if peak is None or before is None else peak - before


def _peak_of_process() -> int | None:
    """The most bytes that were resident, as the system tells; None where it does not."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
