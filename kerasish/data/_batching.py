"""Stages that put elements together to batches and windows, and take them apart."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements, _workers
from kerasish.data._elements import TensorSpec
from kerasish.data._sources import Held
from kerasish.data._stage import INFINITE, UNKNOWN, Following, Stage


class Batch(Following):
    """So many elements at a time as one, with an axis of elements first; rows of arrays are gathered at once.

    Args:
        size: elements a batch.
        drop_remainder: whether to leave out a last batch that is smaller.
        threads: that stack batches at a time; None for none beside the iteration.
        in_order: whether batches come in the order of their elements.
    """

    def __init__(self, source: Stage, size: int, drop_remainder: bool, threads: int | None = None, in_order: bool = True):
        super().__init__(source)
        self.size, self.drop_remainder, self.threads, self.in_order = size, drop_remainder, threads, in_order

    @property
    def gathers(self) -> bool:
        """Whether a batch is but a gathering of rows that lie in memory."""
        rows = self.source.rows()
        return rows is not None and all(isinstance(leaf, Tensor) for leaf in _tree.flatten(rows.arrays))

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count < 0 else count // self.size if self.drop_remainder else -(-count // self.size)

    def stream(self, seeds: Any) -> Iterator[Any]:
        rows = self.source.rows()
        if rows is not None:
            batches = rows.batches(seeds, self.size, self.drop_remainder)
            return batches if self.threads is None or self.gathers else _workers.ahead(batches, self.threads)
        lists = _lists(self.source.elements(seeds), self.size, self.drop_remainder)
        return (
            map(self.join, lists) if self.threads is None else _workers.by_threads(self.join, lists, self.threads, self.in_order)
        )

    def join(self, elements: list) -> Any:
        """Make a batch of a list of elements."""
        return _elements.stack(elements)

    def spec(self) -> Any:
        return _batched(self.source.spec(), self.size if self.drop_remainder else None)


class PaddedBatch(Batch):
    """Batches of elements that are filled up to one shape."""

    def __init__(self, source: Stage, size: int, shapes: Any, values: Any, drop_remainder: bool):
        super().__init__(source, size, drop_remainder)
        self.shapes, self.values = shapes, values

    @property
    def gathers(self) -> bool:
        return False

    def stream(self, seeds: Any) -> Iterator[Any]:
        return map(self.join, _lists(self.source.elements(seeds), self.size, self.drop_remainder))

    def join(self, elements: list) -> Any:
        return _elements.stack_padded(elements, self.shapes, self.values)

    def spec(self) -> Any:
        spec = self.source.spec()
        count = self.size if self.drop_remainder else None
        leaves = _tree.flatten(spec)
        shapes = [None] * len(leaves) if self.shapes is None else _elements.leaves_up_to(spec, self.shapes)
        padded = [_padded_spec(leaf, shape, count) for leaf, shape in zip(leaves, shapes)]
        return _elements.packer(spec)(padded)


def _padded_spec(leaf: Any, shape: Any, count: int | None) -> Any:
    if not isinstance(leaf, TensorSpec) or leaf.shape is None:
        return leaf
    sizes = [None] * len(leaf.shape) if shape is None else list(shape)
    return TensorSpec([count, *sizes], leaf.dtype)


def _batched(spec: Any, count: int | None) -> Any:
    return _elements.map_specs(lambda leaf: TensorSpec(leaf.shape and (count, *leaf.shape) or (count,), leaf.dtype), spec)


def _lists(elements: Iterator[Any], size: int, drop_remainder: bool) -> Iterator[list]:
    while held := list(islice(elements, size)):
        if len(held) == size or not drop_remainder:
            yield held


class Unbatch(Following):
    """The elements of batches."""

    def cardinality(self) -> int:
        source = self.source
        if isinstance(source, Batch) and not source.drop_remainder:
            return source.source.cardinality()
        count = source.cardinality()
        return count if count in (0, INFINITE) else UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        for batch in self.source.elements(seeds):
            yield from _elements.unstacked(batch)

    def spec(self) -> Any:
        return _elements.map_specs(lambda leaf: TensorSpec(leaf.shape and leaf.shape[1:], leaf.dtype), self.source.spec())


class Rebatch(Following):
    """Batches of other sizes, taken in turn."""

    def __init__(self, source: Stage, sizes: Sequence[int], drop_remainder: bool):
        super().__init__(source)
        self.sizes, self.drop_remainder = sizes, drop_remainder

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count in (0, INFINITE) else UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        sizes = cycle(self.sizes)
        size, held, have = next(sizes), [], 0
        for batch in self.source.elements(seeds):
            rows = _elements.rows_of(_tree.flatten(batch)[0])
            start = 0
            while have + rows - start >= size:
                stop = start + size - have
                yield _joined([*held, _cut(batch, start, stop)])
                start, held, have, size = stop, [], 0, next(sizes)
            if start < rows:
                held.append(_cut(batch, start, rows))
                have += rows - start
        if held and not self.drop_remainder:
            yield _joined(held)

    def spec(self) -> Any:
        count = self.sizes[0] if self.drop_remainder and len(set(self.sizes)) == 1 else None
        inner = _elements.map_specs(lambda leaf: TensorSpec(leaf.shape and leaf.shape[1:], leaf.dtype), self.source.spec())
        return _batched(inner, count)


def _cut(batch: Any, start: int, stop: int) -> Any:
    return _tree.map_structure(lambda leaf: leaf[start:stop], batch)


def _joined(parts: list) -> Any:
    if len(parts) == 1:
        return parts[0]
    return _tree.map_structure(
        lambda *leaves: torch.cat(leaves) if isinstance(leaves[0], Tensor) else np.concatenate(leaves), *parts
    )


class Window(Following):
    """Neighbouring elements, each leaf of them as a small data set.

    Args:
        size, shift, stride: elements in a window; from a window to the next; from an element to the next in a window.
        drop_remainder: whether to leave out windows that the end cuts off.
        wrap: makes the data set of a stage.
    """

    def __init__(self, source: Stage, size: int, shift: int, stride: int, drop_remainder: bool, wrap: Callable[[Stage], Any]):
        super().__init__(source)
        self.size, self.shift, self.stride, self.drop_remainder, self.wrap = size, shift, stride, drop_remainder, wrap
        self.span = (size - 1) * stride + 1

    def cardinality(self) -> int:
        count = self.source.cardinality()
        if count < 0:
            return count
        return max(0, (count - self.span) // self.shift + 1) if self.drop_remainder else -(-count // self.shift)

    def stream(self, seeds: Any) -> Iterator[Any]:
        elements, held = self.source.elements(seeds), []
        while True:
            held.extend(islice(elements, self.span - len(held)))
            if not held or len(held) < self.span and self.drop_remainder:
                return
            yield self._of(held[:: self.stride])
            for _ in islice(elements, max(0, self.shift - len(held))):
                continue
            del held[: self.shift]

    def _of(self, elements: list) -> Any:
        columns = zip(*[_tree.flatten(element) for element in elements])
        return _elements.packer(elements[0])([self.wrap(Held(list(column))) for column in columns])

    def spec(self) -> Any:
        return Stage.spec(self)
