"""Predictions: the outputs of all batches, gathered into arrays without a copy for each batch."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kerasish._base import _tree


class Predictions:
    """Gathers outputs batch by batch.

    Args:
        rows: how many rows there will be, if that is known: the arrays are then made at once.
    """

    def __init__(self, rows: int | None):
        self.rows = rows
        self._at = 0
        self._structure: Any = None
        self._whole: list[Tensor] | None = None
        self._parts: list[list[Tensor]] = []

    def add(self, outputs: Any) -> Any:
        """Take the outputs of a batch, and give them on."""
        flat = [outputs] if isinstance(outputs, Tensor) else _tree.flatten(outputs)
        if not self._parts:
            self._structure = outputs
            self._parts = [[] for _ in flat]
            if self.rows is not None and flat[0].shape[:1] != (self.rows,) and all(leaf.dim() for leaf in flat):
                self._whole = [leaf.new_empty((self.rows, *leaf.shape[1:])) for leaf in flat]
        rows = flat[0].shape[0] if flat[0].dim() else 0
        whole = self._whole
        if whole is not None and all(
            leaf.shape[1:] == w.shape[1:] and len(leaf) == rows <= len(w) - self._at for leaf, w in zip(flat, whole, strict=True)
        ):
            for leaf, target in zip(flat, whole, strict=True):
                target[self._at : self._at + rows] = leaf
        else:
            self._fall_back()
            for leaf, parts in zip(flat, self._parts, strict=True):
                parts.append(leaf)
        self._at += rows
        return outputs

    def _fall_back(self) -> None:
        """Outputs that are not one row each: keep the batches as they are."""
        if self._whole is not None:
            for target, parts in zip(self._whole, self._parts, strict=True):
                parts.append(target[: self._at])
            self._whole = None

    def arrays(self) -> Any:
        """All outputs, in the structure in which the model gives them; None if there was no batch."""
        if not self._parts:
            return None
        if self._whole is not None:
            flat = [target[: self._at] for target in self._whole]
        else:
            flat = [_own(parts[0]) if len(parts) == 1 else torch.cat([_row(part) for part in parts]) for parts in self._parts]
        arrays = [as_array(leaf) for leaf in flat]
        return arrays[0] if isinstance(self._structure, Tensor) else _tree.pack_sequence_as(self._structure, arrays)


def _own(outputs: Tensor) -> Tensor:
    """The outputs of the only batch as they are; a copy if they are a view of the user's data or of a weight.

    What is made in inference mode is an inference tensor, and a view of what was there before is none.
    """
    return outputs if outputs.is_inference() else outputs.clone()


def _row(part: Tensor) -> Tensor:
    return part if part.dim() else part[None]


def as_array(tensor: Tensor) -> np.ndarray:
    """A tensor as an array; bfloat16, which numpy does not have, as float32."""
    return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).cpu().numpy()
