"""Callbacks that set the learning rate: by a function of the epoch, or when a number no longer gets better."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._monitoring import Monitoring


def _optimizers(model: Any) -> Iterator[tuple[str, Any]]:
    """The optimizers of a model, with the name that messages and logs give each: "" of a single one."""
    several = getattr(model.optimizer, "optimizers", None)
    if several is None:
        yield "", model.optimizer
    else:
        yield from ((optimizer.name, optimizer) for optimizer in several)


def _note_rates(model: Any, logs: Any) -> None:
    """Put the learning rates among the logs."""
    if logs is not None:
        for name, optimizer in _optimizers(model):
            logs[f"learning_rate_{name}" if name else "learning_rate"] = float(optimizer.learning_rate)


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of each epoch.

    Args:
        schedule: takes the epoch, from 0, and the learning rate; gives the new one. It may take the epoch alone.
        verbose: 1 says what is set.

    >>> LearningRateScheduler(lambda epoch, rate: rate * 0.9, verbose=1).verbose
    1
    """

    schedule: Callable
    verbose: int = 0

    def __post_init__(self) -> None:
        if not callable(self.schedule):
            raise ValueError(f"`schedule` must be a function of the epoch and the learning rate; received {self.schedule!r}.")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the learning rate."""
        for name, optimizer in _optimizers(self.model):
            rate = float(optimizer.learning_rate)
            rate = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
            rate = rate.item() if hasattr(rate, "item") else rate
            if not isinstance(rate, (float, np.floating)):
                raise ValueError(f"`schedule` must give a float; received {rate!r} for epoch {epoch}.")
            optimizer.learning_rate = float(rate)
            if self.verbose:
                whose = f"{name} learning rate" if name else "learning rate"
                print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose} to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Put the learning rate among the logs."""
        _note_rates(self.model, logs)


def _takes_two(function: Callable) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # written in C, without a signature
        return True
    return True


class ReduceLROnPlateau(Monitoring, Callback):
    """Multiply the learning rate by `factor` when a number of the logs has not got better for some epochs.

    Args:
        monitor: which number.
        factor: below 1.
        patience: epochs without improvement that are borne.
        verbose: 1 says what is done.
        mode: "min" or "max" is better; "auto" tells it by the metric.
        min_delta: by how much it must be better to count.
        cooldown: epochs to wait after a reduction.
        min_lr: the learning rate never goes below.

    >>> ReduceLROnPlateau(factor=0.2, patience=5)
    ReduceLROnPlateau(factor=0.2, patience=5)
    """

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    verbose: int = 0
    mode: str = "auto"
    min_delta: float = 1e-4
    cooldown: int = 0
    min_lr: float = 0.0

    def __post_init__(self) -> None:
        if self.factor >= 1.0:
            raise ValueError(f"`factor` must be less than 1; received {self.factor}.")
        self._check_mode()
        self._start_over()

    def _start_over(self) -> None:
        self.best: Any = None
        self.cooldown_counter = self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin without a best epoch."""
        self._start_over()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note a better epoch, or lose patience."""
        _note_rates(self.model, logs)
        current = self._monitored(logs, "the learning rate stays")
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def in_cooldown(self) -> bool:
        """Say whether a reduction was so short a time ago that nothing is counted."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> bool:
        """Lower the learning rates that can be lowered, and say whether there were any."""
        reduced = False
        for name, optimizer in _optimizers(self.model):
            rate = float(optimizer.learning_rate)
            if rate > np.float32(self.min_lr):
                lower = max(rate * self.factor, self.min_lr)
                optimizer.learning_rate = lower
                reduced = True
                if self.verbose:
                    whose = f" {name}" if name else ""
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{whose} learning rate to {lower}.")
        return reduced
