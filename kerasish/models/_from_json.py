"""Models from JSON."""

import json
from collections.abc import Mapping
from typing import Any

from kerasish._base._serialization import deserialize
from kerasish.saving.tfjs import is_topology, read_topology


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make the model that `model.to_json()` described, with fresh weights; TensorFlow.js's and Keras 2's JSON is read too.

    Args:
        json_string: the description.
        custom_objects: classes and functions by name.

    Raises:
        ValueError: no JSON, or it names something unknown.
    """
    try:
        config = json.loads(json_string)
    except json.JSONDecodeError as error:
        raise ValueError(f"`json_string` must be what `to_json` gave; it is no JSON: {error}.") from error
    return deserialize(read_topology(config) if is_topology(config) else config, custom_objects)
