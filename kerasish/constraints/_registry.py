"""The registry of constraints, and the field type that layers declare theirs with."""

from typing import Annotated, Any

from kerasish._base._registry import Registry

CONSTRAINTS = Registry("constraint", "keras.constraints")
ConstraintLike = Annotated[Any, CONSTRAINTS]

get = CONSTRAINTS.get
serialize = CONSTRAINTS.serialize
deserialize = CONSTRAINTS.deserialize
