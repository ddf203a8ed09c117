"""Configs: any object described by plain JSON-ready data in Keras's own form, and made again from it."""

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from kerasish._base import _sharing
from kerasish._base._names import fold
from kerasish._base._registry import (
    Registry,
    _registered_names,
    _serializers,
    custom_object_scope,
    find_custom,
    get_registered_name,
    registries,
)

# What an extension of the format needs (tensors, symbols, models) is added to `encoders` / `decoders`.
encoders: list[tuple[type | tuple[type, ...], Callable[[Any], Any]]] = []
decoders: dict[str, Callable[[dict], Any]] = {}
# Modules whose objects files may name, beyond the registries: "keras" -> {"Sequential": cls}.
file_modules: dict[str, dict[str, Any]] = {}


@contextlib.contextmanager
def _scope(custom_objects: Mapping[str, Any] | None) -> Iterator[None]:
    if not custom_objects:
        yield
        return
    with custom_object_scope(custom_objects):
        yield


def serialize(thing: Any) -> Any:
    """Describe any object by plain JSON-ready data, in Keras's own form."""
    if thing is None or isinstance(thing, (str, bool, int, float)):
        return thing
    if isinstance(thing, bytes):
        return {"class_name": "__bytes__", "config": {"value": thing.decode("utf-8")}}
    if isinstance(thing, slice):
        return {"class_name": "__slice__", "config": {"start": thing.start, "stop": thing.stop, "step": thing.step}}
    if thing is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(thing, np.generic) or isinstance(thing, np.ndarray) and thing.ndim == 0:
        return thing.item()
    if isinstance(thing, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": thing.tolist(), "dtype": thing.dtype.name}}
    if isinstance(thing, (list, tuple)):
        return [serialize(part) for part in thing]
    if isinstance(thing, Mapping) and not hasattr(thing, "get_config"):
        return {key: serialize(value) for key, value in thing.items()}
    for kind, encode in encoders:
        if isinstance(thing, kind):
            return encode(thing)
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return _serialize_named(thing)
    if hasattr(thing, "get_config"):
        return _serialize_object(thing)
    raise TypeError(f"Cannot describe a {type(thing).__name__} in a config: it has no `get_config()`. Received {thing!r}.")


def _serialize_named(thing: Any) -> dict:
    if thing.__name__ == "<lambda>":
        raise ValueError(
            "A lambda cannot be written into a config, because a file never holds code. "
            "Give it a name with `def` and register it with @kerasish.saving.register_keras_serializable()."
        )
    registered = get_registered_name(thing)
    kind = "class" if inspect.isclass(thing) else "function"
    home = _home(thing)
    return {
        "module": home or (thing.__module__ if thing not in _registered_names else None),
        "class_name": kind,
        "config": registered if kind == "function" and not home else thing.__name__,
        "registered_name": thing.__name__ if home else registered,
    }


def _home(thing: Any) -> str | None:
    """The public module that files name for a built-in class or function."""
    for registry in registries.values():
        if registry.owns(thing):
            return registry.module
    for module, things in file_modules.items():
        if things.get(thing.__name__) is thing:
            return module
    return None


def _serialize_object(thing: Any) -> dict:
    cls = type(thing)
    home = _home(cls)
    described = {
        "module": home or (cls.__module__ if cls not in _registered_names else None),
        "class_name": cls.__dict__.get("exported_as", cls.__name__),
        "config": {key: serialize(value) for key, value in thing.get_config().items()},
        "registered_name": None if home else get_registered_name(cls),
    }
    for extra in ("build_config", "compile_config"):
        get = getattr(thing, f"get_{extra}", None)
        value = get() if get is not None else None
        if value:
            described[extra] = serialize(value)
    _sharing.mark(thing, described)
    return described


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, registry: Registry | None = None) -> Any:
    """Make the object that `serialize` described. Runs no code but constructors of known classes.

    Raises:
        ValueError: the config names something unknown; the message says how to make it known.
    """
    if config is None or isinstance(config, (bool, int, float)):
        return config
    with _scope(custom_objects):
        if isinstance(config, str):
            return registry.get(config) if registry is not None else config
        if isinstance(config, (list, tuple)):
            return type(config)(deserialize(part, None, registry) for part in config)
        if not isinstance(config, Mapping):
            return config
        if "class_name" not in config or "config" not in config:
            return {key: deserialize(value) for key, value in config.items()}
        return _deserialize_object(dict(config), registry)


def _deserialize_object(described: dict, registry: Registry | None) -> Any:
    name, config = described["class_name"], described.get("config")
    if name in decoders:
        return decoders[name](described)
    shared = _sharing.known(described)
    if shared is not None:
        return shared
    if name in ("function", "class"):
        return _resolve(described.get("module"), config, described.get("registered_name"), registry)  # type: ignore[arg-type]
    cls = _resolve(described.get("module"), name, described.get("registered_name"), registry)
    if not hasattr(cls, "from_config"):
        raise ValueError(f"`{name}` has no `from_config`, so a config cannot make one; received {cls!r}.")
    thing = cls.from_config(config if isinstance(config, dict) else {})
    _sharing.remember(thing, described)
    if described.get("build_config") and hasattr(thing, "build_from_config"):
        thing.build_from_config(deserialize(described["build_config"]))
    if described.get("compile_config") and hasattr(thing, "compile_from_config"):
        thing.compile_from_config(described["compile_config"])
    return thing


def _resolve(module: str | None, name: str, registered_name: str | None, registry: Registry | None) -> Any:
    for key in (registered_name, name):
        custom = find_custom(key) if key else None
        if custom is not None:
            return custom
    if module == "builtins":
        module = None  # where Keras says that its own functions live
    if module is not None:
        if name in file_modules.get(module, {}):
            return file_modules[module][name]
        named = registries.get(module)
        if named is not None:
            return named.find(name)
        if module.startswith("keras"):
            found = [thing for thing in _built_in(name)]
            if found:
                return found[0]
        # Only what the program has itself imported and defined: a file makes nothing be imported.
        thing = getattr(sys.modules.get(module), name, None)
        if hasattr(thing, "get_config") or inspect.isfunction(thing) and getattr(thing, "__module__", None) == module:
            return thing
    elif registry is not None:
        return registry.find(name)
    raise ValueError(
        f"`{registered_name or name}` (of module {module!r}) is not known. If it is your own, register it with "
        f"@kerasish.saving.register_keras_serializable(), or pass custom_objects={{{name!r}: …}} when loading."
    )


def _built_in(name: str) -> Iterator[Any]:
    for things in file_modules.values():
        if name in things:
            yield things[name]
    for registry in registries.values():
        for shelf in (registry.classes, registry.functions):
            if fold(name) in shelf:
                yield shelf[fold(name)]


decoders.update(
    __bytes__=lambda described: described["config"]["value"].encode("utf-8"),
    __slice__=lambda described: slice(*(deserialize(described["config"][key]) for key in ("start", "stop", "step"))),
    __ellipsis__=lambda described: Ellipsis,
    __numpy__=lambda described: np.array(described["config"]["value"], dtype=described["config"]["dtype"]),
)
_serializers.update(serialize=serialize, deserialize=deserialize)
