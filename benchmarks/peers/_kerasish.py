"""kerasish: each tier as a peer."""

import time
from typing import Any, ClassVar

from benchmarks.peers._keras_peer import KerasPeer


class _Kerasish(KerasPeer):
    packages = ("kerasish",)

    def load(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        super().load(threads)

    def library(self) -> Any:
        import kerasish

        return kerasish

    def build(self, work: Any, x: Any, y: Any) -> None:
        super().build(work, x, y)
        self.one_on_device = self.keras.ops.convert_to_tensor(self.one).to(self.device)

    def first_batch(self, rows: int) -> float:
        model, seconds = self.model, []

        def after_batch(batch: int, logs: Any) -> None:
            seconds.append(time.perf_counter() - began)
            model.stop_training = True

        # All rows: how much there is to do may decide what is done before the first batch.
        listener = self.keras.callbacks.LambdaCallback(on_train_batch_end=after_batch)
        began = time.perf_counter()
        self._fit(rows, callbacks=[listener])
        return seconds[0]

    def call_one(self) -> Any:
        return self.model(self.one_on_device).detach().cpu()


class KerasishEager(_Kerasish):
    """Nothing is compiled."""

    title, compile_options = "kerasish", {"jit_compile": False}


class KerasishCompiled(_Kerasish):
    """The step is one compiled program; what is timed begins when it is ready."""

    title, compile_options = "kerasish compiled", {"jit_compile": True}
    patience: ClassVar[float] = 300.0

    def warm_up(self, rows: int) -> dict[str, Any]:
        """Train until nothing is being compiled any more, for so many seconds at most; tell whether all steps are compiled."""
        model, until = self.model, time.monotonic() + self.patience

        def after_epoch(epoch: int, logs: Any) -> None:
            model.stop_training = is_settled(model.compile_report()) or time.monotonic() > until

        # One long fit: for a short one nothing may be worth compiling.
        self._fit(rows, epochs=100_000, callbacks=[self.keras.callbacks.LambdaCallback(on_epoch_end=after_epoch)])
        super().warm_up(rows)
        report = model.compile_report()
        return {"compiled": all(step.status == "compiled" for step in report.steps), "report": str(report)}


class KerasishAuto(KerasishCompiled):
    """What is faster, found out while it trains."""

    title, compile_options = "kerasish auto", {"jit_compile": "auto"}


def is_settled(report: Any) -> bool:
    """Whether steps were looked at, and none is being compiled or tried."""
    return bool(report.steps) and all(step.status != "compiling" for step in report.steps)
