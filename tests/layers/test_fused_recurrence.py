"""Fused recurrence: masks of any form on torch's kernels."""

import itertools

import pytest
import torch

from kerasish.layers import GRU, LSTM, SimpleRNN
from kerasish.layers._fused_recurrence import run_masked, run_sequence

EVERY_MASK = torch.tensor(list(itertools.product([True, False], repeat=4)))


@pytest.mark.parametrize("layer_class, count", [(LSTM, 2), (GRU, 1), (SimpleRNN, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_masked_steps_are_as_if_they_were_not_there(layer_class, count, dtype):
    layer = layer_class(3, dtype=str(dtype)[6:])
    layer.build((16, 4, 2))
    kernel = layer.cell._fused(dtype)
    x, begin = torch.randn(16, 4, 2, dtype=dtype), [torch.randn(16, 3, dtype=dtype) for _ in range(count)]
    outputs, states = run_masked(kernel, x, begin, EVERY_MASK, every_output=True, every_state=True)
    last, _ = run_masked(kernel, x, begin, EVERY_MASK, every_output=False, every_state=False)
    torch.testing.assert_close(last[:, 0], outputs[:, -1])
    for row, mask in enumerate(EVERY_MASK[:-1]):  # at least one step counts
        short, ended = run_sequence(kernel, x[row : row + 1, mask], [state[row : row + 1] for state in begin])
        tolerances = {"rtol": 0.02, "atol": 0.02} if dtype is torch.bfloat16 else {}
        torch.testing.assert_close(outputs[row, mask], short[0], **tolerances)
        for state, wanted in zip(states, ended):
            torch.testing.assert_close(state[row], wanted[0], **tolerances)
    assert (outputs[-1] == 0).all() and all(torch.equal(state[-1], first[-1]) for state, first in zip(states, begin))
