"""CheckpointManager: many checkpoints in one folder, the old ones deleted."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasish.train._checkpoint import Checkpoint
from kerasish.train._latest import ENDING, read_note, write_note


class CheckpointManager:
    """Save a checkpoint again and again to one folder, and keep the last ones.

    Args:
        checkpoint: what to save.
        directory: the folder; made when first saved to.
        max_to_keep: how many files are kept; None for all.
        keep_checkpoint_every_n_hours: one file in so many hours is kept for good.
        checkpoint_name: the beginning of the files' names.
        step_counter: a Variable that counts steps, for `checkpoint_interval`.
        checkpoint_interval: `save` does nothing until so many steps have passed since the last one.
        init_fn: called by `restore_or_initialize` where there is nothing to restore.

    Raises:
        ValueError: arguments that are out of range, or an interval without a counter.

    >>> import tempfile
    >>> from kerasish.core import Variable
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manager = CheckpointManager(Checkpoint(x=Variable(1.0)), folder, max_to_keep=2)
    ...     paths = [manager.save() for _ in range(3)]
    ...     len(manager.checkpoints), manager.latest_checkpoint == paths[-1]
    (2, True)
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
    ):
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"`max_to_keep` must be a positive integer or None; received {max_to_keep!r}.")
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError("`checkpoint_interval` is counted by `step_counter`; give both.")
        self.checkpoint, self._folder, self._most = checkpoint, Path(os.fspath(directory)), max_to_keep
        self._hours, self._name, self._init = keep_checkpoint_every_n_hours, checkpoint_name, init_fn
        self._steps, self.checkpoint_interval = step_counter, checkpoint_interval
        self._last_step: int | None = None
        noted = read_note(self._folder)
        form = re.compile(rf"{re.escape(checkpoint_name)}-\d+")
        there = [entry for entry in noted if form.fullmatch(Path(entry["path"]).name) and Path(entry["path"] + ENDING).is_file()]
        self._entries: list[dict[str, Any]] = there
        self._kept_last = there[0]["time"] if there else time.time()

    @property
    def directory(self) -> str:
        """The folder."""
        return os.fspath(self._folder)

    @property
    def checkpoints(self) -> list[str]:
        """The paths of the files that may yet be deleted, the latest last."""
        return [entry["path"] for entry in self._entries]

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the latest file."""
        return self._entries[-1]["path"] if self._entries else None

    def save(self, checkpoint_number: Any = None, check_interval: bool = True) -> str | None:
        """Save, and delete what is more than `max_to_keep`.

        Args:
            checkpoint_number: the number in the file's name; how often the checkpoint was saved by default.
            check_interval: False saves whatever `checkpoint_interval` says.

        Returns: the path, or None if the interval has not passed.
        """
        if self.checkpoint_interval is not None and check_interval and self._last_step is not None:
            if int(self._steps) < self._last_step + self.checkpoint_interval:
                return None
        counter = self.checkpoint.save_counter
        counter.assign_add(1)
        number = int(counter) if checkpoint_number is None else int(checkpoint_number)
        try:
            path = self.checkpoint.write(self._folder / f"{self._name}-{number}")
        except BaseException:
            counter.assign_sub(1)
            raise
        if self._steps is not None:
            self._last_step = int(self._steps)
        self._entries = [entry for entry in self._entries if entry["path"] != path]
        self._entries.append({"path": path, "time": time.time()})
        doomed = self._sweep()
        write_note(self._folder, self._entries)
        for entry in doomed:
            Path(entry["path"] + ENDING).unlink(missing_ok=True)
        return path

    def _sweep(self) -> list[dict[str, Any]]:
        """Take out of the list what is too much, and give those of it that are to be deleted."""
        doomed = []
        while self._most is not None and len(self._entries) > self._most:
            oldest = self._entries.pop(0)
            if self._hours is not None and oldest["time"] - self._kept_last >= self._hours * 3600:
                self._kept_last = oldest["time"]
            else:
                doomed.append(oldest)
        return doomed

    def restore_or_initialize(self) -> str | None:
        """Restore the latest file and give its path; where there is none, call `init_fn` and give None."""
        path = self.latest_checkpoint
        if path is not None:
            self.checkpoint.restore(path)
            if self._steps is not None:
                self._last_step = int(self._steps)
            return path
        if self._init is not None:
            self._init()
        return None
