"""Stages that keep elements: in memory for the next epochs, or ready for the next step."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements, _workers
from kerasish.data._batching import Batch
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._rows import Rows
from kerasish.data._stage import Following, Stage

_STACKED_AT_MOST = 1 << 30  # bytes: stacking takes, for one leaf at a time, that memory twice


class Cache(Following):
    """Elements that are made in the first full iteration, and kept in memory for all later ones."""

    def __init__(self, source: Stage):
        super().__init__(source)
        self._kept: list | None = None
        self._rows: Rows | None = None

    @property
    def draws(self) -> bool:
        return self._kept is None and self._rows is None and self.source.draws

    def cardinality(self) -> int:
        if self._rows is not None:
            return self._rows.plain or 0
        return self.source.cardinality() if self._kept is None else len(self._kept)

    def rows(self) -> Rows | None:
        if self._rows is not None:
            return self._rows
        rows = self.source.rows()
        # Arrays in their own order are kept already.
        in_memory = rows is not None and all(not _is_on_disk(leaf) for leaf in _tree.flatten(rows.arrays))
        return rows if rows is not None and rows.plain is not None and in_memory else None

    def stream(self, seeds: Any) -> Iterator[Any]:
        if self._kept is not None:
            yield from map(_elements.copied, self._kept)
            return
        kept = []
        for element in self.source.elements(seeds):
            # A copy: what is given is the user's to change.
            kept.append(_elements.copied(element))
            yield element
        self._rows = _as_rows(kept)
        self._kept = None if self._rows is not None else kept


def _is_on_disk(leaf: Any) -> bool:
    return leaf is not None and not isinstance(leaf, Tensor) and leaf.dtype.kind != "O"


def _as_rows(elements: list) -> Rows | None:
    """Stack elements of one shape, so that batches of them are gathered; None where they differ or are large."""
    if not elements or not all(_of_one_look(elements[0], element) for element in elements):
        return None
    sizes = [leaf.nbytes for leaf in _tree.flatten(elements[0])]
    if sum(sizes) * len(elements) > _STACKED_AT_MOST:
        return None
    first = elements[0]
    columns = zip(*[_tree.flatten(element) for element in elements])
    arrays = _elements.packer(first)([torch.stack(column) for column in columns])
    count = len(elements)
    return Rows(arrays, lambda seeds: iter((range(count),)), count)


def _of_one_look(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and (a.shape, a.dtype, a.device) == (b.shape, b.dtype, b.device)
    if type(a) is not type(b) or not isinstance(a, (tuple, dict)) or len(a) != len(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_of_one_look(a[key], b[key]) for key in a)
    return all(map(_of_one_look, a, b))


class Prefetch(Following):
    """Elements that a thread prepares while those before them are used."""

    def __init__(self, source: Stage, size: int):
        super().__init__(source)
        self.size = size

    def rows(self) -> Rows | None:
        return self.source.rows()

    def stream(self, seeds: Any) -> Iterator[Any]:
        elements = self.source.elements(seeds)
        if self.size == AUTOTUNE and isinstance(self.source, Batch) and self.source.gathers:
            # To gather a batch takes less time than to hand it over from thread to thread.
            return elements
        return elements if self.size == 0 else _workers.ahead(elements, 2 if self.size == AUTOTUNE else self.size)
