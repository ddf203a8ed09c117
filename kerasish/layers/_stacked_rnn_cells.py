"""StackedRNNCells: several recurrent cells as one."""

from typing import Any

import torch
from torch import Tensor

from kerasish._base import _tree
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import default_device, torch_dtype
from kerasish.layers._layer import Layer


class StackedRNNCells(Layer):
    """Run cells one upon the other: each takes the output of the one before.

    Args:
        cells: the cells, the lowest first.

    Shapes:
        (batch, inputs) and the states of each cell → (batch, the last cell's outputs) and their new states.

    >>> from kerasish.layers._lstm import LSTMCell
    >>> StackedRNNCells([LSTMCell(3), LSTMCell(2)]).state_size
    [[3, 3], [2, 2]]
    """

    cells: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self.cells = [deserialize(cell) if isinstance(cell, dict) else cell for cell in self.cells]
        for cell in self.cells:
            check_cell(cell)

    @property
    def state_size(self) -> list:
        """The state sizes of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list:
        """The states that each cell begins with."""
        return [initial_state_of(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape: Any) -> None:
        """Build each cell for the outputs of the one before."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def call(self, inputs: Tensor, states: Any, training: bool = False, **kwargs: Any) -> tuple[Tensor, Any]:
        """Take one step with each cell."""
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            nested = _tree.is_nested(state)
            inputs, new = call_cell(cell, inputs, list(state) if nested else [state], training, **kwargs)
            if not nested and _tree.is_nested(new):
                new = new[0]
            new_states.append(new)
        return inputs, new_states[0] if len(new_states) == 1 else new_states

    def get_config(self) -> dict[str, Any]:
        """The arguments that would make this layer again."""
        return {**super().get_config(), "cells": [serialize(cell) for cell in self.cells]}


def check_cell(cell: Any) -> None:
    """Check that something can be a cell.

    Raises:
        ValueError: it has no `call` or no `state_size`.
    """
    for name in ("call", "state_size"):
        if not hasattr(cell, name):
            raise ValueError(f"A recurrent `cell` must have `{name}`; received {cell!r}.")


def call_cell(cell: Any, inputs: Tensor, states: Any, training: bool, **kwargs: Any) -> Any:
    """Take one step with a cell; the training mode is told to those that ask for it."""
    if isinstance(cell, Layer) and cell._call_signature.training:
        kwargs["training"] = training
    return (cell if callable(cell) else cell.call)(inputs, states, **kwargs)


def output_size(cell: Any) -> int:
    """The size of a cell's output: its first state's, unless it says otherwise."""
    size = getattr(cell, "output_size", None)
    return _tree.flatten(cell.state_size)[0] if size is None else size


def initial_state_of(cell: Any, batch_size: Any, dtype: str) -> Any:
    """The states that a cell begins with: what it says itself, else zeros."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return own(batch_size=batch_size)

    def zeros(size: int) -> Tensor:
        return torch.zeros((batch_size, size), dtype=torch_dtype(dtype), device=default_device())

    return _tree.map_structure(zeros, cell.state_size)
