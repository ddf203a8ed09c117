"""Stages that gather elements of one kind, wherever they stand among others."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements
from kerasish.data._elements import TensorSpec
from kerasish.data._sources import Held
from kerasish.data._stage import INFINITE, UNKNOWN, Beginning, Following, Stage, call, child


class Groups(Beginning):
    """The elements of the data sets that a function makes of groups of one key; groups are made as they fill up.

    Args:
        key_of: gives the key of an element, an integer.
        begin: makes a stage of a key and a data set of its elements.
        size_of: gives the number of elements in a group of a key.
    """

    def __init__(
        self, source: Stage, key_of: Callable, begin: Callable[[Tensor, Stage], Stage], size_of: Callable[[Tensor], int]
    ):
        super().__init__(source)
        self.key_of, self.begin, self.size_of = key_of, begin, size_of

    def stream(self, seeds: Any) -> Iterator[Any]:
        held: dict[int, list] = {}
        sizes: dict[int, int] = {}
        begun = 0
        for element in self.source.elements(child(seeds, 0)):
            key = int(call(self.key_of, element))
            group = held.setdefault(key, [])
            group.append(element)
            if key not in sizes:
                sizes[key] = self.size_of(_as_key(key))
            if len(group) >= sizes[key]:
                begun += 1
                yield from self._made(key, held.pop(key), child(seeds, begun))
        for number, key in enumerate(sorted(held), begun + 1):
            yield from self._made(key, held[key], child(seeds, number))

    def _made(self, key: int, elements: list, seeds: Any) -> Iterator[Any]:
        return self.begin(_as_key(key), Held(elements)).elements(seeds)

    def spec(self) -> Any:
        return Stage.spec(self)


def _as_key(key: int) -> Tensor:
    return torch.tensor(key, dtype=torch.int64, device="cpu")


class Resample(Following):
    """Elements drawn so that their classes come as often as wanted, each with its class before it.

    An element is kept with a chance in proportion to how much too seldom its class is.

    Args:
        class_of: gives the class of an element, an integer.
        wanted: how often classes are to come, shares that sum to 1.
        given: how often they do; None: counted while they come.
        seed: settles what is kept.
    """

    def __init__(
        self, source: Stage, class_of: Callable, wanted: Sequence[float], given: Sequence[float] | None, seed: int | None
    ):
        super().__init__(source)
        self.class_of, self.wanted = class_of, np.asarray(wanted, "float64")
        self.given, self.seed = None if given is None else np.asarray(given, "float64"), seed

    @property
    def draws(self) -> bool:
        return self.seed is None or self.source.draws

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count in (0, INFINITE) else UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        generator = np.random.default_rng(child(seeds, 1) if self.seed is None else abs(self.seed))
        counts = np.ones(len(self.wanted))  # as if each class had come once
        chances = None if self.given is None else _chances(self.wanted, self.given)
        for element in self.source.elements(child(seeds, 0)):
            kind = int(call(self.class_of, element))
            if not 0 <= kind < len(counts):
                raise ValueError(f"`class_func` must give classes from 0 to {len(counts) - 1}; it gave {kind}.")
            counts[kind] += 1
            if generator.random() < (_chances(self.wanted, counts) if chances is None else chances)[kind]:
                yield _as_key(kind), element

    def spec(self) -> Any:
        return TensorSpec((), "int64"), self.source.spec()


def _chances(wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
    """How often to keep an element of each class; that which is most wanted is always kept."""
    ratios = np.divide(wanted, given, out=np.zeros_like(wanted), where=given > 0)
    return ratios / ratios.max()


class Bucket(Following):
    """Padded batches of elements that are alike in length.

    Args:
        length_of: gives the length of an element.
        boundaries: where a longer bucket begins.
        sizes: elements a batch, one more than there are boundaries.
        to_boundary: whether to fill up to the bucket's longest length, not to the longest element.
        pad: whether to fill up at all.
    """

    def __init__(
        self,
        source: Stage,
        length_of: Callable,
        boundaries: Sequence[int],
        sizes: Sequence[int],
        shapes: Any,
        values: Any,
        to_boundary: bool,
        pad: bool,
        drop_remainder: bool,
    ):
        super().__init__(source)
        self.length_of, self.boundaries, self.sizes = length_of, boundaries, sizes
        self.shapes, self.values, self.to_boundary, self.pad = shapes, values, to_boundary, pad
        self.drop_remainder = drop_remainder

    def cardinality(self) -> int:
        count = self.source.cardinality()
        return count if count in (0, INFINITE) else UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        buckets: list[list] = [[] for _ in self.sizes]
        for element in self.source.elements(seeds):
            length = int(call(self.length_of, element))
            place = sum(length >= boundary for boundary in self.boundaries)
            buckets[place].append(element)
            if len(buckets[place]) == self.sizes[place]:
                yield self._joined(place, buckets[place])
                buckets[place] = []
        for place, held in enumerate(buckets):
            if held and not self.drop_remainder:
                yield self._joined(place, held)

    def _joined(self, place: int, elements: list) -> Any:
        if not self.pad:
            return _elements.stack(elements)
        return _elements.stack_padded(elements, self._shapes(place, elements[0]), self.values)

    def _shapes(self, place: int, element: Any) -> Any:
        if not self.to_boundary:
            return self.shapes
        if place == len(self.boundaries):
            raise ValueError("With `pad_to_bucket_boundary` an element must be shorter than the last of `bucket_boundaries`.")
        longest = self.boundaries[place] - 1
        ranks = [leaf.dim() if isinstance(leaf, Tensor) else 0 for leaf in _tree.flatten(element)]
        given = [[None] * rank for rank in ranks] if self.shapes is None else _elements.leaves_up_to(element, self.shapes)
        filled = [[longest if size in (None, -1) else size for size in shape] for shape in given]
        return _elements.packer(element)([tuple(shape) for shape in filled]) if _tree.is_nested(element) else filled[0]

    def spec(self) -> Any:
        return _elements.map_specs(lambda leaf: TensorSpec([None] * (1 + len(leaf.shape or ())), leaf.dtype), self.source.spec())
