"""Promises: what TensorFlow.js gives later is here at once, and can still be waited for with `await` or `.then`."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

# The event loop that waits for a thread, in which what that thread calls is to run.
_home: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("_home", default=None)


@contextmanager
def at_home(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let async functions that are called by threads started here run in an event loop, which must not be blocked meanwhile."""
    token = _home.set(loop)
    try:
        yield
    finally:
        _home.reset(token)


class Thenable:
    """A value that is there already, with what a JavaScript promise has."""

    def then(self, on_fulfilled: Callable | None = None, on_rejected: Callable | None = None) -> Any:
        """Call a function with the value, and give what it gives as something that can be waited for too.

        Args:
            on_fulfilled: takes the value.
            on_rejected: never called: an error was raised where it happened.
        """
        return self if on_fulfilled is None else promised(settled(on_fulfilled(self._settled_value())))

    def catch(self, on_rejected: Callable | None = None) -> Any:
        """Give this: an error was raised where it happened."""
        return self

    def finally_(self, on_finally: Callable) -> Any:
        """Call a function without arguments, and give this (`finally` is a word of Python's own)."""
        settled(on_finally())
        return self

    def _settled_value(self) -> Any:
        return self

    def __await__(self) -> Generator[Any, None, Any]:
        return self._settled_value()
        yield  # this makes it a generator, as `await` wants


class Promise(Thenable):
    """A promise that has come true with a value of a type that cannot be made thenable: None, a symbol…"""

    def __init__(self, value: Any = None):
        self.value = value

    def _settled_value(self) -> Any:
        return self.value

    def __repr__(self) -> str:
        return f"Promise {{ {self.value!r} }}"


class PromisedArray(Thenable, np.ndarray):  # type: ignore[misc]
    """A numpy array that can be waited for."""


class PromisedList(Thenable, list):
    """A list that can be waited for."""


class PromisedTuple(Thenable, tuple):
    """A tuple that can be waited for."""


class PromisedDict(Thenable, dict):
    """A dict that can be waited for."""


class PromisedFloat(Thenable, float):
    """A float that can be waited for."""


class PromisedInt(Thenable, int):
    """An integer that can be waited for."""


class PromisedStr(Thenable, str):
    """A string that can be waited for."""


_KINDS: dict[type, type] = {
    list: PromisedList,
    tuple: PromisedTuple,
    dict: PromisedDict,
    float: PromisedFloat,
    int: PromisedInt,
    str: PromisedStr,
}


def promised(value: Any) -> Any:
    """Make a value one that can be waited for: of its own type where that can be, else a `Promise`."""
    if hasattr(value, "then"):
        return value
    if type(value) is np.ndarray:
        return value.view(PromisedArray)
    kind = _KINDS.get(type(value))
    return Promise(value) if kind is None else kind(value)


def settled(value: Any) -> Any:
    """Give a value; wait for it where it is a coroutine, as an async callback gives."""
    if inspect.iscoroutine(value):
        return _finished(value)
    return value.value if type(value) is Promise else value


def _finished(coroutine: Coroutine) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        home = _home.get()
        if home is not None:
            return asyncio.run_coroutine_threadsafe(coroutine, home).result()
        return asyncio.run(coroutine)
    # A loop runs already, and it is this code that it waits for: another thread has one of its own.
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.extend((True, asyncio.run(coroutine)))
        except BaseException as error:  # noqa: BLE001 - raised again below, where the caller is
            outcome.extend((False, error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    done, result = outcome
    if not done:
        raise result
    return result
