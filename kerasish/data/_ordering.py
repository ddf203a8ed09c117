"""Stages that choose, order and join elements, and leave each as it is."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch

from kerasish._base import _tree
from kerasish.data import _elements, _rows
from kerasish.data._elements import TensorSpec
from kerasish.data._rows import Rows
from kerasish.data._stage import INFINITE, UNKNOWN, Following, Stage, child

_DRAWS = 1024  # random numbers made at a time


class Shuffle(Following):
    """Elements drawn from a buffer of the next ones; all of them in a random order where the buffer holds all."""

    def __init__(self, source: Stage, buffer_size: int, seed: int | None, again: bool):
        super().__init__(source)
        self.buffer_size, self.again, self.epoch = buffer_size, again, 0
        self.seed = int(torch.randint(2**62, (), device="cpu")) if seed is None and not again else seed

    @property
    def draws(self) -> bool:
        return self.seed is None or self.source.draws

    def _generator(self, seeds: Any) -> torch.Generator:
        entropy = seeds if self.seed is None else np.random.SeedSequence([abs(self.seed), self.epoch])
        self.epoch += self.again
        state = (entropy or np.random.SeedSequence()).generate_state(1, np.uint64)[0]
        return torch.Generator("cpu").manual_seed(int(state) >> 1)

    def rows(self) -> Rows | None:
        rows = self.source.rows()
        if rows is None:
            return None
        size, inner = self.buffer_size, rows.indices
        return Rows(rows.arrays, lambda seeds: _rows.shuffled(inner(child(seeds, 0)), size, self._generator(seeds)))

    def stream(self, seeds: Any) -> Iterator[Any]:
        generator, size = self._generator(seeds), self.buffer_size
        elements = self.source.elements(child(seeds, 0))
        held = list(islice(elements, size))
        if len(held) == size:
            for place, element in zip(_places(size, generator), elements):
                drawn, held[place] = held[place], element
                yield drawn
        for place in torch.randperm(len(held), generator=generator, device="cpu").tolist():
            drawn, held[place] = held[place], None
            yield drawn


def _places(size: int, generator: torch.Generator) -> Iterator[int]:
    while True:
        yield from torch.randint(size, (_DRAWS,), generator=generator, device="cpu").tolist()


class Take(Following):
    """The first elements."""

    def __init__(self, source: Stage, count: int):
        super().__init__(source)
        self.count = count

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return self.count if count == INFINITE or self.count == 0 else min(count, self.count)

    def rows(self) -> Rows | None:
        rows = self.source.rows()
        return rows and rows.through(lambda indices, seeds: _rows.taken(indices, self.count))

    def stream(self, seeds: Any) -> Iterator[Any]:
        return islice(self.source.elements(seeds), self.count)


class Skip(Following):
    """What comes after the first elements; nothing if the count is None."""

    def __init__(self, source: Stage, count: int):
        super().__init__(source)
        self.count = count

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count < 0 else max(0, count - self.count)

    def rows(self) -> Rows | None:
        rows = self.source.rows()
        return rows and rows.through(lambda indices, seeds: _rows.skipped(indices, self.count))

    def stream(self, seeds: Any) -> Iterator[Any]:
        return islice(self.source.elements(seeds), self.count, None)


class Shard(Following):
    """Every n-th element."""

    def __init__(self, source: Stage, shards: int, index: int):
        super().__init__(source)
        self.shards, self.index = shards, index

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count < 0 else len(range(self.index, count, self.shards))

    def rows(self) -> Rows | None:
        rows = self.source.rows()
        return rows and rows.through(lambda indices, seeds: _rows.sharded(indices, self.shards, self.index))

    def stream(self, seeds: Any) -> Iterator[Any]:
        return islice(self.source.elements(seeds), self.index, None, self.shards)


class Repeat(Following):
    """All elements, several times or without end."""

    def __init__(self, source: Stage, count: int | None):
        super().__init__(source)
        self.count = count

    def cardinality(self) -> int:
        count = self.source.cardinality()
        if self.count == 0 or count == 0:
            return 0
        return count if count < 0 else INFINITE if self.count is None else count * self.count

    def rows(self) -> Rows | None:
        rows = self.source.rows()
        if rows is None:
            return None
        # A part of a stream of indices may be empty.
        return Rows(rows.arrays, lambda seeds: self._again(lambda part: filter(len, rows.indices(part)), seeds))

    def stream(self, seeds: Any) -> Iterator[Any]:
        return self._again(self.source.elements, seeds)

    def _again(self, begin: Any, seeds: Any) -> Iterator[Any]:
        epoch, empty = 0, False
        while epoch != self.count and not empty:
            # Nothing, repeated without end, would never end.
            empty = True
            for element in begin(child(seeds, epoch)):
                empty = False
                yield element
            epoch += 1


class Concatenate(Stage):
    """The elements of one stage after those of another."""

    def __init__(self, first: Stage, second: Stage):
        self.inputs = (first, second)

    def cardinality(self) -> int:
        counts = [stage.cardinality() for stage in self.inputs]
        return INFINITE if INFINITE in counts else UNKNOWN if UNKNOWN in counts else sum(counts)

    def stream(self, seeds: Any) -> Iterator[Any]:
        for part, stage in enumerate(self.inputs):
            yield from stage.elements(child(seeds, part))

    def spec(self) -> Any:
        first, second = self.inputs
        return _elements.joined_specs(first.spec(), second.spec())


class Zip(Stage):
    """Elements of several stages side by side, until the shortest ends."""

    def __init__(self, structure: Any):
        self.structure, self.inputs = structure, tuple(_tree.flatten(structure))

    def cardinality(self) -> int:
        counts = [stage.cardinality() for stage in self.inputs]
        if 0 in counts or UNKNOWN in counts:
            return 0 if 0 in counts else UNKNOWN
        return min((count for count in counts if count >= 0), default=INFINITE)

    def rows(self) -> Rows | None:
        every = [rows for rows in [stage.rows() for stage in self.inputs] if rows is not None]
        counts = [rows.plain for rows in every if rows.plain is not None]
        if len(counts) < len(self.inputs):
            return None
        count = min(counts)
        arrays = _tree.pack_sequence_as(self.structure, [rows.arrays for rows in every])
        return Rows(arrays, lambda seeds: iter((range(count),)), count)

    def stream(self, seeds: Any) -> Iterator[Any]:
        pack = _elements.packer(self.structure)
        parts = [stage.elements(child(seeds, part)) for part, stage in enumerate(self.inputs)]
        return map(pack, map(list, zip(*parts)))

    def spec(self) -> Any:
        return _elements.packer(self.structure)([stage.spec() for stage in self.inputs])


class Enumerate(Following):
    """Each element with its number before it."""

    def __init__(self, source: Stage, start: int):
        super().__init__(source)
        self.start = start

    def stream(self, seeds: Any) -> Iterator[Any]:
        for number, element in enumerate(self.source.elements(seeds), self.start):
            yield torch.tensor(number, dtype=torch.int64, device="cpu"), element

    def spec(self) -> Any:
        return TensorSpec((), "int64"), self.source.spec()


class Choose(Stage):
    """Elements of several stages, taken from the one whose number comes next.

    Args:
        stages: where elements come from.
        choice: gives the numbers.
        stop_on_empty: whether to end with the first stage that ends; else numbers of ended stages are passed over.
    """

    def __init__(self, stages: Sequence[Stage], choice: Stage, stop_on_empty: bool):
        self.stages, self.choice, self.stop_on_empty = stages, choice, stop_on_empty
        self.inputs = (*stages, choice)

    def stream(self, seeds: Any) -> Iterator[Any]:
        begun: list[Iterator | None] = [stage.elements(child(seeds, part)) for part, stage in enumerate(self.stages)]
        for number in self.choice.elements(child(seeds, len(begun))):
            place = int(number)
            if not 0 <= place < len(begun):
                raise ValueError(f"`choice_dataset` must give numbers from 0 to {len(begun) - 1}; it gave {place}.")
            elements = begun[place]
            if elements is None:
                continue
            for element in elements:
                yield element
                break
            else:
                begun[place] = None
                if self.stop_on_empty or all(left is None for left in begun):
                    return

    def spec(self) -> Any:
        spec = self.stages[0].spec()
        for stage in self.stages[1:]:
            spec = _elements.joined_specs(spec, stage.spec())
        return spec


class Chances(Stage):
    """Numbers of stages, drawn with the given weights, without end."""

    def __init__(self, weights: Sequence[float], seed: int | None, again: bool):
        self.weights = torch.tensor(list(weights), dtype=torch.float64, device="cpu")
        self.seed, self.again, self.epoch = seed, again, 0

    @property
    def draws(self) -> bool:
        return self.seed is None

    def cardinality(self) -> int:
        return INFINITE

    def stream(self, seeds: Any) -> Iterator[Any]:
        entropy = seeds if self.seed is None else np.random.SeedSequence([abs(self.seed), self.epoch])
        self.epoch += self.again
        generator = np.random.default_rng(entropy)
        chances = (self.weights / self.weights.sum()).numpy()
        while True:
            yield from generator.choice(len(chances), size=_DRAWS, p=chances).tolist()
