"""Wrapper: the base of layers around a layer."""

from typing import Annotated, Any

from kerasish.layers._layer import Layer
from kerasish.layers._registry import LAYERS


class Wrapper(Layer):
    """Hold one layer; the base of layers that use another. A subclass gives `call`.

    Args:
        layer: the layer inside.

    >>> from kerasish.layers._dense import Dense
    >>> class Twice(Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(inputs) * 2
    >>> import torch
    >>> Twice(Dense(1, kernel_initializer="ones"))(torch.ones(1, 3)).tolist()
    [[6.0]]
    """

    layer: Annotated[Any, LAYERS]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.layer, Layer):
            raise ValueError(f"`layer` must be a Layer; received {self.layer!r}.")

    def build(self, input_shape: Any = None) -> None:
        """Build the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)
