"""StepTrace: some steps of a run, recorded by torch's profiler."""

import os
import time
import warnings
from typing import Any
from weakref import WeakSet

import torch

# At most one: torch records one trace at a time.
_RECORDING: "WeakSet[StepTrace]" = WeakSet()


class StepTrace:
    """Records some steps of a run as a file for Perfetto, chrome://tracing and TensorBoard.

    Args:
        folder: where the file goes; made if it is not there.
        first: the first step that is recorded, counted from 1.
        steps: how many are recorded.
        argument: what the caller names these, for errors.

    Attributes:
        running: whether steps are being recorded now.
        path: the file, None before it is written.

    Raises:
        ValueError: numbers that are not positive integers.
    """

    def __init__(self, folder: str | os.PathLike, first: int, steps: int, argument: str):
        for number in (first, steps):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError(f"{argument} must be positive integers; received {number!r}.")
        self.folder, self.first, self.last = folder, first, first + steps - 1
        self.running = False
        self.path: str | None = None
        self._profiler: Any = None
        self._range: Any = None
        self._step = 0

    def begin(self) -> None:
        """Begin to count steps; a trace that a run left behind when it failed is dropped.

        Raises:
            RuntimeError: torch's profiler is at work already, and there can be only one.
        """
        for left in list(_RECORDING):
            left._stop()
        self._step, self.path = 0, None
        if torch.autograd._profiler_enabled():  # type: ignore[reportPrivateImportUsage]
            raise RuntimeError("torch.profiler is running already, and cannot record two traces at once: stop it before `fit`.")

    def step_begins(self) -> None:
        """Called before each step."""
        self._step += 1
        self._leave_range()
        if self._step == self.first and not self.running:
            self._start()
        elif self._step > self.last and self.running:
            self._write()
        if self.running:
            # The name by which TensorBoard finds the steps.
            self._range = torch.profiler.record_function(f"ProfilerStep#{self._step}")
            self._range.__enter__()

    def drop_step(self) -> None:
        """Called when there is no batch for the step that began."""
        self._step -= 1
        self._leave_range()

    def end(self) -> None:
        """Write what was recorded, when the run ends before the last step to record; warn if it ended before the first."""
        self._leave_range()
        if self.running:
            self._write()
        elif 0 < self._step < self.first:
            warnings.warn(
                f"No trace was written: training ended after {self._step} steps, and step {self.first} was to be the first.",
                stacklevel=2,
            )

    def _leave_range(self) -> None:
        leaving, self._range = self._range, None
        if leaving is not None:
            leaving.__exit__(None, None, None)

    def _start(self) -> None:
        if torch.autograd._profiler_enabled():  # type: ignore[reportPrivateImportUsage]
            warnings.warn("No trace was written: torch.profiler was recording something else.", stacklevel=2)
            return
        kinds = torch.profiler.ProfilerActivity
        activities = [kinds.CPU, *([kinds.CUDA] if torch.cuda.is_available() else [])]
        self._profiler = torch.profiler.profile(activities=activities, record_shapes=True, profile_memory=True)
        self._profiler.start()
        self.running = True
        _RECORDING.add(self)

    def _stop(self) -> Any:
        self._leave_range()
        recorded, self._profiler, self.running = self._profiler, None, False
        _RECORDING.discard(self)
        recorded.stop()
        return recorded

    def _write(self) -> None:
        recorded = self._stop()
        os.makedirs(self.folder, exist_ok=True)
        last = min(self._step, self.last)
        path = os.path.join(self.folder, f"steps_{self.first}_to_{last}.{time.time_ns()}.pt.trace.json")
        recorded.export_chrome_trace(path)
        self.path = path
