"""History: what `fit` returns."""

from typing import Any

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._profile_report import ProfileReport


class History(Callback):
    """The logs of all epochs: `history.history["loss"]` is a list with one number an epoch.

    Attributes:
        history: a list of numbers for each log.
        epoch: the epochs' numbers, from 0.
        params: verbose, epochs, steps.
        profile: where the time of the last fit went, if it was profiled.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.profile: ProfileReport | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin with no epochs."""
        self.epoch, self.profile = [], None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note an epoch's logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
