"""Rows: what stays arrays and indices until a batch is gathered, each row once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements

# A stream of indices comes in parts: a range, or a tensor of int64 in the host's memory.
Indices = Iterator[Any]
_BLOCK = 8192  # draws of a windowed shuffle at a time
_BLOCK_BYTES = 1 << 16  # of rows that are gathered at a time to be given one by one


@dataclass(frozen=True)
class Rows:
    """Rows of arrays, in an order that is told when they are iterated.

    Args:
        arrays: a tree of tensors and numpy arrays, all with one size of their first axis.
        indices: from seeds, gives the indices of an iteration.
        plain: how many rows, if they are all of them in their order; else None.
    """

    arrays: Any
    indices: Callable[[Any], Indices]
    plain: int | None = None

    def through(self, change: Callable[[Indices, Any], Indices]) -> "Rows":
        """The same rows in an order that is made of this one."""
        return Rows(self.arrays, lambda seeds: change(self.indices(seeds), seeds))

    def elements(self, seeds: Any) -> Iterator[Any]:
        """Give the rows one by one; blocks of them are gathered together."""
        sizes = [leaf[:1].nbytes for leaf in _tree.flatten(self.arrays) if isinstance(leaf, (Tensor, np.ndarray))]
        block = max(1, min(256, _BLOCK_BYTES // max(1, sum(sizes))))
        return chain.from_iterable(map(_elements.unstacked, self.batches(seeds, block, False)))

    def batches(self, seeds: Any, size: int, drop_remainder: bool) -> Iterator[Any]:
        """Give the rows in batches of a size, each gathered once."""
        return gathered(self.arrays, grouped(self.indices(seeds), size, drop_remainder))


def gathered(arrays: Any, groups: Iterable[Any]) -> Iterator[Any]:
    """Give, for each group of indices, those rows of the arrays in memory of their own."""
    leaves, pack = _tree.flatten(arrays), _elements.packer(arrays)
    if all([isinstance(leaf, Tensor) and leaf.device.type == "cpu" for leaf in leaves]):
        for group in groups:
            if isinstance(group, Tensor):
                yield pack([leaf.index_select(0, group) for leaf in leaves])
            else:
                yield pack([leaf[group.start : group.stop : group.step].clone() for leaf in leaves])
        return
    takers = [_taker(leaf) for leaf in leaves]
    for group in groups:
        yield pack([take(group) for take in takers])


def _taker(leaf: Any) -> Callable[[Any], Any]:
    if leaf is None:
        return lambda group: None
    if isinstance(leaf, Tensor):

        def take(group: Any) -> Tensor:
            if isinstance(group, range):
                return leaf[group.start : group.stop : group.step].clone()
            return leaf.index_select(0, group.to(leaf.device, non_blocking=True))

        return take

    def read(group: Any) -> Any:
        at = slice(group.start, group.stop, group.step) if isinstance(group, range) else group.numpy()
        rows = np.array(leaf[at])
        return rows if rows.dtype.kind == "O" else torch.from_numpy(rows)

    return read


def as_indices(part: Any) -> Tensor:
    """Make a part of a stream of indices a tensor."""
    return part if isinstance(part, Tensor) else torch.arange(part.start, part.stop, part.step, device="cpu")


def grouped(indices: Indices, size: int, drop_remainder: bool) -> Iterator[Any]:
    """Cut a stream of indices into groups of a size; the last one is what is left."""
    held: list[Any] = []
    count = 0
    for part in indices:
        start = 0
        if held:
            held.append(part[: size - count])
            start = len(held[-1])
            count += start
            if count < size:
                continue
            yield _joined(held)
            held, count = [], 0
        stop = len(part) - (len(part) - start) % size
        if isinstance(part, Tensor):
            if stop > start:
                yield from part[start:stop].split(size)
        else:
            for at in range(start, stop, size):
                yield part[at : at + size]
        if stop < len(part):
            held, count = [part[stop:]], len(part) - stop
    if held and not drop_remainder:
        yield _joined(held)


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else torch.cat([as_indices(part) for part in parts])


def taken(indices: Indices, count: int) -> Indices:
    """Give the first indices."""
    for part in indices if count > 0 else ():
        yield part[:count]
        count -= len(part)
        if count <= 0:
            return


def skipped(indices: Indices, count: int) -> Indices:
    """Give what comes after the first indices."""
    for part in indices:
        if count < len(part):
            yield part[count:]
        count = max(0, count - len(part))


def sharded(indices: Indices, shards: int, index: int) -> Indices:
    """Give each index whose place, modulo the number of shards, is `index`."""
    for part in indices:
        if index < len(part):
            yield part[index::shards]
        index = (index - len(part)) % shards


def shuffled(indices: Indices, buffer_size: int, generator: torch.Generator) -> Indices:
    """Give the indices in the order of a shuffle that draws from a buffer of the next ones.

    The draws of a block are made together: the index drawn at a time is what came into that place of the buffer when it was
    drawn the last time before.
    """
    held, count = [], 0
    part: Any = range(0)
    for part in indices:
        held.append(part[: buffer_size - count])
        count += len(held[-1])
        if count == buffer_size:
            break
    if not held:
        return
    slots = _joined(held)
    rest = chain([part[len(held[-1]) :]], indices)
    for part in rest:
        for start in range(0, len(part), _BLOCK):
            slots = as_indices(slots)
            incoming = as_indices(part[start : start + _BLOCK])
            draws = torch.randint(buffer_size, (len(incoming),), generator=generator, device="cpu")
            # Numbers of 16 bits are sorted in linear time.
            short = draws.numpy().astype(np.uint16 if buffer_size <= 1 << 16 else np.int64)
            times = torch.from_numpy(short.argsort(kind="stable"))
            ordered = draws[times]
            again = ordered[1:] == ordered[:-1]
            drawn = slots[draws]
            drawn[times[1:][again]] = incoming[times[:-1][again]]
            last = torch.cat([~again, again.new_ones(1)])
            slots[ordered[last]] = incoming[times[last]]
            yield drawn
    order = torch.randperm(len(slots), generator=generator, device="cpu")
    if isinstance(slots, range) and (slots.start, slots.step) == (0, 1):
        yield order
    else:
        yield as_indices(slots)[order]
