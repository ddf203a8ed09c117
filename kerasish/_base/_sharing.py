"""Sharing: an object that stands at several places of a config is one object again when the config is read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_KEY = "shared_object_id"  # Keras's name for it

_numbers: dict[int, tuple[int, Any]] | None = None
_objects: dict[int, Any] | None = None


@contextmanager
def numbering() -> Iterator[None]:
    """Give each object that is described inside a number, the same one at each place."""
    global _numbers
    before, _numbers = _numbers, {}
    try:
        yield
    finally:
        _numbers = before


@contextmanager
def remembering() -> Iterator[None]:
    """Make one object of each number inside."""
    global _objects
    before, _objects = _objects, {}
    try:
        yield
    finally:
        _objects = before


def mark(thing: Any, described: dict) -> None:
    """Put the number of an object into its description."""
    if _numbers is not None:
        # The object is kept with its number: the `id` of one that is gone may be another's.
        described[_KEY] = _numbers.setdefault(id(thing), (len(_numbers) + 1, thing))[0]


def known(described: dict) -> Any:
    """The object that was made of this number already, or None."""
    return None if _objects is None else _objects.get(described.get(_KEY, 0))


def remember(thing: Any, described: dict) -> None:
    """Note that this object was made of a description."""
    if _objects is not None and _KEY in described:
        _objects[described[_KEY]] = thing


def without_singles(config: Any) -> Any:
    """The same config without the numbers that stand at one place only."""
    count: Counter[int] = Counter()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            count[part.get(_KEY, 0)] += 1
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    def drop(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: drop(value) for key, value in part.items() if key != _KEY or count[value] > 1}
        return [drop(value) for value in part] if isinstance(part, list) else part

    look(config)
    return drop(config)
