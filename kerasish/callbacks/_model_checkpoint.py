"""ModelCheckpoint: save the model, or its weights, as training goes."""

import os
import warnings
from pathlib import Path
from typing import Any

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._monitoring import Monitoring, is_scalar


class ModelCheckpoint(Monitoring, Callback):
    """Save the model after each epoch, after the best ones, or every so many batches.

    Args:
        filepath: ends in ".keras"; of weights only in ".weights.h5" or ".safetensors". It may hold `{epoch:02d}`,
            `{batch}` and any log, `{val_loss:.2f}`.
        monitor: the number that says which epoch is best.
        verbose: 1 says what is done.
        save_best_only: save only when that number got better.
        save_weights_only: save no architecture.
        mode: "min" or "max" is better; "auto" tells it by the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: what the first best must beat.

    >>> ModelCheckpoint("best.keras", save_best_only=True)
    ModelCheckpoint(filepath='best.keras', save_best_only=True)
    """

    filepath: str | os.PathLike
    monitor: str = "val_loss"
    verbose: int = 0
    save_best_only: bool = False
    save_weights_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None

    def __post_init__(self) -> None:
        self._check_mode()
        self.filepath = os.fspath(self.filepath)
        self.best = self.initial_value_threshold
        self._count = BatchCount(self.save_freq)
        self._idle_hooks = () if self._count.every else ("on_train_batch_end",)
        self._epoch = 0
        allowed = (".weights.h5", ".safetensors") if self.save_weights_only else (".keras",)
        if not self.filepath.endswith(allowed):
            what = "with save_weights_only=True" if self.save_weights_only else "of a whole model"
            raise ValueError(f"`filepath` {what} must end in {' or '.join(allowed)}; received {self.filepath!r}.")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self._epoch = epoch
        self._count.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save, if so many batches have gone by."""
        if self._count.is_due(batch):
            self._save(self._epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, if that is for each epoch."""
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: Any) -> None:
        logs = logs if logs is not None else {}
        path = self._path(epoch, batch, logs)
        if self.save_best_only and not self._is_best(epoch, logs, path):
            return
        if not self.save_best_only and self.verbose:
            print(f"\nEpoch {epoch + 1}: saving model to {path}")
        if Path(path).is_dir():
            raise IsADirectoryError(f"`filepath` of ModelCheckpoint must be a file; received the folder {path!r}.")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _path(self, epoch: int, batch: int | None, logs: Any) -> str:
        known = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1})}
        try:
            # The logs are looked at only where the path names one of them.
            return self.filepath.format_map(_Fields(known, logs))  # type: ignore[union-attr]
        except KeyError as error:
            raise KeyError(
                f"`filepath` {self.filepath!r} names {error}, which is none of {', '.join([*known, *logs])}."
            ) from error

    def _is_best(self, epoch: int, logs: Any, path: str) -> bool:
        current = self._monitored(logs, "every epoch is saved")
        if current is None:
            return True
        if not is_scalar(current):
            warnings.warn(f"`{self.monitor}` is not one number, so every epoch is saved.", stacklevel=5)
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        better = self._is_improvement(current, self.best)
        if better:
            self.best = current
        if self.verbose and better:
            print(f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        elif self.verbose:
            print(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
        return better


class _Fields(dict):
    """The fields of a path: what is known, and behind it the logs."""

    def __init__(self, known: dict[str, Any], logs: Any):
        super().__init__(known)
        self._logs = logs

    def __missing__(self, key: str) -> Any:
        return self._logs[key]


class BatchCount:
    """Count batches over epochs, and say when there have been so many again.

    Args:
        every: a number of batches; "epoch" or False count nothing.
    """

    def __init__(self, every: str | int):
        if every != "epoch" and not isinstance(every, int) or isinstance(every, int) and every is not False and every < 1:
            raise ValueError(f"`save_freq` must be 'epoch' or a positive number of batches; received {every!r}.")
        self.every = 0 if every == "epoch" else int(every)
        self._seen, self._last = 0, -1

    def begin_epoch(self) -> None:
        """Expect batches to be counted from 0 again."""
        self._last = -1

    def is_due(self, batch: int) -> bool:
        """Count up to this batch; a step of `steps_per_execution` batches counts as so many."""
        if not self.every:
            return False
        self._seen += batch - self._last
        self._last = batch
        if self._seen < self.every:
            return False
        self._seen = 0
        return True
