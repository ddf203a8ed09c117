"""The registry of initializers, and the field type that layers declare theirs with."""

from typing import Annotated, Any

import numpy as np
from torch import Tensor

from kerasish._base._registry import Registry
from kerasish.core._variable import find_initializer


class InitializerRegistry(Registry):
    """The initializers: callables `(shape, dtype=None) -> tensor`. A tensor or an array stands for its own values."""

    def get(self, identifier: Any) -> Any:
        """Turn a name, config, class, function, tensor or array into the initializer; None stays None."""
        if isinstance(identifier, (Tensor, np.ndarray, np.generic)):
            return self.classes["constant"].of(identifier)
        return super().get(identifier)


INITIALIZERS = InitializerRegistry("initializer", "keras.initializers")
InitializerLike = Annotated[Any, INITIALIZERS]

get = INITIALIZERS.get
serialize = INITIALIZERS.serialize
deserialize = INITIALIZERS.deserialize

find_initializer.append(INITIALIZERS.get)
