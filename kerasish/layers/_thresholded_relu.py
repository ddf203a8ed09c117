"""ThresholdedReLU: nothing up to a threshold, and the values themselves above it."""

import torch
from torch import Tensor

from kerasish.layers._layer import Layer


class ThresholdedReLU(Layer):
    """Keep what is above a threshold: `x if x > theta else 0`.

    Args:
        theta: the threshold; at least 0.

    >>> ThresholdedReLU(1.0)(torch.tensor([-2.0, 1.0, 1.5])).tolist()
    [0.0, 0.0, 1.5]

    Source: Konda et al. 2014, arXiv 1402.3337
    """

    _built_at_once = True

    theta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.theta is None or self.theta < 0:
            raise ValueError(f"`theta` must not be negative; received {self.theta!r}.")
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Keep what is above the threshold."""
        return torch.where(inputs > self.theta, inputs, 0.0)
