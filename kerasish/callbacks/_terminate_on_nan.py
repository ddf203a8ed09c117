"""TerminateOnNaN: end training when the loss is no number any more."""

import math
from typing import Any

from kerasish.callbacks._callback import Callback


class TerminateOnNaN(Callback):
    """Stop training when the loss becomes NaN or infinite. It reads the loss after each batch, which waits for the device.

    Args:
        raise_error: raise instead, so that no callback hears of the end of the training.

    Raises:
        RuntimeError: the loss is NaN or infinite, and `raise_error` is True.

    >>> TerminateOnNaN(raise_error=True)
    TerminateOnNaN(raise_error=True)
    """

    raise_error: bool = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = logs.get("loss") if logs is not None else None
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"The loss became {loss} at batch {batch}.")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
