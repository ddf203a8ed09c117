"""Recurrent cells as functions."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor as Plain

from kerasish.tfjs._operations._edge import OPERATIONS, operation


@operation("basicLSTMCell", 6, method=False)
def _basic_lstm_cell(forget_bias: Plain, lstm_kernel: Plain, lstm_bias: Plain, data: Plain, c: Plain, h: Plain) -> list[Plain]:
    gates = torch.cat([data, h], dim=1) @ lstm_kernel + lstm_bias
    entry, candidate, forget, exit_ = torch.chunk(gates, 4, dim=1)
    state = torch.sigmoid(entry) * torch.tanh(candidate) + c * torch.sigmoid(forget_bias + forget)
    return [state, torch.tanh(state) * torch.sigmoid(exit_)]


def _multi_rnn_cell(lstm_cells: Sequence[Callable], data: Any, c: Sequence[Any], h: Sequence[Any]) -> list[list[Any]]:
    """Call cells one after the other, each on the output of the one before.

    Args:
        lstm_cells: functions of (data, c, h) that give [new c, new h].
        data: the input of the first, (batch, inputs).
        c, h: the states of each cell.

    Returns: the new states [c, h], each a list with one Tensor for each cell.
    """
    if not len(lstm_cells) == len(c) == len(h):
        raise ValueError(f"`c` and `h` must have one state for each of {len(lstm_cells)} cells; received {len(c)} and {len(h)}.")
    states: list[list[Any]] = [[], []]
    for cell, own_c, own_h in zip(lstm_cells, c, h):
        new_c, data = cell(data, own_c, own_h)
        states[0].append(new_c)
        states[1].append(data)
    return states


OPERATIONS["multiRNNCell"] = _multi_rnn_cell
