"""Registries: one for each kind of thing with a name, and the objects that users register themselves."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kerasish._base._names import fold

_registered: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}
_scopes: list[dict[str, Any]] = []
registries: dict[str, "Registry"] = {}
# Filled by the room beside this one, which needs the registries to do its work.
_serializers: dict[str, Callable] = {}


class Registry:
    """The things of one kind, found by any spelling of their name.

    Classes and functions are kept apart (`Add` is a layer, `add` a function that applies it); both
    answer to `get`. As the mark of a declared field it turns names, dicts and classes into objects.

    Args:
        kind: what an error calls the things, "loss".
        module: the public module that files name, "keras.losses".
        prefer: whether a name that fits a class and a function means the "class" or the "function".
    """

    def __init__(self, kind: str, module: str, prefer: str = "class"):
        self.kind, self.module, self.prefer = kind, module, prefer
        self.classes: dict[str, Any] = {}
        self.functions: dict[str, Any] = {}
        self._keys: dict[int, str] = {}
        registries[module] = self

    def register(self, thing: Any, *aliases: str) -> Any:
        """Enter a class or function under its name and any aliases; give it back."""
        shelf = self.classes if inspect.isclass(thing) else self.functions
        for name in (thing.__name__, *aliases):
            shelf[fold(name)] = thing
        self._keys[id(thing)] = thing.__name__
        return thing

    def function(self, *aliases: str) -> Callable[[Any], Any]:
        """Decorate a function of this kind, with its aliases."""
        return lambda thing: self.register(thing, *aliases)

    def names(self) -> list[str]:
        """The names of everything registered, sorted."""
        return sorted({thing.__name__ for shelf in (self.classes, self.functions) for thing in shelf.values()})

    def find(self, name: str) -> Any:
        """Give the class or function of that name; custom objects come first.

        Raises:
            ValueError: nothing has that name; the message says what was probably meant.
        """
        custom = find_custom(name)
        if custom is not None:
            return custom
        key = fold(name)
        shelves = [self.classes, self.functions] if self.prefer == "class" else [self.functions, self.classes]
        found = [shelf[key] for shelf in shelves if key in shelf]
        for thing in found:
            if thing.__name__ == name:
                return thing
        if found:
            return found[0]
        raise ValueError(f"`{name}` is not a known {self.kind}.{did_you_mean(name, self.names())}")

    def get(self, identifier: Any) -> Any:
        """Turn a name, dict, class or object into the object; None stays None.

        Raises:
            ValueError: an unknown name, or something that cannot stand for one of this kind.
        """
        if identifier is None:
            return None
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        if isinstance(identifier, str):
            identifier = self.find(identifier)
        if inspect.isclass(identifier):
            return identifier()
        if callable(identifier) or hasattr(identifier, "get_config"):
            return identifier
        raise ValueError(f"Expected a name, a config, or an object for a {self.kind}; received {identifier!r}.")

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make the object that a config describes: `serialize` turned round."""
        return _serializers["deserialize"](config, custom_objects, self)

    def serialize(self, thing: Any) -> Any:
        """Describe an object of this kind: a name for a built-in function, else a dict."""
        if thing is None or isinstance(thing, (str, Mapping)):
            return thing
        if id(thing) in self._keys and not inspect.isclass(thing):
            return thing.__name__
        return _serializers["serialize"](thing)

    def owns(self, thing: Any) -> bool:
        """Say whether this very class or function is one of the built-in ones."""
        return id(thing) in self._keys

    def __repr__(self) -> str:
        return f"<Registry of {self.module}: {len(self.classes)} classes, {len(self.functions)} functions>"


def did_you_mean(name: str, known: list[str]) -> str:
    """Give the sentence that an error about an unknown name ends with."""
    folded = {fold(k): k for k in known}
    close = [folded[k] for k in difflib.get_close_matches(fold(name), folded, n=3, cutoff=0.6)]
    if close:
        return f" Did you mean {' or '.join(repr(c) for c in close)}?"
    return f" Known: {', '.join(known)}." if len(known) <= 40 else ""


# What users register.


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorate a class or function so that files can name it as `package>name` and load it without `custom_objects`.

    Raises:
        ValueError: a class without `get_config`.
    """

    def register(thing: Any) -> Any:
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(f"A class must have `get_config()` to be registered; {thing.__name__} has none.")
        key = f"{package}>{name or thing.__name__}"
        _registered[key] = thing
        _registered_names[thing] = key
        return thing

    return register


def get_registered_name(thing: Any) -> str:
    """The `package>name` that a thing was registered under, else its own name."""
    try:
        return _registered_names[thing]
    except (KeyError, TypeError):
        return thing.__name__


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """What is registered under that name, or None."""
    for place in (*reversed(_scopes), _registered, custom_objects or {}, module_objects or {}):
        if name in place:
            return place[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """The dict of what is registered, to be read and changed."""
    return _registered


class custom_object_scope:  # noqa: N801 - Keras's own spelling, used as a function
    """Make objects known by name inside a `with` block.

    >>> with custom_object_scope({"Mine": dict}):
    ...     find_custom("Mine")
    <class 'dict'>
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None):
        self._objects = dict(custom_objects or {})

    def __enter__(self) -> "custom_object_scope":
        _scopes.append(self._objects)
        return self

    def __exit__(self, *_: Any) -> None:
        _scopes.remove(self._objects)


def find_custom(name: str) -> Any:
    """What a custom object scope or the user's registrations hold under that name, or None."""
    for place in (*reversed(_scopes), _registered):
        if name in place:
            return place[name]
    return _registered.get(f"Custom>{name}")
