"""The registry of losses, and the three functions that names and configs go through."""

from collections.abc import Mapping
from typing import Any

from kerasish._base._registry import Registry

LOSSES = Registry("loss", "keras.losses", prefer="function")


def get(identifier: Any) -> Any:
    """Give the loss that a name, config, class or function stands for; `snake_case` is a function, `CamelCase` an object.

    Raises:
        ValueError: no loss has that name; the message says what was probably meant.

    >>> get("mse").__name__, get("MeanSquaredError").name
    ('mean_squared_error', 'mean_squared_error')
    """
    return LOSSES.get(identifier)


def serialize(loss: Any) -> Any:
    """Describe a loss object or function by plain data.

    >>> serialize(get("Hinge"))["config"]
    {'name': 'hinge', 'reduction': 'sum_over_batch_size'}
    """
    if LOSSES.owns(loss) and not isinstance(loss, type):
        return {"module": "builtins", "class_name": "function", "config": loss.__name__, "registered_name": "function"}
    return LOSSES.serialize(loss)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the loss that `serialize` described.

    Args:
        name: a config, or a name.
        custom_objects: your own classes and functions that the config names.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 0.5}}).delta
    0.5
    """
    return LOSSES.deserialize(name, custom_objects)
