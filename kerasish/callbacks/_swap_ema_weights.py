"""SwapEMAWeights: measure the model with the running averages of its weights."""

from collections.abc import Iterator
from typing import Any

import torch

from kerasish.callbacks._callback import Callback


class SwapEMAWeights(Callback):
    """Put the optimizer's averages of the weights into the model while it is evaluated; needs an optimizer with `use_ema=True`.

    Args:
        swap_on_epoch: also from the end of each epoch to the beginning of the next, where a ModelCheckpoint saves.

    Raises:
        ValueError: the optimizer keeps no averages.

    >>> SwapEMAWeights(swap_on_epoch=True)
    SwapEMAWeights(swap_on_epoch=True)
    """

    swap_on_epoch: bool = False

    def __post_init__(self) -> None:
        self._swapped = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Put the trained weights back."""
        if self.swap_on_epoch:
            self._swap(to_averages=False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Put the averages in, for the callbacks that follow."""
        if not self.swap_on_epoch:
            return
        self._swap(to_averages=True)
        if epoch == (self.params or {}).get("epochs", 0) - 1:
            # The end of training copies the averages into the model: by then they lie in the model itself.
            with torch.no_grad():
                for variable, average in self._pairs():
                    average.copy_(variable)

    def on_test_begin(self, logs: Any = None) -> None:
        """Put the averages in."""
        self._swap(to_averages=True)

    def on_test_end(self, logs: Any = None) -> None:
        """Put the trained weights back."""
        self._swap(to_averages=False)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Put the averages in."""
        self._swap(to_averages=True)

    def on_predict_end(self, logs: Any = None) -> None:
        """Put the trained weights back."""
        self._swap(to_averages=False)

    def _swap(self, to_averages: bool) -> None:
        if to_averages == self._swapped:
            return
        with torch.no_grad():
            for variable, average in self._pairs():
                kept = variable.clone()
                variable.copy_(average)
                average.copy_(kept)
        self._swapped = to_averages

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """The variables, each with its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        optimizers = getattr(optimizer, "optimizers", [optimizer])
        if not any(getattr(one, "use_ema", False) for one in optimizers):
            raise ValueError("SwapEMAWeights needs an optimizer with use_ema=True, e.g. optimizers.Adam(use_ema=True).")
        for one in optimizers:
            if getattr(one, "use_ema", False):
                averages = one._model_variables_moving_average
                yield from (pair for pair in zip(one._trainable_variables, averages) if pair[1] is not None)
