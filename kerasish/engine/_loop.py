"""The one loop: batches go through a step, and callbacks are told. `fit`, `evaluate` and `predict` are runs of it."""

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from kerasish.callbacks._callback_list import CallbackList
from kerasish.engine._feeds import Batch, Feed
from kerasish.engine._logs import Logs


class Stream:
    """A feed as epochs of so many steps; with a number of steps, one pass over the data may last several epochs."""

    def __init__(self, feed: Feed, steps: int | None):
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps <= 0):
            raise ValueError(f"A number of steps must be a positive integer; received {steps!r}.")
        self.feed, self.steps = feed, steps
        self.ran_out = False
        self._iterator: Iterator[Batch] | None = None
        self._length_seen: int | None = None

    @property
    def length(self) -> int | None:
        """The steps of an epoch; learned in the first where the data does not tell it."""
        known = self.feed.length if self.feed.length is not None else self._length_seen
        return self.steps if self.steps is not None else known

    def epoch(self) -> Iterator[Batch]:
        """The batches of one epoch."""
        if self.steps is None:
            count = 0
            for batch in self.feed:
                count += 1
                yield batch
            self._length_seen = count
            self.ran_out = count == 0
            return
        for _ in range(self.steps):
            batch = self._next()
            if batch is None:
                self.ran_out = True
                return
            yield batch

    def _next(self) -> Batch | None:
        fresh = self._iterator is None
        if self._iterator is None:
            self._iterator = iter(self.feed)
        batch = next(self._iterator, None)
        if batch is None and not fresh and (self.feed.length or 0) > (self.steps or 0):
            self._iterator = None
            return self._next()
        return batch


class Loop:
    """Runs steps over streams and tells the callbacks.

    Args:
        model: its `stop_training` ends the run after the batch.
        callbacks: who is told.
        steps_per_execution: batches between two calls of the batch hooks.
    """

    def __init__(self, model: Any, callbacks: CallbackList, steps_per_execution: int = 1):
        self.model, self.callbacks, self.steps_per_execution = model, callbacks, steps_per_execution

    def run(self, stream: Stream, step: Callable[[Batch], Any], kind: str) -> Any:
        """Take one epoch through a step; give what the last step gave.

        Args:
            stream: the batches.
            step: what is done with a batch; gives logs.
            kind: "train", "test" or "predict": which hooks are called.
        """
        batches = stream.epoch()
        tell = self.callbacks.tell_batch
        begin, end = f"on_{kind}_batch_begin", f"on_{kind}_batch_end"
        heard_begin, heard_end = self.callbacks.listens(begin), self.callbacks.listens(end)
        model, logs, index = self.model, None, -1
        if not (heard_begin or heard_end):
            for batch in batches:
                logs = step(batch)
                if model.stop_training:
                    break
            return logs
        while True:
            group = islice(batches, self.steps_per_execution)
            batch = next(group, None)
            if batch is None:
                break
            if heard_begin:
                tell(begin, index + 1, {})
            index, logs = index + 1, step(batch)
            for batch in group:
                index, logs = index + 1, step(batch)
            if heard_end:
                tell(end, index, logs if isinstance(logs, (dict, Logs)) else {"outputs": logs})
            if model.stop_training:
                break
        return logs

    def check_data(self, stream: Stream, epoch: int) -> None:
        """Warn and stop when the data gave less than an epoch wants.

        Raises:
            ValueError: there was no data at all.
        """
        if not stream.ran_out:
            return
        if stream.steps is None:
            if epoch == 0:
                raise ValueError("The data is empty: it gave no batch.")
            what = "gave no batch in this epoch. Is it a generator that is used up? Give a Dataset, or `steps_per_epoch`."
        else:
            what = f"gave less than the {stream.steps} batches that an epoch wants. Let it repeat, or lower the steps."
        warnings.warn(f"The data ran out: it {what} Training stops here.", stacklevel=4)
        self.model.stop_training = True
