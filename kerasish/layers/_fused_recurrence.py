"""Fused recurrence: whole sequences through torch's own recurrent kernels, with masks that cost no read from the device."""

import functools
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

# A gate at ±this is exactly open or shut, in any floating dtype.
_SATURATED = 1e4


class FusedKernel(NamedTuple):
    """A recurrent kernel of torch, with the weights in its layout.

    Args:
        run: `torch._VF.lstm`, `gru`, `rnn_tanh` or `rnn_relu`.
        weights: (gates * units, inputs), (gates * units, units), and two biases or none.
        hold: for each gate +1 or -1 if it must be open or shut for the states after the first to stay, else 0; empty if
            the output is the only state.
    """

    run: Callable
    weights: list[Tensor]
    hold: tuple[int, ...] = ()


def run_kernel(
    kernel: FusedKernel, sequences: Tensor, states: list[Tensor], bidirectional: bool = False
) -> tuple[Tensor, list[Tensor]]:
    """Give the outputs of all steps, and the last states as (directions, batch, units) like those given."""
    has_biases = len(kernel.weights) == (8 if bidirectional else 4)
    first = states if len(states) > 1 else states[0]
    train = torch.is_grad_enabled()
    if sequences.is_cuda and not torch.compiler.is_compiling():
        _silence_packing()
    outputs, *last = kernel.run(sequences, first, kernel.weights, has_biases, 1, 0.0, train, bidirectional, True)
    return outputs, last


@functools.cache
def _silence_packing() -> None:
    """Weights are Keras's own, each in a place of its own; cuDNN packs them in each call, and would say so each time."""
    warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk", UserWarning)


def run_sequence(kernel: FusedKernel, sequences: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Give the outputs of all steps, (batch, steps, units), and the last states."""
    outputs, last = run_kernel(kernel, sequences, [state.unsqueeze(0) for state in states])
    return outputs, [state.squeeze(0) for state in last]


def run_masked(
    kernel: FusedKernel, sequences: Tensor, states: list[Tensor], mask: Tensor, every_output: bool, every_state: bool
) -> tuple[Tensor, list[Tensor]]:
    """Give the outputs, of the last step only unless all are wanted, and the last states; masked steps change neither.

    Where no step has come yet the outputs are zero. If not `every_state`, only the first of the states is right.
    """
    counts = mask.cumsum(1)
    # The steps that count move to the front; what the kernel makes of those behind them is not looked at.
    order = (~mask).to(torch.uint8).argsort(dim=1, stable=True)
    sequences = _take(sequences, order)
    if every_state and kernel.hold:
        behind = torch.arange(mask.shape[1], device=mask.device) >= counts[:, -1:]
        kernel, sequences = _holding(kernel), _with_flag(sequences, behind)
    outputs, last = run_sequence(kernel, sequences, states)
    wanted = counts if every_output else counts[:, -1:]
    shown = _take(outputs, (wanted - 1).clamp_(min=0))
    some = wanted.unsqueeze(-1) > 0
    last[0] = torch.where(some[:, -1], shown[:, -1], states[0])
    return torch.where(some, shown, 0.0), last


def _take(sequences: Tensor, index: Tensor) -> Tensor:
    """Pick steps by (batch, steps wanted): an index_select of rows takes an eighth of the time of a gather."""
    batch, steps, size = sequences.shape
    rows = index + torch.arange(0, batch * steps, steps, device=index.device).unsqueeze(1)
    return sequences.reshape(batch * steps, size).index_select(0, rows.flatten()).view(batch, -1, size)


def _with_flag(sequences: Tensor, flag: Tensor) -> Tensor:
    return torch.cat([sequences, flag.unsqueeze(-1).to(sequences.dtype)], dim=-1)


def _holding(kernel: FusedKernel) -> FusedKernel:
    """The kernel for inputs with one feature more, which where it is 1 makes the gates keep the state."""
    weight = kernel.weights[0]
    units = weight.shape[0] // len(kernel.hold)
    column = torch.cat([weight.new_full((units, 1), sign * _SATURATED) for sign in kernel.hold])
    return kernel._replace(weights=[torch.cat([weight, column], dim=1), *kernel.weights[1:]])
