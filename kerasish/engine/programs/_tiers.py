"""Tiers: steps are eager at once, and become a compiled program when one is ready, right and faster."""

import logging
import statistics
import time
import warnings
from collections.abc import Callable, Hashable
from typing import Any

import torch

from kerasish.engine.programs import _beside, _checking
from kerasish.engine.programs._building import build
from kerasish.engine.programs._capturing import CapturedProgram, make_capturable
from kerasish.engine.programs._program import LibraryProgram, form_of
from kerasish.engine.programs._programs import Programs, StepReport
from kerasish.engine.programs._state import StepState, Uncapturable
from kerasish.engine.programs._writing import write_down

logger = logging.getLogger("kerasish")

_LOOK_EVERY = 0.1  # seconds
_NEVER = 1 << 62
_WINDOW = 0.03  # seconds that each turn of a trial lasts
_TURNS = 6
_CLEARLY = 0.98
# Seconds that compiling takes, as it was last seen; a run must have more than twice that to go.
_costs = {"compile": 15.0, "capture": 0.5}
_OFTEN = 16  # how many batches of a form there must have been for `jit_compile=True` to compile it


class TieredStep:
    """The training step of one run: call it with a batch.

    Args:
        model: what is trained.
        eager: the model's own step.
        programs: what has been compiled so far.
        total: how many steps the run will have, None if that is not known yet.
    """

    def __init__(self, model: Any, eager: Callable[[Any], Any], programs: Programs, total: int | None):
        self.model, self.eager, self.programs, self.total = model, eager, programs, total
        self._step: Callable[[Any], Any] = eager
        self._until_look = self._last = self._taken = 0
        self._began = time.perf_counter()
        self._began_at = 0
        self._job: _beside.Beside | None = None
        self._main: Hashable = None  # the form of the first batch, which most batches have
        self._form: Hashable = None
        self._counts: dict[Hashable, int] = {}
        self._trial: _Trial | None = None
        self._off = False
        self._on_gpu = model._training_device().type == "cuda"

    def __call__(self, batch: Any) -> Any:
        """Learn from a batch; give the logs."""
        self._until_look -= 1
        if self._until_look < 0:
            self._look(batch)
        return self._step(batch)

    def begin_epoch(self, left: int | None) -> None:
        """Say how many steps are still to come; what was between two epochs does not count as time of steps."""
        if left is not None:
            self.total = self._taken + self._last - self._until_look - 1 + left
        if self._trial is not None:
            self._turn()

    def close(self) -> None:
        """End what is still being compiled."""
        if self._job is not None:
            self._job.stop()
            report = self.programs.reports[self._form]
            report.status, report.reason = "eager", "training ended before the compiled step was ready"
            self._job = None

    # Looking: now and then, between two batches.

    def _look(self, batch: Any) -> None:
        now = time.perf_counter()
        self._taken += self._last
        if self._main is None:
            self._main = form_of(batch)
            self._look_after(1)  # the first step is eager: it makes whatever is not there yet
        elif self._trial is not None:
            self._go_on_with_trial()
        elif self._job is not None:
            self._ask(now)
        elif not self._off and self._step == self.eager:
            self._consider(batch, now)
        else:
            self._look_after(_NEVER)

    def _look_after(self, steps: int) -> None:
        self._until_look, self._last = steps - 1, steps

    def _look_later(self, now: float) -> None:
        """Look again in about so many steps as take a tenth of a second."""
        taken, elapsed = self._taken - self._began_at, now - self._began
        rate = taken / elapsed if elapsed > 0 and taken else 10.0
        self._look_after(max(1, min(int(rate * _LOOK_EVERY), 100_000)))

    def _refuse(self, reason: str) -> None:
        """Leave the steps for batches of this form eager, and say why."""
        self._step, self._off = self._dispatch if self.programs.ready else self.eager, True
        self._look_after(_NEVER)
        report = self.programs.reports[self._form]
        report.status, report.reason = "refused", reason
        logger.info("kerasish: training stays eager: %s", reason)
        if self.programs.mode is True:
            warnings.warn(f"`jit_compile=True`, but the training step was not compiled: {reason}.", stacklevel=6)

    def _start_over(self) -> None:
        """The model was moved or rebuilt in the midst of training: what was compiled is for memory that is gone."""
        self.programs.forget()
        self._trial = None
        self._step, self._began, self._began_at = self.eager, time.perf_counter(), self._taken
        self._look_after(1)

    # Deciding.

    def _consider(self, batch: Any, now: float) -> None:
        """Start to compile, if the steps to come are worth it."""
        programs = self.programs
        if programs.state is not None and not programs.state.is_current():
            programs.forget()
        form = form_of(batch)
        if form in programs.ready:
            self._use_programs()
            return
        if form != self._main:
            self._look_after(1)
            return
        if programs.mode is not True:
            if self._taken == 1:  # the first step made what was not there yet, and tells nothing
                self._began, self._began_at = now, 1
            if not self._is_worth_it(now):
                self._look_later(now)
                return
        reason = why_not(self.model)
        self._form, report = form, programs.of(form, batch)
        if reason is None and programs.mode is not True and not self._on_gpu and not _beside.is_possible():
            reason = "this system cannot compile beside the training; jit_compile=True compiles before it"
        if reason is not None:
            self._refuse(reason)
            return
        if report.status == "refused":
            self._refuse(report.reason)
            return
        try:
            self._start(batch, report)
        except (Uncapturable, OSError) as error:
            self._refuse(str(error))

    def _is_worth_it(self, now: float) -> bool:
        taken, elapsed = self._taken - self._began_at, now - self._began
        if taken < 3 or elapsed < _LOOK_EVERY:
            return False
        # Where nobody knows how long a run will be, it is as likely as not to go on for as long as it has gone on.
        left = elapsed if self.total is None else max(self.total - self._taken, 0) * elapsed / taken
        return left > 2 * _costs["capture" if self._on_gpu else "compile"]

    def _start(self, batch: Any, report: StepReport) -> None:
        programs = self.programs
        if programs.state is None:
            if self._on_gpu:
                make_capturable(self.model._training.optimizer)
            programs.state = StepState(self.model, self.model._training)
        report.status, report.reason = "compiling", ""
        state, eager, options, threads = programs.state, self.model.train_step, programs.options, torch.get_num_threads()
        if self._on_gpu:
            self._take_captured(state, eager, batch, report)
            return

        def work() -> dict[str, Any]:
            return compile_and_check(state, eager, batch, threads, options)

        if programs.mode is True:
            done = _in_child(work) if _beside.is_possible() else work()
            self._take(done)
        else:
            self._job = _beside.Beside(work)
            logger.debug("kerasish: compiling the training step beside the training")
            self._look_later(time.perf_counter())

    def _ask(self, now: float) -> None:
        assert self._job is not None
        done = self._job.result()
        if done is None:
            self._look_later(now)
            return
        self._job = None
        self._take(done)

    def _take(self, done: dict[str, Any]) -> None:
        """Take over what the compiler made."""
        programs = self.programs
        report, state = programs.reports[self._form], programs.state
        if "error" in done:
            self._refuse(done["error"])
            return
        if state is None or not state.is_valid():
            report.status, report.reason = "eager", "the model was moved while its step was compiled"
            self._start_over()
            return
        report.compile_seconds, report.cached = done["seconds"], done["cached"]
        if not report.cached:
            _costs["compile"] = done["seconds"]
        try:
            program = LibraryProgram(state, {tuple(decided): path for decided, path in done["libraries"]})
        except RuntimeError as error:
            self._refuse(f"the compiled step cannot be loaded: {_beside.first_line(error)}")
            return
        self._try_out(program, report)

    def _take_captured(self, state: StepState, eager: Callable[[Any], Any], batch: Any, report: StepReport) -> None:
        """Capture the step on a GPU, which takes the time of some steps, and hold it against the eager one."""
        began = time.perf_counter()
        program = CapturedProgram(state, eager, batch)
        off = _checking.difference(state, eager, program, batch)
        if off is not None:
            raise Uncapturable(off)
        _costs["capture"] = report.compile_seconds = time.perf_counter() - began
        self._try_out(program, report)

    def _try_out(self, program: Callable[[Any], None], report: StepReport) -> None:
        """Use a program; where nobody asked for it, only if a trial shows that it is faster."""
        self.programs.ready[self._form] = program
        if self.programs.mode is True:
            report.status = "compiled"
            self._use_programs()
        else:
            self._trial = _Trial(self._on_gpu)
            self._turn()

    # Running.

    def _use_programs(self) -> None:
        self._step = self._dispatch
        self._look_after(_NEVER)

    def _dispatch(self, batch: Any) -> Any:
        program = self.programs.ready.get(form_of(batch))
        if program is None:
            return self._other(batch)
        state = self.programs.state
        if state is None or not state.is_valid():
            self._start_over()
            return self.eager(batch)
        program(batch)
        return self.model.get_metrics_result()

    def _other(self, batch: Any) -> Any:
        """A batch of a form that has no program, such as the last one of an epoch: eager, unless there are many of them."""
        form = form_of(batch)
        count = self._counts[form] = self._counts.get(form, 0) + 1
        if count == _OFTEN and self.programs.mode is True and form not in self.programs.reports:
            self._form = form
            self.programs.of(form, batch)
            try:
                self._start(batch, self.programs.reports[form])
            except (Uncapturable, OSError) as error:
                self._refuse(str(error))
        return self.eager(batch)

    # The trial: eager and compiled steps in turns, all of which train.

    def _turn(self) -> None:
        assert self._trial is not None
        self._step = self._dispatch if self._trial.compiled else self.eager
        self._trial.begin()
        self._look_after(self._trial.steps)

    def _go_on_with_trial(self) -> None:
        trial, report = self._trial, self.programs.reports[self._form]
        assert trial is not None
        if not trial.end():
            self._turn()
            return
        self._trial = None
        report.eager_us, report.compiled_us = trial.microseconds(False), trial.microseconds(True)
        if report.compiled_us < _CLEARLY * report.eager_us:
            report.status = "compiled"
            logger.debug("kerasish: training steps are compiled: %s", report)
            self._use_programs()
        else:
            del self.programs.ready[self._form]
            self._refuse(f"the compiled step is not faster: {report.compiled_us:.0f} µs against {report.eager_us:.0f} µs")


class _Trial:
    """Which way has its turn, and how long its steps took."""

    def __init__(self, on_gpu: bool) -> None:
        self.steps, self.compiled, self._on_gpu = 1, True, on_gpu
        self._seconds: dict[bool, list[float]] = {True: [], False: []}
        self._warmed: set[bool] = set()
        self._began = 0.0

    def begin(self) -> None:
        if self._on_gpu:
            torch.cuda.synchronize()
        self._began = time.perf_counter()

    def end(self) -> bool:
        """Note a turn; say whether the trial is over."""
        if self._on_gpu:
            torch.cuda.synchronize()
        elapsed = time.perf_counter() - self._began
        if self.compiled in self._warmed:
            self._seconds[self.compiled].append(elapsed / self.steps)
            if len(self._seconds[False]) == _TURNS and len(self._seconds[True]) == _TURNS:
                return True
        self._warmed.add(self.compiled)
        self.steps = max(1, min(int(_WINDOW / max(elapsed / self.steps, 1e-6)), 10_000))
        self.compiled = not self.compiled
        return False

    def microseconds(self, compiled: bool) -> float:
        return statistics.median(self._seconds[compiled]) * 1e6


def why_not(model: Any) -> str | None:
    """Say why the steps of a model cannot be compiled as one, None if they can."""
    state = model._training
    for name in ("train_step", "compute_metrics"):
        method = getattr(type(model), name)
        if not method.__module__.startswith("kerasish.engine.") or name in model.__dict__:
            return f"`{name}` is the model's own"
    if state.optimizer is None or not state.trained:
        return "nothing is trained"
    if model._training_device().type not in ("cpu", "cuda"):
        return f"steps are not compiled on a device of type {model._training_device().type!r}"
    return None


def compile_and_check(
    state: StepState, eager: Callable[[Any], Any], batch: Any, threads: int, options: dict[str, Any]
) -> dict[str, Any]:
    """Compile a step for batches such as this one, and hold it against the eager step.

    Returns: `libraries` by decisions, `cached`, `seconds`; or `error`, whatever the compiler raised, for training goes on.
    """
    began = time.perf_counter()
    try:
        libraries, found = {}, []
        for decided in state.state.optimizer.possible_decisions():
            libraries[decided], cached = build(write_down(state, batch, decided), threads, options)
            found.append(cached)
        seconds = time.perf_counter() - began
        off = _checking.difference(state, eager, LibraryProgram(state, libraries), batch, steps=len(found))
    except Uncapturable as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {_beside.first_line(error)}"}
    if off is not None:
        return {"error": off}
    return {"libraries": [[list(decided), path] for decided, path in libraries.items()], "cached": all(found), "seconds": seconds}


def _in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    job = _beside.Beside(work, is_urgent=True)
    try:
        done = job.result(float("inf"))
    finally:
        job.stop()
    assert done is not None
    return done
