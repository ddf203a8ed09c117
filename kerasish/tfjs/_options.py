"""Options: TensorFlow.js's argument objects and camelCase as the keyword arguments of the functions that are called."""

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kerasish._base._names import fold
from kerasish._base._registry import did_you_mean

# Values of options that are spelled in camelCase, where no registry folds them.
_VALUES = {"channelsFirst", "channelsLast", "oneHot", "multiHot", "zeroOutput", "sumOverBatchSize"}


def snake(name: str) -> str:
    """Spell a camelCase name with underscores: `batchInputShape` is batch_input_shape."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found.group().lower()}", name)


def merged(what: str, options: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Put the options of one dict and keyword arguments together.

    Raises:
        TypeError: the options are no dict.
        ValueError: one is given twice.
    """
    if options is None:
        return dict(given)
    if not isinstance(options, Mapping):
        raise TypeError(f"{what} takes keyword arguments or one dict of options; received {options!r:.80}.")
    twice = [name for name in given if name in options]
    if twice:
        raise ValueError(f"{what}: `{twice[0]}` is given twice, in the dict and as a keyword argument.")
    return {**options, **given}


def spelled(what: str, options: Mapping[str, Any], known: Iterable[str], renamed: Mapping[str, str] | None = None) -> dict:
    """Give options the names that a function has for them, whatever spelling they came in.

    Args:
        what: what an error calls the function.
        options: by name, camelCase or snake_case.
        known: the names that the function has.
        renamed: TensorFlow.js's name, folded → the function's, where they differ by more than spelling.

    Raises:
        TypeError: an option that is not known.
    """
    names = {fold(name): name for name in known}
    names.update({key: name for key, name in (renamed or {}).items()})
    made = {}
    for name, value in options.items():
        if fold(name) not in names:
            raise TypeError(f"{what} has no option `{name}`.{did_you_mean(name, sorted(set(names.values())))}")
        made[names[fold(name)]] = spelled_value(value)
    return made


def spelled_value(value: Any) -> Any:
    """Give `'channelsFirst'` and its like as they are spelled here; anything else as it is."""
    return snake(value) if isinstance(value, str) and value in _VALUES else value


@functools.lru_cache(maxsize=1024)
def parameters_of(function: Callable) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


class Shelf:
    """Things of one kind by name, found by any spelling: what a namespace of TensorFlow.js is here.

    Args:
        name: "tf.layers".
        things: by TensorFlow.js's names.
        find: gives what has another name, or None.
    """

    def __init__(self, name: str, things: Mapping[str, Any], find: Callable[[str], Any] | None = None):
        self.__dict__.update(_name=name, _things=dict(things), _find=find)
        self.__dict__.update(_folded={fold(key): value for key, value in things.items()})
        self.__dict__.update(things)

    def __getattr__(self, name: str) -> Any:
        found = None
        if not name.startswith("_"):
            found = self._folded.get(fold(name))
            if found is None and self._find is not None:
                found = self._find(name)
        if found is None:
            raise AttributeError(f"{self._name} has no `{name}`.{did_you_mean(name, list(self._things))}")
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self._name} is not to be changed; received `{name}`.")

    def __dir__(self) -> list[str]:
        return sorted(self._things)

    def __repr__(self) -> str:
        return f"<{self._name}: {', '.join(sorted(self._things))}>"


def missing(name: str, why: str) -> Callable:
    """A function that cannot exist in Python, which says so when it is called."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{name} cannot be here: {why}")

    refuse.__name__ = name.rsplit(".", 1)[-1]
    refuse.__doc__ = f"Say that it cannot be here: {why}"
    return refuse
