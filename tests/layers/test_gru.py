"""GRU: the formula of a step in both variants, and torch's order of gates behind Keras's."""

import pytest
import torch

from kerasish.layers import GRU, GRUCell


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_step_is_the_formula(reset_after):
    cell = GRUCell(2, reset_after=reset_after, bias_initializer="random_normal")
    x, h = torch.randn(3, 4), torch.randn(3, 2)
    output, (new,) = cell(x, [h])
    inner, outer = cell.bias if reset_after else (cell.bias, torch.zeros(6))
    (xz, xr, xn), (hz, hr, hn) = ((x @ cell.kernel + inner).chunk(3, 1), (h @ cell.recurrent_kernel + outer).chunk(3, 1))
    z, r = (xz + hz).sigmoid(), (xr + hr).sigmoid()
    n = (xn + (r * hn if reset_after else (r * h) @ cell.recurrent_kernel[:, 4:])).tanh()
    torch.testing.assert_close(output, z * h + (1 - z) * n)
    assert output is new


@pytest.mark.parametrize("reset_after, shape", [(True, (2, 6)), (False, (6,))])
def test_the_bias_has_keras_shape(reset_after, shape):
    layer = GRU(2, reset_after=reset_after)
    layer.build((None, 3, 4))
    assert layer.cell.bias.shape == shape and (layer._fused_kernel(torch.ones(1, 3, 4)) is not None) == reset_after


def test_it_equals_torchs_own_gru():
    layer, peer = GRU(5, return_sequences=True), torch.nn.GRU(3, 5, batch_first=True)
    layer.build((None, 4, 3))

    def in_keras_order(weight):
        r, z, n = weight.detach().chunk(3)
        return torch.cat([z, r, n])

    kernel, recurrent, first, second = (in_keras_order(weight) for weight in peer.parameters())
    layer.set_weights([kernel.t(), recurrent.t(), torch.stack([first, second])])
    x = torch.randn(2, 4, 3)
    torch.testing.assert_close(layer(x), peer(x)[0])


def test_a_first_state_shows_only_after_the_first_step_that_counts():
    layer = GRU(5, return_sequences=True, return_state=True)
    begin, mask = torch.randn(1, 5), torch.tensor([[False, False, True]])
    outputs, state = layer(torch.randn(1, 3, 3), initial_state=begin, mask=mask)
    assert (outputs[:, :2] == 0).all()
    torch.testing.assert_close(outputs[:, 2], state)


def test_a_cell_gives_its_state_as_it_got_it():
    cell, x, h = GRUCell(2), torch.randn(3, 4), torch.zeros(3, 2)
    assert isinstance(cell(x, [h])[1], list) and isinstance(cell(x, h)[1], torch.Tensor)
