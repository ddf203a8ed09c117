"""Objects in files: describing any object by plain data and making it again; no file ever brings code with it."""

from collections.abc import Mapping
from typing import Any

from kerasish._base._registry import custom_object_scope
from kerasish._base._serialization import decoders, deserialize, serialize

CustomObjectScope = custom_object_scope


def serialize_keras_object(obj: Any) -> Any:
    """Describe an object by JSON-ready data: what is needed to make it again.

    Args:
        obj: a layer, loss, optimizer…, a registered function, or plain data.

    Raises:
        TypeError: an object without `get_config`.
        ValueError: a lambda.

    >>> serialize_keras_object([1, (2.0, None)])
    [1, [2.0, None]]
    """
    return serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """Make the object that `serialize_keras_object` described.

    Args:
        config: the description.
        custom_objects: classes and functions by name, beyond those that are registered.
        safe_mode: nothing depends on it. Code in a file (a lambda, a pickle) is never run, with False either.
        **kwargs: `module_objects`, more names, as in Keras 2.

    Raises:
        ValueError: the description names something unknown, or holds code.

    >>> deserialize_keras_object({"class_name": "__slice__", "config": {"start": 0, "stop": 2, "step": None}})
    slice(0, 2, None)
    """
    more = kwargs.pop("module_objects", None)
    if kwargs:
        raise TypeError(f"deserialize_keras_object takes no arguments {sorted(kwargs)}.")
    return deserialize(config, {**(more or {}), **(custom_objects or {})})


def _refuse_code(described: dict) -> Any:
    raise ValueError(
        "The file holds a Python lambda. Code in files is never run, whatever `safe_mode` says. "
        "Save the model with a named function instead, registered with @kerasish.saving.register_keras_serializable()."
    )


decoders["__lambda__"] = _refuse_code
