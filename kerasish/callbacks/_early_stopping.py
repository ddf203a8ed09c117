"""EarlyStopping: end training when a number no longer gets better."""

from typing import Any

from torch import Tensor

from kerasish.callbacks._callback import Callback
from kerasish.callbacks._monitoring import Monitoring


class EarlyStopping(Monitoring, Callback):
    """Stop training when a number of the logs has not got better for some epochs.

    Args:
        monitor: which number.
        min_delta: by how much it must be better to count.
        patience: epochs without improvement that are borne.
        verbose: 1 says what is done.
        mode: "min" or "max" is better; "auto" tells it by the metric.
        baseline: an improvement must also beat this, else the patience runs on.
        restore_best_weights: give the model the weights of the best epoch in the end.
        start_from_epoch: epochs before which nothing is watched.

    >>> EarlyStopping("loss", patience=3)
    EarlyStopping(monitor='loss', patience=3)
    """

    monitor: str = "val_loss"
    min_delta: float = 0
    patience: int = 0
    verbose: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def __post_init__(self) -> None:
        self._check_mode()
        self._start_over()

    def _start_over(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: Any = None
        self.best_weights: list[Tensor] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin without a best epoch."""
        self._start_over()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note a better epoch, or lose patience."""
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        better = self._is_improvement(current, self.best)
        if better:
            self.best, self.best_epoch = current, epoch
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        if self.restore_best_weights and (better or self.best_weights is None):
            self._keep_weights()
        if not better and self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Give the best weights back, if that is wanted."""
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Any) -> Any:
        """The number watched; yours to override."""
        return self._monitored(logs, "training does not stop early")

    def _keep_weights(self) -> None:
        """Copy the weights, where they are: nothing crosses from device to host."""
        if self.best_weights is None:
            self.best_weights = [weight.detach().clone() for weight in self.model.weights]
            return
        for kept, weight in zip(self.best_weights, self.model.weights, strict=True):
            kept.copy_(weight.detach())
