"""Stages that call users' functions with elements."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from kerasish._base import _tree
from kerasish.data import _elements, _workers
from kerasish.data._elements import TensorSpec
from kerasish.data._stage import UNKNOWN, Beginning, Following, Stage, call, child

AUTOTUNE = -1
_log = logging.getLogger("kerasish")


def cores() -> int:
    """The processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Map(Following):
    """What a function gives for each element.

    Args:
        function: takes an element, a tuple's parts as arguments.
        parallel: calls at a time; None for none beside the iteration, AUTOTUNE where it pays.
        processes: whether processes make them, and not threads.
        in_order: whether results come in the order of the elements.
    """

    def __init__(self, source: Stage, function: Callable, parallel: int | None, processes: bool, in_order: bool):
        super().__init__(source)
        self.function, self.parallel, self.processes, self.in_order = function, parallel, processes, in_order

    @property
    def draws(self) -> bool:
        # Processes begin with seeds of their own.
        return self.processes or self.source.draws

    def apply(self, element: Any) -> Any:
        """Call the function, and make an element of what it gives."""
        return _elements.as_element(call(self.function, element))

    def stream(self, seeds: Any) -> Iterator[Any]:
        elements = self.source.elements(child(seeds, 0))
        if self.parallel is None:
            return map(self.apply, elements)
        count = cores() if self.parallel == AUTOTUNE else self.parallel
        if self.processes:
            return _workers.by_processes(self.apply, elements, count, self.in_order, seeds)
        run = _workers.by_threads_if_worth_it if self.parallel == AUTOTUNE else _workers.by_threads
        return run(self.apply, elements, count, self.in_order)

    def spec(self) -> Any:
        """What the first element becomes; where the number of rows is not known, what becomes of one row less tells it."""
        inner = self.source.spec()
        for element in self.source.elements(None):
            spec = _elements.spec_of(self.apply(element))
            fewer = _with_a_row_less(element, inner)
            return spec if fewer is None else _elements.joined_specs(spec, _elements.spec_of(self.apply(fewer)))
        raise ValueError("A Dataset without elements does not tell what its function gives.")


class _LeftOut:
    """Stands for an element whose call failed; the class itself does, which is the same in all processes."""


class Lenient(Map):
    """What a function gives for each element, without the elements for which it fails.

    Args:
        mapped: the stage of the function.
        tell: whether to log each error.
    """

    def __init__(self, mapped: Map, tell: bool):
        super().__init__(mapped.source, mapped.function, mapped.parallel, mapped.processes, mapped.in_order)
        self.tell = tell

    def cardinality(self) -> int:
        return 0 if self.source.cardinality() == 0 else UNKNOWN

    def apply(self, element: Any) -> Any:
        try:
            return super().apply(element)
        except Exception as error:
            if self.tell:
                _log.warning("An element was left out: %s: %s", type(error).__name__, error)
            return _LeftOut

    def stream(self, seeds: Any) -> Iterator[Any]:
        return filter(lambda element: element is not _LeftOut, super().stream(seeds))

    def spec(self) -> Any:
        return Stage.spec(self)


def _with_a_row_less(element: Any, spec: Any) -> Any:
    """The element with the last row left out where the number of rows is not known; None if there is nothing to leave out."""
    cut = []
    for leaf, known in zip(_tree.flatten(element), _tree.flatten(spec)):
        unknown = isinstance(known, TensorSpec) and known.shape and known.shape[0] is None
        if unknown and isinstance(leaf, Tensor) and len(leaf) < 2:
            return None
        cut.append(leaf[:-1] if unknown else leaf)
    whole = [leaf is part for leaf, part in zip(_tree.flatten(element), cut)]
    return None if all(whole) else _elements.packer(element)(cut)


class Filter(Following):
    """The elements of which a function says so."""

    def __init__(self, source: Stage, predicate: Callable):
        super().__init__(source)
        self.predicate = predicate

    def cardinality(self) -> int:
        return 0 if self.source.cardinality() == 0 else UNKNOWN

    def keeps(self, element: Any) -> bool:
        """Ask the function.

        Raises:
            ValueError: it gave no truth value.
        """
        given = call(self.predicate, element)
        try:
            return bool(given)
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"`predicate` must give True or False; it gave {given!r:.80}. Reduce it: .all()") from error

    def stream(self, seeds: Any) -> Iterator[Any]:
        return filter(self.keeps, self.source.elements(seeds))


class TakeWhile(Filter):
    """The elements before the first of which a function does not say so."""

    def stream(self, seeds: Any) -> Iterator[Any]:
        for element in self.source.elements(seeds):
            if not self.keeps(element):
                return
            yield element


class Scan(Following):
    """What a function gives for each element and a state, which it changes."""

    def __init__(self, source: Stage, state: Any, function: Callable):
        super().__init__(source)
        self.state, self.function = _elements.as_element(state, copy=True), function

    def stream(self, seeds: Any) -> Iterator[Any]:
        state = _elements.copied(self.state)
        for element in self.source.elements(seeds):
            given = self.function(state, element)
            if not isinstance(given, tuple) or len(given) != 2:
                raise ValueError(f"`scan_func` must give a tuple of the new state and an element; it gave {given!r:.80}.")
            state, scanned = map(_elements.as_element, given)
            yield scanned

    def spec(self) -> Any:
        return Stage.spec(self)


class Unique(Following):
    """Elements, single numbers or strings, that did not come before."""

    def cardinality(self) -> int:
        return 0 if self.source.cardinality() == 0 else UNKNOWN

    def stream(self, seeds: Any) -> Iterator[Any]:
        seen = set()
        for element in self.source.elements(seeds):
            if isinstance(element, Tensor) and element.numel() != 1 or not isinstance(element, (Tensor, str, bytes)):
                raise ValueError(f"`unique` needs elements that are single numbers or strings; received {element!r:.80}.")
            value = element.item() if isinstance(element, Tensor) else element
            if value not in seen:
                seen.add(value)
                yield element


class Interleave(Beginning):
    """Elements of the data sets that a function makes of elements, several data sets taken in turn.

    Args:
        begin: makes a stage of an element.
        cycle, block: data sets that are open at a time; elements taken of one before the next one's turn.
        parallel: how many of them prepare an element at the same time, in threads; None for none.
    """

    def __init__(self, source: Stage, begin: Callable[[Any], Stage], cycle: int, block: int, parallel: int | None):
        super().__init__(source)
        self.begin, self.cycle, self.block, self.parallel = begin, cycle, block, parallel

    def stream(self, seeds: Any) -> Iterator[Any]:
        stages = enumerate(self.source.elements(child(seeds, 0)), 1)
        gate = None
        if self.parallel is not None:
            gate = threading.Semaphore(cores() if self.parallel == AUTOTUNE else self.parallel)
        begun: list[Iterator | None] = [None] * self.cycle
        more, turn = True, 0
        while more or any(elements is not None for elements in begun):
            if begun[turn] is None and more:
                number, element = next(stages, (0, None))
                more = number > 0
                if more:
                    elements = self.begin(element).elements(child(seeds, number))
                    begun[turn] = elements if gate is None else _workers.ahead(elements, max(2, self.block), gate)
            elements = begun[turn]
            given = 0
            while elements is not None and given < self.block:
                for element in elements:
                    given += 1
                    yield element
                    break
                else:
                    begun[turn] = elements = None
            turn = (turn + 1) % self.cycle

    def spec(self) -> Any:
        return Stage.spec(self)
