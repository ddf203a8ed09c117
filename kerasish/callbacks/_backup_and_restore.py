"""BackupAndRestore: go on where a training was interrupted."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._model_checkpoint import BatchCount


class BackupAndRestore(Callback):
    """Keep the state of a training in a folder, so that `fit`, called again after a crash, goes on from there.

    The weights, the optimizer and the number of the epoch are kept; an epoch that was broken off begins again.

    Args:
        backup_dir: a folder for this training alone.
        save_freq: "epoch", or a number of batches; False saves nothing.
        double_checkpoint: also keep the state before, for the case that the last file cannot be read.
        delete_checkpoint: remove the files when the training is over.

    >>> BackupAndRestore("backup", save_freq=100)
    BackupAndRestore(backup_dir='backup', save_freq=100)
    """

    backup_dir: str | os.PathLike
    save_freq: str | int = "epoch"
    double_checkpoint: bool = False
    delete_checkpoint: bool = True

    def __post_init__(self) -> None:
        if not self.backup_dir:
            raise ValueError("`backup_dir` must name a folder; received an empty path.")
        folder = Path(self.backup_dir)
        self._weights, self._metadata = folder / "latest.weights.h5", folder / "training_metadata.json"
        self._count = BatchCount(self.save_freq)
        self._idle_hooks = () if self._count.every else ("on_train_batch_end",)
        self._epoch = self._batch = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Take up what an interrupted training left."""
        try:
            self._restore(self._weights, self._metadata)
        except (OSError, ValueError):
            before = _previous(self._weights)
            if not before.exists():
                raise
            self._restore(before, _previous(self._metadata))

    def _restore(self, weights: Path, metadata: Path) -> None:
        if not weights.exists():
            return
        state = json.loads(metadata.read_text()) if metadata.exists() else {}
        model = self.model
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        model.load_weights(str(weights))
        if "epoch" in state:
            model._initial_epoch = self._epoch = state["epoch"]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self._epoch, self._batch = epoch, 0
        self._count.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save, if so many batches have gone by."""
        self._batch = batch
        if self._count.is_due(batch):
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, if that is for each epoch."""
        self._epoch, self._batch = epoch + 1, 0
        if self.save_freq == "epoch":
            self._save()

    def _save(self) -> None:
        self._weights.parent.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._metadata):
                if path.exists():
                    shutil.copyfile(path, _previous(path))
        self.model.save_weights(str(self._weights), overwrite=True)
        written = self._metadata.with_suffix(".json.tmp")
        written.write_text(json.dumps({"epoch": self._epoch, "batch": self._batch}))
        os.replace(written, self._metadata)

    def on_train_end(self, logs: Any = None) -> None:
        """Remove the files if the training is over; others that are in the folder stay, and the folder with them."""
        over = self.model.stop_training or self._epoch >= (self.params or {}).get("epochs", 0)
        if not self.delete_checkpoint or not over:  # Ctrl-C also ends here, and is to be taken up again
            return
        for path in (self._weights, self._metadata):
            path.unlink(missing_ok=True)
            _previous(path).unlink(missing_ok=True)
        folder = self._weights.parent
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def _previous(path: Path) -> Path:
    """The file of the state before: it keeps its ending, which says how it is read."""
    return path.with_name(f"previous.{path.name}")
