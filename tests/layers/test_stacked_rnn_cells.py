"""StackedRNNCells: one step through several cells."""

import pytest
import torch

from kerasish.layers import GRUCell, LSTMCell, StackedRNNCells


def test_each_cell_takes_the_output_of_the_one_before():
    stack = StackedRNNCells([LSTMCell(3), GRUCell(2)])
    x, states = torch.randn(4, 5), stack.get_initial_state(4)
    output, (lower, upper) = stack(x, states)
    hidden, expected = stack.cells[0](x, states[0])
    torch.testing.assert_close(lower, expected)
    torch.testing.assert_close((output, upper), stack.cells[1](hidden, states[1]))
    assert (stack.state_size, stack.output_size) == ([[3, 3], 2], 2)


def test_a_config_makes_the_cells_again():
    stack = StackedRNNCells([LSTMCell(3, name="a"), GRUCell(2, name="b")])
    again = StackedRNNCells.from_config(stack.get_config())
    assert [(type(cell), cell.name) for cell in again.cells] == [(LSTMCell, "a"), (GRUCell, "b")]


def test_a_cell_must_be_one():
    with pytest.raises(ValueError, match="A recurrent `cell` must have `state_size`"):
        StackedRNNCells([torch.nn.Identity().requires_grad_(), type("NoSize", (), {"call": print})()][1:])
