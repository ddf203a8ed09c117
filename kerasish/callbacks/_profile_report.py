"""ProfileReport: where the time of a fit went, and how much memory it took."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PartTime:
    """The time of one part of a step, in microseconds.

    Attributes:
        median: over the last 10,000 steps.
        mean: over all steps.
        device_median, device_mean: the same by the GPU's clock, from when it came to the part until it was done with it,
            waiting for the host included; None on the CPU.
    """

    median: float
    mean: float
    device_median: float | None = None
    device_mean: float | None = None


@dataclass(frozen=True)
class ProfileReport:
    """Where the training steps of a fit spent their time; `print` it for a table.

    Attributes:
        parts: times by part: data, forward, loss, backward, optimizer, metrics, callbacks, and the rest. A step that is
            compiled or a user's own is one part, step.
        step: the time of the whole step.
        steps: how many steps were counted: not the first, which prepares things, and not those that were traced.
        first_step: microseconds of the first step.
        slowest_step: microseconds of the slowest that was counted: what is compiled in the midst of training shows here.
        seconds: wall time of the whole fit.
        validation_seconds: of this, the time of validation.
        peak_memory: the most bytes in use: on a GPU by torch's tensors during the fit, on the CPU by the process since it
            began; None where the system does not tell.
        memory_growth: how far that is above what was in use (GPU) or the peak (CPU) when the fit began.
        on_gpu: whether the model was trained on a GPU.
        trace: the file of the trace, None without one.
    """

    parts: Mapping[str, PartTime]
    step: PartTime
    steps: int
    first_step: float
    slowest_step: float
    seconds: float
    validation_seconds: float
    peak_memory: int | None
    memory_growth: int | None
    on_gpu: bool
    trace: str | None

    def share(self, part: str) -> float:
        """The share of a part in the mean step, from 0 to 1; on a GPU by its own clock.

        Raises:
            KeyError: the steps had no such part.
        """
        if part not in self.parts:
            raise KeyError(f"The steps had no part {part!r}, but {', '.join(self.parts)}.")
        mine, whole = self.parts[part], self.step
        if mine.device_mean is not None and whole.device_mean:
            return mine.device_mean / whole.device_mean
        return mine.mean / whole.mean if whole.mean else 0.0

    def __str__(self) -> str:
        heads = ["median µs", "mean µs"] + (["GPU median", "GPU mean"] if self.on_gpu else []) + ["share"]
        lines = [f"{'a training step':16}" + "".join(f"{head:>12}" for head in heads)]
        for name, time in (*self.parts.items(), ("all", self.step)):
            numbers = [time.median, time.mean]
            if self.on_gpu:
                numbers += [time.device_median or 0.0, time.device_mean or 0.0]
            share = 1.0 if time is self.step else self.share(name)
            lines.append(f"{name:16}" + "".join(f"{number:12.1f}" for number in numbers) + f"{share:12.1%}")
        slowest, first = (f"{time / 1000:.1f} ms" for time in (self.slowest_step, self.first_step))
        lines.append(f"{self.steps} steps counted, the slowest took {slowest}; the first, not counted, {first}")
        lines.append(f"fit took {self.seconds:.2f} s, of which validation {self.validation_seconds:.2f} s")
        if self.peak_memory is not None:
            what = "GPU memory" if self.on_gpu else "memory of the process"
            growth = "" if self.memory_growth is None else f", {_mebibytes(self.memory_growth)} more than before"
            lines.append(f"peak {what}: {_mebibytes(self.peak_memory)}{growth}")
        if self.trace is not None:
            lines.append(f"trace: {self.trace}")
        return "\n".join(lines)


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
