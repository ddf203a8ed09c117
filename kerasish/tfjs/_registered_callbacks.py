"""Callbacks that every `fit` gets: `tf.registerCallbackConstructor`."""

from collections.abc import Callable
from typing import Any

_constructors: list[tuple[int, Callable[[], Any]]] = []


def register_callback_constructor(verbosity_level: int, callback_constructor: Callable[[], Any]) -> None:
    """Let every `fit` that is at least this verbose make a callback, and listen to it.

    Args:
        verbosity_level: the least `verbose` that it takes; 0 means always.
        callback_constructor: makes a callback.

    Raises:
        ValueError: a level that is negative or no whole number, or a constructor that is registered there already.
    """
    if not isinstance(verbosity_level, int) or verbosity_level < 0:
        raise ValueError(f"`verbosity_level` must be a whole number, not negative; received {verbosity_level!r}.")
    if (verbosity_level, callback_constructor) in _constructors:
        raise ValueError("Duplicate callback constructor.")
    _constructors.append((verbosity_level, callback_constructor))


def registered_callbacks(verbose: Any) -> list[Any]:
    """Make the callbacks that a `fit` of this verbosity gets."""
    level = int(verbose) if isinstance(verbose, (int, float)) else 1
    return [make() for least, make in _constructors if level >= least]


def clear_callback_constructors() -> None:
    """Forget the constructors that were registered."""
    _constructors.clear()
