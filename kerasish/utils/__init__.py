"""Utils: what programs need around models."""

from kerasish._base._registry import (
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kerasish._base._serialization import deserialize as deserialize_keras_object
from kerasish._base._serialization import serialize as serialize_keras_object
from kerasish.backend._session import clear_session
from kerasish.data import PyDataset
from kerasish.engine._data_tuples import pack_x_y_sample_weight, unpack_x_y_sample_weight
from kerasish.random._seeds import set_random_seed
from kerasish.utils._labels import normalize, to_categorical

CustomObjectScope = custom_object_scope
Sequence = PyDataset

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "normalize",
    "pack_x_y_sample_weight",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
