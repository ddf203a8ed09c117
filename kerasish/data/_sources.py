"""Where elements come from: arrays, functions that generate, torch's data sets, counters, random numbers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.core import torch_dtype
from kerasish.data import _elements
from kerasish.data._elements import TensorSpec
from kerasish.data._rows import Rows
from kerasish.data._stage import INFINITE, UNKNOWN, Stage


class Slices(Stage):
    """The rows of arrays, whose memory stays the user's."""

    def __init__(self, tensors: Any):
        # A numpy array that may not be written to, as a memmap may not, is read when rows of it are wanted.
        self.arrays = _mapped(_kept, tensors)
        leaves = _tree.flatten(self.arrays)
        counts = [_elements.rows_of(leaf) for leaf in leaves if leaf is not None]
        if not counts:
            raise ValueError(f"`tensors` must hold data; received {tensors!r:.80}.")
        if len(set(counts)) > 1:
            raise ValueError(f"All data must have one number of rows; received {', '.join(map(str, counts))}.")
        self.count = counts[0]

    def cardinality(self) -> int:
        return self.count

    def rows(self) -> Rows:
        return Rows(self.arrays, lambda seeds: iter((range(self.count),)), self.count)

    def spec(self) -> Any:
        def spec(leaf: Any) -> Any:
            dtype = leaf.dtype if isinstance(leaf, Tensor) else "string" if leaf.dtype.kind == "O" else leaf.dtype.name
            return TensorSpec(leaf.shape[1:], dtype)

        return _tree.map_structure(lambda leaf: None if leaf is None else spec(leaf), self.arrays)


def _mapped(function: Callable, structure: Any) -> Any:
    """Apply a function to leaves; a list is one."""
    if isinstance(structure, tuple):
        parts = [_mapped(function, part) for part in structure]
        return tuple(parts) if type(structure) is tuple else _tree._sequence_like(structure, parts)
    if isinstance(structure, dict):
        return _tree._like(structure, {key: _mapped(function, part) for key, part in structure.items()})
    return function(structure)


def _kept(leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind not in "OUST" and not leaf.flags.writeable:
        return leaf
    return _elements.as_element(leaf)


class Once(Stage):
    """One element."""

    def __init__(self, tensors: Any):
        self.element = _elements.as_element(tensors, copy=True)

    def cardinality(self) -> int:
        return 1

    def stream(self, seeds: Any) -> Iterator[Any]:
        yield _elements.copied(self.element)


class Held(Stage):
    """Elements of a list."""

    def __init__(self, elements: list):
        self.list = elements

    def cardinality(self) -> int:
        return len(self.list)

    def stream(self, seeds: Any) -> Iterator[Any]:
        return map(_elements.copied, self.list)


class Count(Stage):
    """Integers from a start by a step, to a stop or without end."""

    _IN_MEMORY = 1 << 20

    def __init__(self, start: int, stop: int | None, step: int, dtype: Any):
        if step == 0:
            raise ValueError("`step` must not be 0.")
        self.start, self.stop, self.step, self.dtype = start, stop, step, torch_dtype(dtype)

    def cardinality(self) -> int:
        return INFINITE if self.stop is None else len(range(self.start, self.stop, self.step))

    def rows(self) -> Rows | None:
        count = self.cardinality()
        if not 0 <= count <= self._IN_MEMORY:
            return None
        numbers = torch.arange(count, dtype=torch.int64, device="cpu") * self.step + self.start
        return Rows(numbers.to(self.dtype), lambda seeds: iter((range(count),)), count)

    def stream(self, seeds: Any) -> Iterator[Any]:
        at, left = self.start, self.cardinality()
        while left != 0:
            count = 4096 if left < 0 else min(left, 4096)
            numbers = torch.arange(count, dtype=torch.int64, device="cpu") * self.step + at
            yield from numbers.to(self.dtype).unbind()
            at, left = at + count * self.step, left - count if left > 0 else left

    def spec(self) -> Any:
        return TensorSpec((), self.dtype)


class Draws(Stage):
    """Random integers of int64 from 0 up to 2³², without end."""

    def __init__(self, seed: int | None, again: bool):
        self.seed, self.again, self.epoch = seed, again, 0
        if seed is None and not again:
            self.seed = int(torch.randint(2**62, (), device="cpu"))

    @property
    def draws(self) -> bool:
        return self.seed is None

    def cardinality(self) -> int:
        return INFINITE

    def stream(self, seeds: Any) -> Iterator[Any]:
        entropy = seeds if self.seed is None else np.random.SeedSequence([self.seed, self.epoch])
        self.epoch += self.again
        generator = np.random.default_rng(entropy)
        while True:
            yield from torch.from_numpy(generator.integers(2**32, size=256, dtype=np.int64)).unbind()


class Generated(Stage):
    """What a user's function or collection gives, asked anew for each iteration."""

    def __init__(self, generator: Any, args: tuple, signature: Any, count: int = UNKNOWN):
        if isinstance(generator, Iterator):
            raise TypeError(
                f"`generator` must be a function that makes an iterator for each epoch, or a collection; received "
                f"{generator!r:.60}, which can be iterated once. Pass the function itself, without calling it."
            )
        if not callable(generator) and not isinstance(generator, Iterable):
            raise TypeError(f"`generator` must be a function that gives an iterable; received {generator!r:.60}.")
        self.generator, self.args, self.signature, self.count = generator, args, signature, count

    def cardinality(self) -> int:
        return self.count

    def stream(self, seeds: Any) -> Iterator[Any]:
        given = self.generator(*self.args) if callable(self.generator) else self.generator
        if not isinstance(given, Iterable):
            raise TypeError(f"`generator` must give an iterable; it gave {given!r:.60} of type {type(given).__name__}.")
        # Copies: a generator may use its memory again.
        if self.signature is None:
            for value in given:
                yield _elements.as_element(value, copy=True)
        else:
            for value in given:
                yield fitted(value, self.signature)

    def spec(self) -> Any:
        return super().spec() if self.signature is None else self.signature


def fitted(value: Any, signature: Any) -> Any:
    """Make an element that has the structure, dtypes and shapes of a signature.

    Raises:
        ValueError: it does not fit.
    """
    if isinstance(signature, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(signature):
            raise ValueError(f"Elements must be tuples of {len(signature)}, as `output_signature` says; received {value!r:.80}.")
        return tuple([fitted(part, spec) for part, spec in zip(value, signature)])
    if isinstance(signature, dict):
        if not isinstance(value, dict) or set(value) != set(signature):
            raise ValueError(
                f"Elements must be dicts of {sorted(signature)}, as `output_signature` says; received {value!r:.80}."
            )
        return {key: fitted(value[key], spec) for key, spec in signature.items()}
    if not isinstance(signature, TensorSpec):
        raise TypeError(f"`output_signature` must hold TensorSpecs; received {signature!r}.")
    leaf = _elements.as_element(list(value) if isinstance(value, tuple) else value, copy=True)
    text = not isinstance(leaf, Tensor)
    if text != (signature.dtype == "string") and signature.dtype is not None:
        raise ValueError(f"A value must be of dtype {signature.dtype}, as `output_signature` says; received {value!r:.80}.")
    if not signature.fits(np.shape(leaf) if text else leaf.shape):
        raise ValueError(f"A value must have shape {signature.shape}, as `output_signature` says; received {np.shape(leaf)}.")
    return leaf if text or signature.dtype is None else leaf.to(torch_dtype(signature.dtype))


class Torch(Stage):
    """The items of a data set of torch's, by number if it has a length and numbers, else as it gives them."""

    def __init__(self, dataset: Any):
        self.dataset = dataset
        self.by_number = hasattr(dataset, "__getitem__") and not isinstance(dataset, torch.utils.data.IterableDataset)
        if not self.by_number and not isinstance(dataset, Iterable):
            raise TypeError(f"`dataset` must be a torch Dataset, DataLoader or iterable; received {dataset!r:.60}.")

    def cardinality(self) -> int:
        try:
            return len(self.dataset)
        except (TypeError, NotImplementedError):
            return UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        if not self.by_number:
            return map(_item, self.dataset)
        return (_item(self.dataset[index]) for index in range(len(self.dataset)))


def _item(item: Any) -> Any:
    """torch's loaders give lists where a tuple is meant."""
    return _elements.as_element(tuple(item) if isinstance(item, list) else item)
