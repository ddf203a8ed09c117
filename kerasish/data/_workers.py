"""Work beside the iteration: threads and processes that end when what they work for is left or over."""

import atexit
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch

_END = object()
_TRIED = 8  # calls that are timed before threads are begun
_WORTH_A_THREAD = 200e-6  # seconds: handing a call to a thread takes some tens of microseconds


class _Failure:
    """An error on its way to who asked."""

    def __init__(self, error: BaseException):
        self.error = error


class _Channel:
    """Hands elements from one thread to another; the giving one waits while so many are not yet taken."""

    def __init__(self, size: int):
        self.size, self.closed = size, False
        self._waiting: deque = deque()
        self._changed = threading.Condition()

    def put(self, element: Any) -> bool:
        """Hand an element over; False when nobody will take it."""
        with self._changed:
            while len(self._waiting) >= self.size and not self.closed:
                self._changed.wait()
            self._waiting.append(element)
            self._changed.notify_all()
            return not self.closed

    def get(self) -> Any:
        """Take the next element, when it comes."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            element = self._waiting.popleft()
            self._changed.notify_all()
            return element

    def close(self) -> None:
        """Take no more."""
        with self._changed:
            self.closed = True
            self._waiting.clear()
            self._changed.notify_all()


_open: "weakref.WeakKeyDictionary[_Channel, threading.Thread]" = weakref.WeakKeyDictionary()


def ahead(elements: Iterator[Any], size: int, gate: AbstractContextManager | None = None) -> Iterator[Any]:
    """Give the elements, which a thread prepares while what was given is used.

    Args:
        elements: used by that thread only.
        size: how many wait at most.
        gate: held while an element is prepared.
    """
    channel = _Channel(size)
    thread = threading.Thread(
        target=_prepare, args=(elements, channel, gate or nullcontext()), name="kerasish.data.prefetch", daemon=True
    )
    del elements
    _open[channel] = thread
    thread.start()
    try:
        while (element := channel.get()) is not _END:
            if isinstance(element, _Failure):
                raise element.error
            yield element
    finally:
        channel.close()


def _prepare(elements: Iterator[Any], channel: _Channel, gate: AbstractContextManager) -> None:
    try:
        while True:
            with gate:
                element = next(elements, _END)
            if not channel.put(element) or element is _END:
                return
    except BaseException as error:
        channel.put(_Failure(error))
    finally:
        # Ends what the elements themselves keep going, here, where they ran.
        getattr(elements, "close", lambda: None)()


@atexit.register
def _close_all() -> None:
    """Stop the threads before the interpreter does, which would cut them off in the midst of a call."""
    left = list(_open.items())
    for channel, _ in left:
        channel.close()
    for _, thread in left:
        thread.join(timeout=1)


def by_threads(function: Callable, elements: Iterator[Any], threads: int, in_order: bool) -> Iterator[Any]:
    """Give what the function gives for each element; so many threads call it, twice as many calls are under way.

    What an earlier call gave still comes when an error ends the elements.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="kerasish.data.map")
    waiting: deque[Future] = deque()
    failed: Exception | None = None
    try:
        while True:
            try:
                element = next(elements, _END)
            except Exception as error:
                failed, element = error, _END
            if element is _END:
                break
            waiting.append(pool.submit(function, element))
            if len(waiting) >= 2 * threads:
                yield _next_of(waiting, in_order).result()
        while waiting:
            yield _next_of(waiting, in_order).result()
        if failed is not None:
            raise failed
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _next_of(waiting: deque[Future], in_order: bool) -> Future:
    if not in_order:
        wait(waiting, return_when=FIRST_COMPLETED)
        done = next(future for future in waiting if future.done())
        waiting.remove(done)
        return done
    return waiting.popleft()


def by_threads_if_worth_it(function: Callable, elements: Iterator[Any], threads: int, in_order: bool) -> Iterator[Any]:
    """Call the function a few times here; go on with threads if it takes long enough to gain by it."""
    times = []
    for element in elements:
        begun = time.perf_counter()
        given = function(element)
        times.append(time.perf_counter() - begun)
        yield given
        if len(times) == _TRIED:
            break
    else:
        return
    slow = threads > 1 and sorted(times)[_TRIED // 2] > _WORTH_A_THREAD
    yield from by_threads(function, elements, threads, in_order) if slow else map(function, elements)


class _Calls(torch.utils.data.Dataset):
    """A function as a data set of torch's: what it is asked for is the element that the function takes."""

    def __init__(self, function: Callable):
        self.function = function

    def __getitem__(self, element: Any) -> Any:
        return self.function(element)


def by_processes(function: Callable, elements: Iterable[Any], processes: int, in_order: bool, seeds: Any) -> Iterator[Any]:
    """Give what the function gives for each element, as called by workers of a DataLoader, whose sampler the elements are."""
    order: dict[str, Any] = {} if in_order else {"in_order": False}
    state = (seeds or np.random.SeedSequence()).generate_state(1, np.uint64)[0]
    order["generator"] = torch.Generator("cpu").manual_seed(int(state) >> 1)
    loader = torch.utils.data.DataLoader(
        _Calls(function), batch_size=None, sampler=elements, num_workers=processes, collate_fn=_as_it_is, **order
    )
    iterator = iter(loader)
    try:
        yield from iterator
    finally:
        # An error keeps the iterator in its traceback; torch then waits ten seconds when that is collected as garbage.
        getattr(iterator, "_shutdown_workers", lambda: None)()


def _as_it_is(element: Any) -> Any:
    return element
