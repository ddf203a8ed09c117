"""Rescaling: from one range of values to another."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base._serialization import deserialize
from kerasish._base._settings import image_data_format
from kerasish.layers._layer import Layer


class Rescaling(Layer):
    """Multiply and add: `inputs * scale + offset`.

    Args:
        scale: a number, or one for each channel.
        offset: a number, or one for each channel.

    >>> Rescaling(1 / 255)(torch.tensor([255])).tolist(), Rescaling([1.0, 2.0], offset=-1.0)(torch.ones(1, 2)).tolist()
    ([1.0], [[0.0, 1.0]])
    """

    _casts_ints = True

    scale: Any
    offset: Any = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True
        # Numbers of channels are tensors that move with the layer and are no weights; the arguments stay as given.
        for name in ("scale", "offset"):
            self._buffers[f"_{name}s"] = _per_channel(getattr(self, name), name)
            self._non_persistent_buffers_set.add(f"_{name}s")

    def call(self, inputs: Tensor) -> Tensor:
        """Rescale."""
        x = inputs if inputs.dtype is self._computes_in else inputs.to(self._computes_in)
        scale, offset = self._buffers["_scales"], self._buffers["_offsets"]
        x = x * (self.scale if scale is None else scale.to(x.dtype))
        if offset is not None:
            return x + offset.to(x.dtype)
        return x + self.offset if self.offset else x

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` gave."""
        return super().from_config({**config, **{key: deserialize(config[key]) for key in ("scale", "offset") if key in config}})


def _per_channel(value: Any, argument: str) -> Tensor | None:
    """Numbers as a tensor that broadcasts to the inputs, or None for a single one."""
    if isinstance(value, (int, float)):
        return None
    numbers = value.detach().float() if isinstance(value, Tensor) else torch.from_numpy(np.array(value, "float32"))
    if numbers.dim() == 1 and argument == "scale" and image_data_format() == "channels_first":
        numbers = numbers.view(-1, 1, 1)
    return numbers
