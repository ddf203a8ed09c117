"""CSVLogger: the logs of each epoch as a line of a table."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np

from kerasish.callbacks._callback import Callback


class CSVLogger(Callback):
    """Write the logs of each epoch into a CSV file.

    Args:
        filename: the file.
        separator: what stands between two values.
        append: write behind what is there.

    >>> CSVLogger("log.csv", separator=";")
    CSVLogger(filename='log.csv', separator=';')
    """

    filename: str | os.PathLike
    separator: str = ","
    append: bool = False

    def __post_init__(self) -> None:
        self.filename = os.fspath(self.filename)
        self.keys: list[str] | None = None
        self._file: IO[str] | None = None
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the file."""
        self._close()
        path = Path(self.filename)
        self._has_header = self.append and path.exists() and path.stat().st_size > 0
        self._file = open(path, "a" if self.append else "w", newline="", encoding="utf-8")
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write a line."""
        logs = logs if logs is not None else {}
        if self.keys is None:
            self._begin_table(sorted(logs))
        self._writer.writerow({"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys or []}})
        assert self._file is not None
        self._file.flush()

    def _begin_table(self, keys: list[str]) -> None:
        """Settle the columns; those of validation are there also where the first epoch has none."""
        if not any(key.startswith("val_") for key in keys):
            keys = [*keys, *(f"val_{key}" for key in keys)]
        self.keys = keys
        assert self._file is not None
        self._writer = csv.DictWriter(self._file, ["epoch", *keys], delimiter=self.separator, lineterminator="\n")
        if not self._has_header:
            self._writer.writeheader()

    def on_train_end(self, logs: Any = None) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or np.ndim(value) == 0:  # type: ignore[arg-type]
        return value
    return f'"[{", ".join(map(str, value))}]"'
