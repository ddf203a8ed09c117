"""Layers that give what they take: for its own sake, or to make a loss of it."""

from typing import Any

from kerasish.layers._layer import Layer
from kerasish.regularizers import L1L2


class Identity(Layer):
    """Give the inputs, whatever they are.

    >>> Identity()(torch.ones(2)).tolist()
    [1.0, 1.0]
    """

    _built_at_once = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Any) -> Any:
        """Give the inputs."""
        return inputs


class ActivityRegularization(Layer):
    """Give the inputs, and add `l1 * sum(|x|) + l2 * sum(x²)`, over the batch size, to the losses.

    Args:
        l1, l2: the factors.

    >>> layer = ActivityRegularization(l1=0.5)
    >>> layer(torch.ones(1, 2)).tolist(), [loss.item() for loss in layer.losses]
    ([[1.0, 1.0]], [1.0])
    """

    _built_at_once = True

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.activity_regularizer = L1L2(self.l1, self.l2)
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Any) -> Any:
        """Give the inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        return {key: value for key, value in super().get_config().items() if key != "activity_regularizer"}
