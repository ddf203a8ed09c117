"""The computing batch: how many rows go through a model at once, found by measurement where the answer does not depend on it."""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.callbacks._callback_list import CallbackList
from kerasish.config import merge_batches
from kerasish.engine._adding_up import adds_up
from kerasish.engine._feeds import ArrayFeed, Batch
from kerasish.engine._loop import Stream
from kerasish.layers._layer_weights import modules_of

_ENOUGH = 0.97  # a size is better if a row takes less than this part of the time
_RUNS = (3, 6)  # runs of a size that are timed: so many at least, and at most
_SECONDS = 0.005  # … with no more than the least if they take this long
_SHARE = 8  # a computing batch takes at most this part of the free memory
_CPU_BYTES = 1 << 28  # … and on the CPU no more than this, which is far beyond what its caches hold


class ComputingBatch:
    """Finds the batch size at which a row takes a model the least time, while it does its work.

    Args:
        size: rows at first: the user's batch.
        limit: rows at most.

    Attributes:
        size: the best size known.
        wanted: the size to be measured next; None when all is known.
        rows_apart: whether a row's output was seen not to depend on the rows beside it; None before that was tried.
    """

    def __init__(self, size: int, limit: int):
        self.size, self.limit = size, limit
        self.rows_apart: bool | None = None
        self._search = self._searched()
        self.wanted: int | None = next(self._search, None)

    def next(self, left: int) -> int:
        """The size for the next batch, when so many rows are left."""
        return min(self.size if self.wanted is None or self.wanted > left else self.wanted, left)

    def note(self, size: int, seconds: float) -> None:
        """Take the time that a batch took."""
        if self.wanted == size:
            try:
                self.wanted = self._search.send(seconds)
            except StopIteration:
                self.wanted = None

    def stay(self, size: int) -> None:
        """Keep to this size from now on."""
        self.size, self.wanted = size, None
        self._search.close()

    def _searched(self) -> Generator[int, float, None]:
        """Ask for one measurement after the other: sizes up by powers of two while that helps, or else down."""
        given = self.size
        for factor in (2.0, 0.5):
            size = self.size * factor
            while 1 <= size <= self.limit:
                part = yield from self._compared(int(size), self.size)
                if part > _ENOUGH:
                    break
                self.size = int(size)
                # Where a row takes little more than half the time, the next size is most likely better still.
                size *= factor * factor if part < 0.6 and 1 <= size * factor * factor <= self.limit else factor
            if self.size != given:
                # What was measured while something else took the machine's time would be believed for good.
                part = yield from self._compared(self.size, given)
                if part <= _ENOUGH:
                    return
                self.size = given

    def _compared(self, size: int, other: int) -> Generator[int, float, float]:
        """The time for a row at one size as a part of that at another."""
        new = yield from self._measured(size)
        return new / (yield from self._measured(other))

    def _measured(self, size: int) -> Generator[int, float, float]:
        """The seconds for a row at this size: the least of several runs, without the first, which other sizes disturb."""
        yield size
        times: list[float] = []
        while len(times) < _RUNS[0] or len(times) < _RUNS[1] and sum(times) < _SECONDS:
            times.append((yield size))
        return min(times) / size


class ComputingStream(Stream):
    """The rows of arrays in computing batches; `taken` counts in the user's batches.

    Args:
        feed: the arrays, in the user's batches.
        steps: how many of those to take; None for all.
        batch: the size.
        step: what computes a batch.
    """

    feed: ArrayFeed

    def __init__(self, feed: ArrayFeed, steps: int | None, batch: ComputingBatch, step: Callable[[Batch], Any]):
        super().__init__(feed, steps)
        self._batch, self._step = batch, step
        rows = feed.rows or 0
        self._rows = rows if steps is None else min(rows, steps * feed.batch_size)

    def epoch(self) -> Iterator[Batch]:
        """The batches, of the size that is best or is to be measured. The time between two of them is that of the first."""
        given = self.feed.batch_size
        for at, size in self._places():
            self.taken = -(-(at + size) // given)
            part = self.feed.rows_from(at, size)
            with self._timed(size):
                yield part

    def _places(self) -> Iterator[tuple[int, int]]:
        """Where each batch begins, and its size."""
        batch, given, at = self._batch, self.feed.batch_size, 0
        while at < self._rows:
            left = self._rows - at
            size = min(max(given, 2), left) if batch.rows_apart is None else batch.next(left)
            yield at, size
            at += size

    @contextmanager
    def _timed(self, size: int) -> Iterator[None]:
        """Note what a batch takes, if its size is the one to be measured."""
        if self._batch.wanted != size:
            yield
            return
        began = self._now()
        yield
        self._batch.note(size, self._now() - began)

    def step(self, batch: Batch) -> Any:
        """Compute a batch. Should one larger than the user's fail, it is computed in the user's batches."""
        known, given = self._batch, self.feed.batch_size
        rows = _rows(batch)
        if known.rows_apart is None:
            return self._first(batch)
        try:
            return self._step(batch)
        except RuntimeError:
            if rows <= given:
                raise
        known.stay(given)
        return self._in_given_batches(batch)

    def _in_given_batches(self, batch: Batch) -> Any:
        """The outputs for a batch, computed in the user's batches."""
        given = self.feed.batch_size
        parts = [self._step(_part(batch, at, given)) for at in range(0, _rows(batch), given)]
        return _tree.map_structure(lambda *leaves: torch.cat(leaves), *parts)

    def _first(self, batch: Batch) -> Any:
        """Compute the first batch, and some of its rows in two parts: do they come out the same?"""
        before = _random_state(self.feed.device)
        outputs = self._step(batch)
        apart = torch.equal(before, _random_state(self.feed.device))
        rows = min(_rows(batch), 64)
        if apart and rows > 1:
            at = rows // 3 or 1
            try:
                parts = self._step(_part(batch, 0, at)), self._step(_part(batch, at, rows - at))
                apart = _are_parts(outputs, parts, rows, _rows(batch))
            except (RuntimeError, IndexError, ValueError):  # a graph that was written for one batch size
                apart = False
        self._batch.rows_apart = apart
        if not apart:
            given = self.feed.batch_size
            self._batch.stay(given)
            if _rows(batch) > given:
                _set_random_state(self.feed.device, before)
                return self._in_given_batches(batch)
        return outputs

    def _now(self) -> float:
        """The time in seconds. One thread's own, where it does all, is not disturbed by what else the machine does."""
        if self.feed.device.type == "cuda":
            torch.cuda.synchronize(self.feed.device)
        elif torch.get_num_threads() == 1:
            return time.thread_time()
        return time.perf_counter()


class MeasuringStream(ComputingStream):
    """The user's batches, each with the outputs for it, which come out of computing batches.

    Where the loss and the metrics add up over rows, computing batches are not parted into the user's; `taken` counts these.

    Args:
        model: gives the outputs.
        feed, steps, batch: as for `ComputingStream`.
    """

    def __init__(self, model: Any, feed: ArrayFeed, steps: int | None, batch: ComputingBatch):
        super().__init__(feed, steps, batch, self._outputs)
        self._model = model

    def epoch(self) -> Iterator[Any]:
        """The batches of the user, as `measure` takes them."""
        given, rest = self.feed.batch_size, None
        for at, size in self._places():
            part = self.feed.rows_from(at, size)
            before = _random_state(self.feed.device) if self._batch.rows_apart is None else None
            with self._timed(size):
                outputs = self.step(part)
            if not self._batch.rows_apart:
                for batch in self._as_given(part, outputs, before):
                    self.taken += 1
                    yield batch
                continue
            rows = (part, outputs) if rest is None else _tree.map_structure(_joined, rest, (part, outputs))
            (_, y, sample_weight), (y_pred, masks) = rows
            if not masks and adds_up(self._model._training, y, y_pred, sample_weight):
                self.taken, rest = -(-(at + size) // given), None
                yield rows
                continue
            batches = _split(rows, given)
            is_short = self._row_count(batches[-1]) < given and at + size < self._rows
            rest = batches.pop() if is_short else None
            for batch in batches:
                self.taken += 1
                yield batch

    def _as_given(self, part: Batch, outputs: Any, before: Tensor | None) -> Iterator[Any]:
        """What was computed as the user's batches, where rows depend on each other: the first may have been larger."""
        given = self.feed.batch_size
        if _rows(part) <= given:
            yield part, outputs
            return
        assert before is not None
        _set_random_state(self.feed.device, before)
        for batch in _split(part, given):
            yield batch, self._step(batch)

    def measure(self, batch: Any) -> Any:
        """Give the loss and the metrics of a batch, whose outputs are there, to the model's means; give the logs."""
        (x, y, sample_weight), (y_pred, masks) = batch
        if masks:
            leaves = _tree.flatten(y_pred)
            for i, mask in masks.items():
                leaves[i]._keras_mask = mask
        return self._model._measure_outputs(x, y, y_pred, sample_weight)

    def _outputs(self, batch: Batch) -> tuple[Any, dict[int, Tensor]]:
        """The outputs, and the masks of those that have one, by their number: parts of a tensor do not keep its mask."""
        outputs = self._model._call_model(batch[0])
        masks = {i: leaf._keras_mask for i, leaf in enumerate(_tree.flatten(outputs)) if hasattr(leaf, "_keras_mask")}
        return outputs, masks

    def _row_count(self, batch: Any) -> int:
        return _rows(batch[0])


# What is known, by model: for each form of data the graph that it was measured with, and the computing batch. It is no part of a
# model, whose copies may live elsewhere.
_known: WeakKeyDictionary[Any, dict[Any, tuple[Any, ComputingBatch]]] = WeakKeyDictionary()


def computing_stream(model: Any, stream: Stream, step: Callable[[Batch], Any], heard: CallbackList) -> ComputingStream | None:
    """A stream in computing batches, where the answer does not depend on them and nobody would see them; else None."""
    feed, hooks = stream.feed, ("on_predict_batch_begin", "on_predict_batch_end")
    if not _may_merge(model, stream, heard, hooks) or not model._has_plain_step("predict_step"):
        return None
    assert type(feed) is ArrayFeed
    return ComputingStream(feed, stream.steps, _batch_of(model, feed), step)


def measuring_stream(model: Any, stream: Stream, heard: CallbackList) -> MeasuringStream | None:
    """The user's batches with their outputs, which are computed as `predict` computes them; None where that may be seen."""
    feed, hooks = stream.feed, ("on_test_batch_begin", "on_test_batch_end")
    if not _may_merge(model, stream, heard, hooks) or not all(map(model._has_plain_step, _MEASURING)):
        return None
    assert type(feed) is ArrayFeed
    return MeasuringStream(model, feed, stream.steps, _batch_of(model, feed))


_MEASURING = ("test_step", "compute_loss", "compute_metrics")


def _may_merge(model: Any, stream: Stream, heard: CallbackList, hooks: tuple[str, str]) -> bool:
    """Say whether rows may go through a model in other batches than the user's."""
    feed = stream.feed
    if type(feed) is not ArrayFeed or feed.rows is None or feed.rows <= feed.batch_size:
        return False
    if stream.steps is not None and stream.steps > (feed.length or 0):
        return False
    if not merge_batches() or torch.are_deterministic_algorithms_enabled():
        return False
    return not heard.listens_in_person(*hooks) and rows_are_apart(model)


def _batch_of(model: Any, feed: ArrayFeed) -> ComputingBatch:
    """What is known of the size at which a model computes such data the quickest."""
    x = feed.first()[0]
    form = tuple((*leaf.shape[1:], leaf.dtype) for leaf in _leaves(x))
    key = (form, feed.device, torch.get_num_threads())
    plan, batch = _known.setdefault(model, {}).get(key, (None, None))
    if batch is None or plan is not model._plan:
        batch = ComputingBatch(feed.batch_size, _rows_in_memory(model, x, feed.device))
        _known[model][key] = (model._plan, batch)
    return batch


def rows_are_apart(model: Any) -> bool:
    """Say whether a model is a graph of the library's own layers, of which none looks at more than one row outside of training.

    Layers and models of users' own may do anything with a batch, and so may hooks. What functions and axes do is not known here:
    it is seen when a first batch is computed in parts.
    """
    if "_plan" not in model.__dict__ or _has_global_hooks():
        return False
    for module in modules_of(model):
        state = module.__dict__
        if not type(module).__module__.startswith("kerasish.") or getattr(module, "_mixes_rows", False):
            return False
        if state.get("activity_regularizer") is not None:
            return False  # a loss for each call, which `losses` shows
        if state["_forward_hooks"] or state["_forward_pre_hooks"] or not state.keys().isdisjoint(_REPLACED):
            return False
        plan = state.get("_plan")
        if plan is not None and any(call.kwargs.get("training") for call in plan.calls):
            return False
    return True


_REPLACED = {"call", "forward", "__call__", "predict_step", "_call_model"}


def _has_global_hooks() -> bool:
    module = torch.nn.modules.module
    return bool(module._global_forward_hooks or module._global_forward_pre_hooks)


def _rows_in_memory(model: Any, x: Any, device: torch.device) -> int:
    """How many rows may be computed at once: as if all that the graph's calls give were there at the same time, twice."""
    leaves = _leaves(x)
    unknown = max((size for leaf in leaves for size in leaf.shape[1:]), default=1)  # the length of a sequence, say
    bytes_a_row = sum(leaf[:1].nbytes for leaf in leaves)
    for graph in modules_of(model):
        for call in graph.__dict__["_plan"].calls if "_plan" in graph.__dict__ else ():
            for shape, _ in call.outputs:
                count = 1
                for size in shape[1:]:
                    count *= unknown if size is None else size
                bytes_a_row += 2 * 4 * count
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // _SHARE // bytes_a_row
    return min(_free_memory() // _SHARE, _CPU_BYTES) // bytes_a_row


def _free_memory() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on Linux
        return _CPU_BYTES * _SHARE


def _leaves(tree: Any) -> list[Tensor]:
    return [leaf for leaf in _tree.flatten(tree) if isinstance(leaf, Tensor)]


def _rows(batch: Batch) -> int:
    return _leaves(batch[0])[0].shape[0]


def _part(batch: Batch, at: int, size: int) -> Batch:
    return _tree.map_structure(lambda leaf: None if leaf is None else leaf[at : at + size], batch[0]), None, None


def _joined(*parts: Any) -> Any:
    return None if parts[0] is None else torch.cat(parts)


def _split(rows: Any, size: int) -> list[Any]:
    """A tree of rows as one of so many after the other; the last may have fewer."""
    parts = [leaf if leaf is None else leaf.split(size) for leaf in _tree.flatten(rows)]
    count = max(len(part) for part in parts if part is not None)
    return [_tree.pack_sequence_as(rows, [part if part is None else part[i] for part in parts]) for i in range(count)]


def _are_parts(outputs: Any, parts: tuple, rows: int, of: int) -> bool:
    """Say whether the outputs of some rows computed in parts are those of the same rows in a batch of so many."""
    flat, *pieces = (_tree.flatten(tree) for tree in (outputs, *parts))
    return all(len(piece) == len(flat) for piece in pieces) and all(
        all(isinstance(leaf, Tensor) and leaf.dim() for leaf in (whole, *leaves))
        and len(whole) == of
        and _is_close(whole[:rows], torch.cat(leaves))
        for whole, *leaves in zip(flat, *pieces, strict=True)
    )


def _is_close(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape or not (a.is_floating_point() or a.is_complex()):
        return torch.equal(a, b)
    tolerance = torch.finfo(a.dtype).eps ** 0.5
    largest = a.abs().nan_to_num(0, 0, 0).max().item() if a.numel() else 0.0
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def _random_state(device: torch.device) -> Tensor:
    state = torch.get_rng_state()
    return torch.cat([state, torch.cuda.get_rng_state(device)]) if device.type == "cuda" else state


def _set_random_state(device: torch.device, state: Tensor) -> None:
    """Take up a state that `_random_state` gave."""
    size = len(torch.get_rng_state())
    torch.set_rng_state(state[:size])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[size:], device)
