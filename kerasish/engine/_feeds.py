"""Feeds: data of any kind as one kind of object, batches of `(x, y, sample_weight)` on the device, with a length or none."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _edges, _tree
from kerasish.data._py_dataset import PyDataset
from kerasish.engine import _arrays
from kerasish.engine._data_tuples import unpack_x_y_sample_weight
from kerasish.engine._prefetch import CopyStream, copy_stream, is_sent, prefetched

Batch = tuple[Any, Any, Any]

_AHEAD = 1  # batches that are gathered and copied to a GPU before they are asked for


class Feed:
    """Batches for one run: iterate once an epoch.

    Attributes:
        length: batches in an epoch, None if not known.
        rows: rows in an epoch, None if not known.
        in_tuple: whether the source puts an `x` without labels into a tuple or list.
    """

    length: int | None = None
    rows: int | None = None
    in_tuple = False

    def __iter__(self) -> Iterator[Batch]:
        raise NotImplementedError

    def epoch_end(self) -> None:
        """Called after each epoch."""

    def first(self) -> Batch:
        """One batch, to learn what the data looks like."""
        return next(iter(self))


class ArrayFeed(Feed):
    """Batches gathered by index from tensors in memory: a shuffled epoch is a permutation, never a copy of the data.

    Data that takes little of a GPU's memory goes there once. Other data stays on the host: each batch is gathered into pinned
    memory and copied while the batch before it is computed.

    Args:
        data: x, y and sample weights, as trees of tensors.
        batch_size: rows a batch; the last batch is what is left.
        shuffle: True for all rows anew each epoch, "batch" for the order of the batches, False for none.
        device: where the batches go.
    """

    def __init__(self, data: tuple, batch_size: int | None, shuffle: bool | str, device: torch.device):
        self.rows = _arrays.rows_of(*data)
        self.batch_size = _checked_batch_size(batch_size)
        self.length = -(-self.rows // self.batch_size)
        self.shuffle, self.device = shuffle, device
        self._data = _placed(data, device)
        on_host = device.type == "cuda" and any(is_sent(leaf) for leaf in _tree.flatten(self._data))
        self._copies = copy_stream(device) if on_host else None
        # A flat list is gathered faster than a tree; None stays None.
        self._plain = all([leaf is None or isinstance(leaf, Tensor) for leaf in self._data])

    def __iter__(self) -> Iterator[Batch]:
        rows = self.rows or 0
        if self.shuffle is True:
            order = torch.randperm(rows)
            if self._copies is not None:
                return self._prefetched(order.split(self.batch_size), self._copies)
            return self._gathered(order)
        starts: Iterable[int] = range(0, rows, self.batch_size)
        if self.shuffle == "batch":
            starts = (torch.randperm(self.length or 0) * self.batch_size).tolist()
        if self._copies is not None:
            return self._prefetched((slice(start, start + self.batch_size) for start in starts), self._copies)
        return (self.rows_from(start, self.batch_size) for start in starts)

    def _gathered(self, order: Tensor) -> Iterator[Batch]:
        x, y, weight = self._data
        if self.device.type == "cuda":
            order = order.to(self.device)  # once: a copy for each batch would wait for the steps before it
        for index in order.split(self.batch_size):
            if self._plain and x.device.type == "cpu":
                batch = (
                    x.index_select(0, index),
                    None if y is None else y.index_select(0, index),
                    None if weight is None else weight.index_select(0, index),
                )
                yield batch if self.device.type == "cpu" else _moved(batch, self.device)
            else:
                yield _moved(_map(lambda leaf, i=index: leaf.index_select(0, i.to(leaf.device)), self._data), self.device)

    def _prefetched(self, selections: Iterable[Tensor | slice], copies: CopyStream) -> Iterator[Batch]:
        return prefetched((self._pinned(rows, copies) for rows in selections), copies, _AHEAD)

    def _pinned(self, rows: Tensor | slice, copies: CopyStream) -> Batch:
        """Rows by number, or a slice of them, gathered in pinned memory."""

        def gathered(leaf: Tensor) -> Tensor:
            if isinstance(rows, slice):
                part = leaf[rows]
                return copies.empty(part.shape, part.dtype).copy_(part) if is_sent(part) else part
            if not is_sent(leaf):
                return leaf.index_select(0, rows.to(leaf.device))
            place = copies.empty((len(rows), *leaf.shape[1:]), leaf.dtype)
            return torch.index_select(leaf, 0, rows, out=place)

        return _map(gathered, self._data)  # type: ignore[return-value]

    def rows_from(self, start: int, count: int) -> Batch:
        """So many rows as one batch, without a copy on the CPU."""
        rows = slice(start, start + count)
        if self._copies is not None:
            return self._copies.receive(*self._copies.send(self._pinned(rows, self._copies)))
        if self._plain:
            batch = tuple([None if leaf is None else leaf[rows] for leaf in self._data])
        else:
            batch = _map(lambda leaf: leaf[rows], self._data)
        return _moved(batch, self.device)

    def first(self) -> Batch:
        """The first rows."""
        return self.rows_from(0, self.batch_size)


class IterableFeed(Feed):
    """Batches that something gives: a generator, a DataLoader, a Dataset, a PyDataset; each made into tensors.

    Args:
        source: gives `x`, `(x, y)` or `(x, y, sample_weight)` when iterated.
        device: where the batches go.
        length: batches in an epoch, if known.
        endless: whether one iterator serves all epochs, as a generator's must.
    """

    def __init__(self, source: Any, device: torch.device, length: int | None, endless: bool = False):
        self.source, self.device, self.length = source, device, length
        self._iterator: Iterator | None = iter(source) if endless else None
        self._peeked: list[Any] = []

    def first(self) -> Batch:
        """One batch, which is kept for the epoch when it cannot be had again.

        Raises:
            ValueError: there is none.
        """
        if not self._peeked:
            found = list(itertools.islice(self.source if self._iterator is None else self._iterator, 1))
            if not found:
                raise ValueError("The data is empty: it gave no batch.")
            if self._iterator is None:
                return _moved(self._as_batch(found[0]), self.device)
            self._peeked = found
        return _moved(self._as_batch(self._peeked[0]), self.device)

    def __iter__(self) -> Iterator[Batch]:
        kept, self._peeked = self._peeked, []
        rest = self._iterator if self._iterator is not None else iter(self.source)
        batches = map(self._as_batch, itertools.chain(kept, rest))
        if self.device.type == "cpu":
            return batches
        if self.device.type != "cuda":
            return (_moved(batch, self.device) for batch in batches)
        copies = copy_stream(self.device)
        # What an iterator gave ahead of a run's end would be missing from the next run.
        ahead = 0 if self._iterator is not None else _AHEAD
        return prefetched((self._pinned(batch, copies) for batch in batches), copies, ahead)

    def _pinned(self, batch: Batch, copies: CopyStream) -> Batch:
        """The batch in pinned memory: in that of a DataLoader, which is new each time; a generator may write to its own again."""
        keeps = isinstance(self.source, torch.utils.data.DataLoader)

        def pinned(leaf: Tensor) -> Tensor:
            if not is_sent(leaf) or keeps and leaf.is_pinned():
                return leaf
            return copies.empty(leaf.shape, leaf.dtype).copy_(leaf)

        return _map(pinned, batch)  # type: ignore[return-value]

    def _as_batch(self, data: Any) -> Batch:
        if isinstance(data, dict) and set(data) == {"xs", "ys"}:
            data = (data["xs"], data["ys"])
        parts = unpack_x_y_sample_weight(data)
        self.in_tuple = isinstance(data, (list, tuple))
        return _map_leaves(_to_tensor, parts)

    def epoch_end(self) -> None:
        """Tell the source, if it wants to know."""
        tell = getattr(self.source, "on_epoch_end", None)
        if tell is not None:
            tell()


class WeighedFeed(Feed):
    """A feed whose rows are weighed by their class."""

    def __init__(self, feed: Feed, class_weight: dict[int, float]):
        if not isinstance(class_weight, dict) or not class_weight:
            raise ValueError(f"`class_weight` must be a dict from class numbers to weights; received {class_weight!r}.")
        self.feed, self.class_weight = feed, class_weight
        self.length, self.rows = feed.length, feed.rows

    def __iter__(self) -> Iterator[Batch]:
        for x, y, weight in self.feed:
            yield x, y, _arrays.class_weights(y, self.class_weight, weight)

    def first(self) -> Batch:
        """One batch, without the weights of classes."""
        return self.feed.first()

    def epoch_end(self) -> None:
        """Tell the feed inside."""
        self.feed.epoch_end()


def make_feed(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    shuffle: bool | str = False,
    class_weight: dict[int, float] | None = None,
    steps: int | None = None,
    device: torch.device,
) -> Feed:
    """Make a feed of data of any kind.

    Args:
        x: arrays, tensors, pandas, trees of these; or a Dataset, DataLoader, PyDataset, generator.
        y, sample_weight: labels and weights beside arrays.
        batch_size: rows a batch of arrays, 32 by default.
        shuffle: whether arrays come in a new order each epoch.
        class_weight: weights of rows by class.
        steps: batches a run takes of an epoch: an iterator then goes on from epoch to epoch.
        device: where the batches go.

    Raises:
        ValueError: data of no kind that is known, or that does not go together.
    """
    if isinstance(x, (np.ndarray, Tensor)) or _arrays.is_arrays(x):
        parts = ((x, "x"), (y, "y"), (sample_weight, "sample_weight"))
        data = tuple([None if part is None else _arrays.as_tensors(part, name) for part, name in parts])
        feed: Feed = ArrayFeed(data, batch_size, shuffle, device)
    else:
        feed = _feed_of_source(x, y, sample_weight, batch_size, shuffle, steps, device)
    return feed if class_weight is None else WeighedFeed(feed, class_weight)


def _feed_of_source(
    x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: Any, steps: int | None, device: torch.device
) -> Feed:
    kind = type(x).__name__
    if x is None:
        raise ValueError("`x` must be data; received None. Give an array, a Dataset, DataLoader, PyDataset or generator.")
    if isinstance(x, (list, tuple, dict)):
        if all(leaf is None for leaf in _tree.flatten(x)):
            raise ValueError(f"`x` is a {kind} without data, and an input is not optional; received {_shortly(x)}.")
        raise ValueError(f"`x` is a {kind} that holds no arrays; received {_shortly(x)}. Make an array of it: np.array(x).")
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(f"`{name}` must be None when `x` is a {kind}, which gives its batches whole; received `{name}`.")
    if isinstance(x, torch.utils.data.Dataset) and not isinstance(x, torch.utils.data.IterableDataset):
        loader = torch.utils.data.DataLoader(x, batch_size=batch_size or 32, shuffle=bool(shuffle))
        return IterableFeed(loader, device, len(loader))
    if isinstance(x, PyDataset):
        return IterableFeed(x.batches(bool(shuffle)), device, _length_of(x))
    if not isinstance(x, Iterable) or isinstance(x, (str, bytes)):
        raise ValueError(
            "`x` must be an array, a tensor, a DataFrame, a list or dict of these, a Dataset, DataLoader, PyDataset "
            f"or generator; received {x!r} of type {kind}."
        )
    if batch_size is not None:
        raise ValueError(
            f"`batch_size` must be None when `x` is a {kind}, whose batches are made already; received {batch_size}."
        )
    length = _length_of(x)
    if isinstance(x, Iterator):
        return IterableFeed(x, device, length, endless=True)
    return IterableFeed(x, device, length, endless=steps is not None and length is None)


def _length_of(source: Any) -> int | None:
    for ask in (len, lambda s: s.cardinality()):
        try:
            length = int(ask(source))
        except (TypeError, AttributeError, NotImplementedError):
            continue
        return length if length >= 0 else None
    return None


def _shortly(value: Any) -> str:
    told = repr(value)
    return told if len(told) <= 80 else f"{told[:77]}…"


def _checked_batch_size(batch_size: Any) -> int:
    batch_size = 32 if batch_size is None else batch_size
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size <= 0:
        raise ValueError(f"`batch_size` must be a positive integer; received {batch_size!r}.")
    return int(batch_size)


def _to_tensor(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        leaf = leaf if type(leaf) is Tensor else _edges.plain(leaf)
        return leaf if leaf.dtype is not torch.float64 else _arrays.as_tensors(leaf, "batch")
    if isinstance(leaf, (int, float)):
        return torch.as_tensor(leaf)
    if not hasattr(leaf, "__array__"):
        raise ValueError(f"A batch must hold arrays or tensors; received {_shortly(leaf)} of type {type(leaf).__name__}.")
    return _arrays.as_tensors(leaf, "batch")


def _map(function: Callable, parts: tuple) -> tuple:
    return tuple(
        part if part is None else function(part) if isinstance(part, Tensor) else _map_leaves(function, part) for part in parts
    )


def _map_leaves(function: Callable, tree: Any) -> Any:
    return _tree.map_structure(lambda leaf: None if leaf is None else function(leaf), tree)


def _moved(batch: tuple, device: torch.device) -> Any:
    """The batch on the device. On the CPU, where it is made, there is nothing to do."""
    if device.type == "cpu":
        return batch
    return _map(lambda leaf: leaf if leaf.device == device else leaf.to(device), batch)


def _placed(data: tuple, device: torch.device) -> tuple:
    """Data that takes less than a tenth of the GPU's free memory goes there once."""
    if device.type != "cuda":
        return data
    size = sum(leaf.numel() * leaf.element_size() for leaf in _tree.flatten(data) if leaf is not None)
    if size < torch.cuda.mem_get_info(device)[0] / 10:
        return _map(lambda leaf: leaf.to(device), data)
    return data
