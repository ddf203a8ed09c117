"""Profiler: asks `fit` where its time and memory go."""

import os
from typing import Any

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._profile_report import ProfileReport
from kerasish.callbacks._step_trace import StepTrace


class Profiler(Callback):
    """Time the parts of each training step of a `fit`, and print a table at its end; `fit(profile=True)` adds one.

    The parts are timed by the host's clock; on a GPU also by events that the device times by itself, so that no step waits.
    Only training steps are timed: `evaluate` and `predict` are not. With `jit_compile="auto"` a profiled fit is eager, for a
    compiled step has no parts; `True` times the compiled step as a whole.

    Args:
        log_dir: a folder to write a trace of some steps to, for https://ui.perfetto.dev or TensorBoard; None writes none.
        first_step: the first step that is traced, counted from 1.
        steps: how many steps are traced; they are left out of the table, for tracing makes them slower.
        show: print the table.

    Attributes:
        report: the `ProfileReport` of the last fit, which is `history.profile` too; None before.

    Raises:
        ValueError: `first_step` or `steps` is not a positive integer.

    >>> Profiler("logs", first_step=10)
    Profiler(log_dir='logs', first_step=10)
    """

    log_dir: str | os.PathLike | None = None
    first_step: int = 3
    steps: int = 5
    show: bool = True

    def __post_init__(self) -> None:
        trace = StepTrace(self.log_dir or "", self.first_step, self.steps, "`first_step` and `steps`")
        self.trace: StepTrace | None = None if self.log_dir is None else trace
        self.report: ProfileReport | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin to count steps."""
        self.report = None
        if self.trace is not None:
            self.trace.begin()
