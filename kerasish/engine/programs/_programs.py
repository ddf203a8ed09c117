"""What of a model has been compiled, and the report on it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from kerasish.engine.programs._program import told
from kerasish.engine.programs._state import StepState


@dataclass
class StepReport:
    """What became of the steps for batches of one form.

    Attributes:
        batch: the form.
        status: "eager", "compiling", "compiled" or "refused".
        reason: why, where it is not compiled.
        compile_seconds: how long the compiler took.
        cached: whether the result was in torch's cache on the disk.
        eager_us, compiled_us: microseconds a step, with all that belongs to it, where both were timed.
    """

    batch: str
    status: str = "eager"
    reason: str = ""
    compile_seconds: float | None = None
    cached: bool = False
    eager_us: float | None = None
    compiled_us: float | None = None

    def __str__(self) -> str:
        parts = [f"{self.batch}: {self.status}"]
        if self.reason:
            parts.append(f"({self.reason})")
        if self.compile_seconds is not None:
            parts.append(f"in {self.compile_seconds:.1f} s{' from the cache' if self.cached else ''}")
        if self.eager_us and self.compiled_us:
            parts.append(f"{self.compiled_us:.0f} µs a step, eager {self.eager_us:.0f} µs")
        return " ".join(parts)


@dataclass
class CompileReport:
    """What `jit_compile` has led to.

    Attributes:
        mode: what was asked for: True, False or "auto".
        steps: one report for each form of batches for which compiling was considered.
    """

    mode: bool | str
    steps: list[StepReport] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.steps:
            return f"jit_compile={self.mode!r}: all steps are eager."
        return "\n".join([f"jit_compile={self.mode!r}", *(f"  {step}" for step in self.steps)])


class Programs:
    """The compiled steps of a model, kept from one `fit` to the next."""

    def __init__(self, mode: bool | str, options: dict[str, Any]):
        self.mode, self.options = mode, options
        self.report = CompileReport(mode)
        self.state: StepState | None = None
        self.ready: dict[Hashable, Callable[[Any], None]] = {}
        self.reports: dict[Hashable, StepReport] = {}
        self.alone: Callable[[Any], Any] | None = None  # the step that `train_on_batch` makes

    def of(self, form: Hashable, batch: Any) -> StepReport:
        """The report on a form of batches, which is made if need be."""
        if form not in self.reports:
            self.reports[form] = StepReport(told(batch))
            self.report.steps.append(self.reports[form])
        return self.reports[form]

    def forget(self) -> None:
        """Drop what was compiled for another state."""
        self.state = None
        self.ready.clear()
        self.reports.clear()

    def __deepcopy__(self, memo: Any) -> "Programs":
        return Programs(self.mode, dict(self.options))

    def __reduce__(self) -> Any:
        return Programs, (self.mode, self.options)
