"""The registry of layers, and how they are written into configs and made of them again."""

from collections.abc import Mapping
from typing import Any

from kerasish._base._registry import Registry

LAYERS = Registry("layer", "keras.layers")


def serialize(layer: Any) -> Any:
    """Describe a layer by plain data.

    >>> from kerasish.layers import Flatten
    >>> serialize(Flatten(name="flat"))["class_name"]
    'Flatten'
    """
    return LAYERS.serialize(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the layer that `serialize` described.

    Args:
        config: the description, or a layer's name.
        custom_objects: your own classes and functions that the config names.

    >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    return LAYERS.deserialize(config, custom_objects)
