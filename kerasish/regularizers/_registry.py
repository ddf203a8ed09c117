"""The registry of regularizers, and the field type that layers declare theirs with."""

from typing import Annotated, Any

from kerasish._base._registry import Registry

REGULARIZERS = Registry("regularizer", "keras.regularizers")
RegularizerLike = Annotated[Any, REGULARIZERS]

get = REGULARIZERS.get
serialize = REGULARIZERS.serialize
deserialize = REGULARIZERS.deserialize
