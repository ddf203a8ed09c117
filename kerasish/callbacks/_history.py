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
        self._rows: list[tuple[int, dict[str, Any]]] = []

    def __repr__(self) -> str:
        return f"<kerasish.callbacks.History object at {id(self):#x}>"

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin with no epochs."""
        self.epoch, self.profile = [], None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note an epoch's logs."""
        self.epoch.append(epoch)
        self._rows.append((epoch, dict(logs or {})))
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self

    def to_pandas(self) -> Any:
        """A DataFrame with a row for each epoch and a column for each log; NaN where an epoch did not measure it.

        Raises:
            ImportError: pandas is not there: `pip install kerasish[pandas]`.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("`to_pandas` needs pandas: pip install kerasish[pandas]") from error
        epochs = pandas.Index([epoch for epoch, _ in self._rows], name="epoch", dtype="int64")
        return pandas.DataFrame([logs for _, logs in self._rows], index=epochs, columns=list(self.history))

    def plot(self) -> Any:
        """Draw each log over the epochs in a new figure, and give matplotlib's axes.

        Raises:
            ImportError: matplotlib is not there: `pip install kerasish[matplotlib]`.
        """
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError("`plot` needs matplotlib: pip install kerasish[matplotlib]") from error
        _, axes = pyplot.subplots()
        for name in self.history:
            drawn = [(epoch, logs[name]) for epoch, logs in self._rows if name in logs]
            axes.plot(*zip(*drawn), label=name)
        axes.set_xlabel("epoch")
        axes.legend()
        return axes
