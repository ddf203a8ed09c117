"""Masking: steps that are padding are marked, so that later layers pass over them."""

from typing import Any

import torch
from torch import Tensor

from kerasish.layers._layer import Layer


class Masking(Layer):
    """Mark the steps in which every value is `mask_value`, and set them to zero.

    Args:
        mask_value: the value that stands for padding.

    Shapes:
        (batch, steps, features) → the same, with a mask (batch, steps) of what counts.

    >>> Masking(9.0)(torch.tensor([[[9.0, 9.0], [1.0, 9.0]]])).tolist()
    [[[0.0, 0.0], [1.0, 9.0]]]
    """

    _built_at_once = True

    mask_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        self._build_at_once()

    def call(self, inputs: Tensor) -> Tensor:
        """Set the padding to zero."""
        return torch.where((inputs != self.mask_value).any(-1, keepdim=True), inputs, 0)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True for the steps that have another value somewhere."""
        return (inputs != self.mask_value).any(-1)
