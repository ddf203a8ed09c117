"""The one loop: batches go through a step, and callbacks are told. `fit`, `evaluate` and `predict` are runs of it."""

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from kerasish.callbacks._callback import LambdaCallback
from kerasish.callbacks._callback_list import CallbackList
from kerasish.engine._feeds import Batch, Feed
from kerasish.engine._logs import Logs

# What a callback sets on the model to end a run after the batch.
_STOPS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


class Stream:
    """A feed as epochs of so many steps; with a number of steps, one pass over the data may last several epochs."""

    def __init__(self, feed: Feed, steps: int | None, argument: str = "steps"):
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps <= 0):
            raise ValueError(f"`{argument}` must be a positive integer; received {steps!r}.")
        self.feed, self.steps = feed, steps
        self.ran_out = False
        self.taken = 0
        self._iterator: Iterator[Batch] | None = None
        self._length_seen: int | None = None

    @property
    def length(self) -> int | None:
        """The steps of an epoch; learned in the first where the data does not tell it."""
        known = self.feed.length if self.feed.length is not None else self._length_seen
        return self.steps if self.steps is not None else known

    def rewind(self) -> None:
        """Begin with the first batch again, where the data can."""
        self._iterator = None

    def epoch(self) -> Iterator[Batch]:
        """The batches of one epoch. A pass that ends in an epoch ends it; the next one begins a new pass."""
        self.taken, self.ran_out = 0, False
        if self.steps is None:
            for batch in self.feed:
                self.taken += 1
                yield batch
            self._length_seen = self.taken
            self.ran_out = self.taken == 0
            return
        for _ in range(self.steps):
            batch = self._next()
            if batch is None:
                self.ran_out, self._iterator = True, None
                return
            self.taken += 1
            yield batch

    def _next(self) -> Batch | None:
        begun = self._iterator is not None
        if self._iterator is None:
            self._iterator = iter(self.feed)
        batch = next(self._iterator, None)
        if batch is None and begun and self.taken == 0:
            # The pass ended with the epoch before.
            self._iterator = iter(self.feed)
            batch = next(self._iterator, None)
        return batch


class Loop:
    """Runs steps over streams and tells the callbacks.

    Args:
        model: its `stop_training`, `stop_evaluating` or `stop_predicting` ends the run after the batch.
        callbacks: who is told.
        steps_per_execution: batches between two calls of the batch hooks.
    """

    times_parts = False  # whether the parts of eager steps are timed one by one

    def __init__(self, model: Any, callbacks: CallbackList, steps_per_execution: int = 1):
        self.model, self.callbacks, self.steps_per_execution = model, callbacks, steps_per_execution

    def run(self, stream: Stream, step: Callable[[Batch], Any], kind: str) -> Any:
        """Take one epoch through a step; give what the last step gave.

        Args:
            stream: the batches.
            step: what is done with a batch; gives logs.
            kind: "train", "test" or "predict": which hooks are called.
        """
        batches, stop = stream.epoch(), _STOPS[kind]
        begin, end = f"on_{kind}_batch_begin", f"on_{kind}_batch_end"
        heard_begin, heard_end = self.callbacks.listens(begin), self.callbacks.listens(end)
        model, logs = self.model, None
        if not (heard_begin or heard_end):
            for batch in batches:
                logs = step(batch)
                if getattr(model, stop):
                    break
            return logs
        tell = self._teller(kind)
        while True:
            group = islice(batches, self.steps_per_execution)
            batch = next(group, None)
            if batch is None:
                break
            if heard_begin:
                tell(begin, stream.taken - 1, {})
            logs = step(batch)
            for batch in group:
                logs = step(batch)
            if heard_end:
                tell(end, stream.taken - 1, {"outputs": logs} if kind == "predict" else _as_logs(logs))
            if getattr(model, stop):
                break
        return logs

    def end(self) -> None:
        """Called when all epochs are over, however they ended."""

    def _teller(self, kind: str) -> Callable[[str, int, Any], None]:
        """What tells the callbacks of a batch. In those of users the model is as everywhere outside of a training step."""
        tell = self.callbacks.tell_batch
        if kind != "train" or not any(is_of_user(callback) for callback in self.callbacks.callbacks):
            return tell
        modules = list(self.model.modules())

        def tell_outside_of_training(hook: str, index: int, logs: Any) -> None:
            for module in modules:
                module.__dict__["training"] = False
            tell(hook, index, logs)
            for module in modules:
                module.__dict__["training"] = True

        return tell_outside_of_training

    def check_data(self, stream: Stream, epoch: int) -> None:
        """Warn when the data gave less than an epoch wants, and stop where it gave nothing.

        Raises:
            ValueError: there was no data at all.
        """
        if not stream.ran_out:
            return
        if stream.taken == 0 and epoch == 0:
            raise ValueError("The data is empty: it gave no batch.")
        if stream.steps is None:
            what = "gave no batch in this epoch. Is it a generator that is used up? Give a Dataset, or `steps_per_epoch`."
        else:
            what = f"gave {stream.taken} of the {stream.steps} batches that an epoch wants. Let it repeat, or lower the steps."
        ends = " Training stops here." if stream.taken == 0 else ""
        warnings.warn(f"The data ran out: it {what}{ends}", stacklevel=4)
        if stream.taken == 0:
            self.model.stop_training = True


def is_of_user(callback: Any) -> bool:
    """Say whether a callback is a user's, which may do anything, not one of the library's."""
    return isinstance(callback, LambdaCallback) or not type(callback).__module__.startswith("kerasish.")


def _as_logs(results: Any) -> Any:
    """What a step gave as logs; tensors of a user's own step become numbers when somebody looks."""
    if isinstance(results, Logs):
        return results
    return Logs(lambda: results) if isinstance(results, dict) else {}
