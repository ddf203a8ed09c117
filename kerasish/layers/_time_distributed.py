"""TimeDistributed: one layer for each step of a sequence."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish.layers._wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Apply a layer to each step of a sequence.

    All steps go through the layer at once, as one larger batch. Where the layer keeps statistics of batches, as
    BatchNormalization does, it is called for one step after the other, so that it sees the batches it would see alone.

    Args:
        layer: the layer inside.

    Shapes:
        (batch, steps, ...) → (batch, steps, ...), the rest as the layer makes it.

    >>> from kerasish.layers._dense import Dense
    >>> TimeDistributed(Dense(2))(torch.ones(1, 5, 3)).shape
    torch.Size([1, 5, 2])
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Build the layer inside for one step."""
        super().build(_without_steps(input_shape))

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Any:
        """Apply the layer to each step."""
        if mask is not None and (mask.dim() < 2 or mask.shape[:2] != inputs.shape[:2]):
            raise ValueError(
                f"{self.name}: `mask` must begin with the batch and step axes of the inputs, {tuple(inputs.shape[:2])}; "
                f"received shape {tuple(mask.shape)}."
            )
        signature = self.layer._call_signature
        given: dict[str, Any] = {"training": training} if signature.training else {}
        masks = mask if signature.mask else None
        batch, steps = inputs.shape[:2]
        if any(True for _ in self.layer.buffers()):
            parts = [self.layer(inputs[:, i], **given, **({} if masks is None else {"mask": masks[:, i]})) for i in range(steps)]
            return _tree.map_structure(lambda *outputs: torch.stack(outputs, 1), *parts)
        if masks is not None:
            given["mask"] = masks.flatten(0, 1)
        outputs = self.layer(inputs.flatten(0, 1), **given)
        return _tree.map_structure(lambda output: output.view(batch, steps, *output.shape[1:]), outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the layer's output for one step, with the steps."""
        output = self.layer.compute_output_shape(_without_steps(input_shape))
        return (output[0], input_shape[1], *output[1:])


def _without_steps(shape: Any) -> tuple:
    if not isinstance(shape, (tuple, list)) or len(shape) < 3:
        raise ValueError(f"TimeDistributed needs inputs with at least 3 axes, (batch, steps, ...); received shape {shape}.")
    return (shape[0], *shape[2:])
