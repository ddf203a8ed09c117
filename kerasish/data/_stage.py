"""A stage of a Dataset: something that makes a fresh iterator of elements each time, and what it knows before."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kerasish.data import _elements
from kerasish.data._rows import Rows

INFINITE, UNKNOWN = -1, -2


class Stage:
    """One step of the way that elements take. All that moves is in its iterators, but for what is cached and how often
    a seed was used.

    Attributes:
        inputs: the stages that its elements come from.
    """

    inputs: tuple["Stage", ...] = ()

    @property
    def draws(self) -> bool:
        """Whether an iteration draws random numbers that no seed of its own settles."""
        return any(stage.draws for stage in self.inputs)

    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN

    def rows(self) -> Rows | None:
        """The elements as rows of arrays, if that is what they are."""
        return None

    def stream(self, seeds: Any) -> Iterator[Any]:
        """The elements, one by one."""
        raise NotImplementedError

    def spec(self) -> Any:
        """What elements look like; by default, as the first one does."""
        for element in self.elements(None):
            return _elements.spec_of(element)
        raise ValueError("A Dataset without elements does not tell what they look like.")

    def elements(self, seeds: Any) -> Iterator[Any]:
        """Begin an iteration.

        Args:
            seeds: what its random numbers come from, a SeedSequence, or None.
        """
        rows = self.rows()
        return self.stream(seeds) if rows is None else rows.elements(seeds)

    def __repr__(self) -> str:
        return ".".join([*(repr(stage) for stage in self.inputs[:1]), type(self).__name__])


class Following(Stage):
    """A stage after one other, with as many elements of the same look."""

    def __init__(self, source: Stage):
        self.source, self.inputs = source, (source,)

    def cardinality(self) -> int:
        return self.source.cardinality()

    def spec(self) -> Any:
        return self.source.spec()


class Beginning(Following):
    """A stage whose function begins other stages: how many elements these have, and whether they draw, is not known before."""

    @property
    def draws(self) -> bool:
        return True

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count in (0, INFINITE) else UNKNOWN


def child(seeds: Any, part: int) -> Any:
    """Seeds for one of several parts of an iteration, whatever order they are run in."""
    return None if seeds is None else np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, part))


def call(function: Callable, element: Any) -> Any:
    """Call a user's function with an element: with the parts of a tuple, or with anything else whole."""
    return function(*element) if type(element) is tuple else function(element)


def whole(value: Any, name: str, least: int) -> int:
    """Check a count.

    Raises:
        ValueError: it is no integer, or too small.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < least:
        raise ValueError(f"`{name}` must be an integer of at least {least}; received {value!r}.")
    return int(value)
