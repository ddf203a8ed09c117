"""LSTM: the formula of a step, the bias of the forget gate, and how the weights lie in memory."""

import torch

from kerasish.layers import LSTM, LSTMCell


def test_a_step_is_the_formula():
    cell = LSTMCell(2, bias_initializer="random_normal")
    x, h, c = torch.randn(3, 4), torch.randn(3, 2), torch.randn(3, 2)
    output, (new_h, new_c) = cell(x, [h, c])
    i, f, g, o = (x @ cell.kernel + h @ cell.recurrent_kernel + cell.bias).chunk(4, 1)
    wanted = f.sigmoid() * c + i.sigmoid() * g.tanh()
    torch.testing.assert_close(new_c, wanted)
    torch.testing.assert_close(new_h, o.sigmoid() * wanted.tanh())
    assert output is new_h


def test_the_bias_of_the_forget_gate_starts_as_ones():
    for asked, wanted in ((True, [0, 0, 1, 1, 0, 0, 0, 0]), (False, [0] * 8)):
        layer = LSTM(2, unit_forget_bias=asked)
        layer.build((None, 3, 4))
        assert layer.cell.bias.tolist() == wanted


def test_weights_lie_in_memory_as_torch_wants_them():
    layer = LSTM(2)
    layer.build((None, 3, 4))
    assert layer.cell.kernel.shape == (4, 8) and layer.cell.kernel.t().is_contiguous()
    assert layer.cell.recurrent_kernel.shape == (2, 8) and layer.cell.recurrent_kernel.t().is_contiguous()


def test_it_equals_torchs_own_lstm():
    layer, peer = LSTM(5, return_sequences=True, return_state=True), torch.nn.LSTM(3, 5, batch_first=True)
    layer.build((None, 4, 3))
    weights = [peer.weight_ih_l0.t(), peer.weight_hh_l0.t(), peer.bias_ih_l0 + peer.bias_hh_l0]
    layer.set_weights([weight.detach() for weight in weights])
    x = torch.randn(2, 4, 3)
    outputs, (h, c) = peer(x)
    for ours, theirs in zip(layer(x), [outputs, h[0], c[0]]):
        torch.testing.assert_close(ours, theirs)


def test_states_after_masked_steps_are_those_of_the_steps_that_count():
    layer = LSTM(5, return_state=True)
    x = torch.randn(2, 6, 3)
    mask = torch.tensor([[True, True, True, False, False, False], [False, True, False, True, False, True]])
    short = torch.stack([x[0, :3], x[1, 1::2]])
    for masked, plain in zip(layer(x, mask=mask), layer(short)):
        torch.testing.assert_close(masked, plain)


def test_a_sequence_with_nothing_in_it_keeps_the_first_state_and_gives_zeros():
    layer = LSTM(5, return_state=True)
    begin = [torch.randn(1, 5), torch.randn(1, 5)]
    output, h, c = layer(torch.randn(1, 4, 3), initial_state=begin, mask=torch.zeros(1, 4, dtype=torch.bool))
    assert output.abs().sum() == 0
    torch.testing.assert_close([h, c], begin)


def test_gradients_reach_all_weights_through_a_mask():
    layer = LSTM(5)
    x = torch.randn(2, 4, 3, requires_grad=True)
    mask = torch.tensor([[True, True, False, False]] * 2)
    layer(x, mask=mask).sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in layer.weights)
    assert (x.grad[:, 2:] == 0).all() and (x.grad[:, :2] != 0).all()
