"""Stream: what a Dataset is beneath its methods: a stage that is iterated, and what is known of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _ordering
from kerasish.data._elements import Leaf
from kerasish.data._mapping import AUTOTUNE
from kerasish.data._stage import INFINITE, UNKNOWN, Stage, call, whole


class Stream(torch.utils.data.IterableDataset, Leaf):
    """A stage that can be iterated, by `for` loops, `fit` and a DataLoader.

    Args:
        stage: made by the constructors of Dataset.
    """

    _dataset: ClassVar[type]  # Dataset, which is made of this class

    def __init__(self, stage: Stage):
        if not isinstance(stage, Stage):
            raise TypeError(f"A Dataset is made by its constructors, as Dataset.from_tensor_slices; received {stage!r:.60}.")
        self._stage = stage

    @classmethod
    def _of(cls, stage: Stage) -> Any:
        return Stream._dataset(stage)

    @property
    def element_spec(self) -> Any:
        """The shape and dtype of each part of an element; sizes that are not known are None.

        Where only running the functions tells them, the first element is made.
        """
        return self._stage.spec()

    def cardinality(self) -> int:
        """The number of elements; INFINITE_CARDINALITY (-1) or UNKNOWN_CARDINALITY (-2)."""
        return self._stage.cardinality()

    def __len__(self) -> int:
        count = self.cardinality()
        if count < 0:
            told = "has no end" if count == INFINITE else "does not know how many elements it has before it is iterated"
            raise TypeError(f"The Dataset {told}, so it has no length.")
        return count

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        # Drawn here, once, and not by the threads that may work: their order is not that of the program.
        seeds = np.random.SeedSequence(int(torch.randint(2**62, (), device="cpu"))) if self._stage.draws else None
        return self._stage.elements(seeds)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Iterate over elements whose tensors are made numpy arrays."""
        for element in self:
            yield _tree.map_structure(lambda leaf: leaf.numpy(force=True) if isinstance(leaf, Tensor) else leaf, element)

    def reduce(self, initial_state: Any, reduce_func: Callable) -> Any:
        """Give the last state of `state = reduce_func(state, element)`.

        >>> from kerasish.data import Dataset
        >>> Dataset.range(5).reduce(0, lambda total, n: total + n)
        tensor(10)
        """
        state = initial_state
        for element in self:
            state = reduce_func(state, element)
        return state

    def for_each(self, function: Callable) -> None:
        """Call a function with each element."""
        for element in self:
            call(function, element)

    def get_single_element(self) -> Any:
        """Give the only element.

        Raises:
            ValueError: there is none, or more than one.
        """
        found = list(self._of(_ordering.Take(self._stage, 2)))
        if len(found) != 1:
            raise ValueError(f"The Dataset must have one element; it has {'none' if not found else 'more'}.")
        return found[0]

    def __repr__(self) -> str:
        count = self.cardinality()
        told = {INFINITE: "without end", UNKNOWN: "unknown length"}.get(count, f"{count} elements")
        return f"<{type(self).__name__} {self._stage!r}, {told}>"


def stage_of(dataset: Any, rule: str = "It must be a Dataset") -> Stage:
    """Give the stage of a Dataset.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(dataset, Stream):
        raise TypeError(f"{rule}; received {dataset!r:.60} of type {type(dataset).__name__}.")
    return dataset._stage


def stages_of(datasets: Sequence[Stream]) -> list[Stage]:
    """Give the stages of Datasets, of which there must be one or more."""
    if not datasets:
        raise ValueError("`datasets` must be one Dataset or more; received none.")
    return [stage_of(dataset) for dataset in datasets]


def checked_calls(count: int | None) -> int | None:
    """Check a `num_parallel_calls`."""
    return count if count in (None, AUTOTUNE) else whole(count, "num_parallel_calls", 1)


def checked_function(given: Any, name: str) -> Callable:
    """Check a function of the user's.

    Raises:
        TypeError: it cannot be called.
    """
    if not callable(given):
        raise TypeError(f"`{name}` must be callable; received {given!r:.60}.")
    return given
