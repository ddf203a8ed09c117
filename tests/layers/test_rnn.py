"""RNN: cells along sequences, states kept between calls, masks, and what is asked of a cell."""

import copy

import numpy as np
import pytest
import torch

from kerasish.layers import GRU, LSTM, RNN, GRUCell, Input, LSTMCell, SimpleRNN, SimpleRNNCell
from kerasish.models import Model

X = torch.linspace(-1, 1, 2 * 4 * 3).view(2, 4, 3)


class Sum:
    """A cell that is no layer: its state is the sum of what it has seen."""

    state_size = 3

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]

    __call__ = call


def test_a_cell_need_not_be_a_layer():
    torch.testing.assert_close(RNN(Sum(), return_sequences=True)(X), X.cumsum(1))


def test_masked_steps_repeat_the_output_before_and_keep_the_state():
    mask = torch.tensor([[True, False, True, False], [False, True, True, True]])
    outputs, state = RNN(Sum(), return_sequences=True, return_state=True)(X, mask=mask)
    torch.testing.assert_close(outputs, (X * mask[..., None]).cumsum(1))
    torch.testing.assert_close(state, (X * mask[..., None]).sum(1))


def test_masked_steps_give_zeros_if_asked():
    mask = torch.tensor([[True, False, True, False]] * 2)
    outputs = RNN(Sum(), return_sequences=True, zero_output_for_mask=True)(X, mask=mask)
    torch.testing.assert_close(outputs, (X * mask[..., None]).cumsum(1) * mask[..., None])


def test_go_backwards_gives_outputs_in_the_order_of_the_run():
    torch.testing.assert_close(RNN(Sum(), return_sequences=True, go_backwards=True)(X), X.flip(1).cumsum(1))


@pytest.mark.parametrize("layer_class", [LSTM, GRU, SimpleRNN])
@pytest.mark.parametrize("masked", [False, True])
def test_the_fused_kernel_equals_the_steps(layer_class, masked):
    fused = layer_class(5, return_sequences=True, return_state=True, bias_initializer="random_normal")
    steps = layer_class(5, return_sequences=True, return_state=True, unroll=True)
    fused.build((2, 4, 3))
    steps.build((2, 4, 3))
    steps.set_weights(fused.get_weights())
    mask = torch.tensor([[False, True, False, True], [True, True, True, False]]) if masked else None
    assert fused._fused_kernel(X) is not None and steps._fused_kernel(X) is None
    for ours, theirs in zip(fused(X, mask=mask), steps(X, mask=mask)):
        torch.testing.assert_close(ours, theirs)


def test_cells_of_an_rnn_run_fused_too():
    layer = RNN(LSTMCell(5))
    layer.build((2, 4, 3))
    assert layer._fused_kernel(X) is not None


def test_a_cell_with_a_step_of_its_own_is_called():
    class Doubled(GRUCell):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training)
            return output * 2, states

    plain, doubled = RNN(GRUCell(5)), RNN(Doubled(5))
    plain.build((2, 4, 3))
    doubled.build((2, 4, 3))
    doubled.set_weights(plain.get_weights())
    torch.testing.assert_close(doubled(X), plain(X) * 2)


def test_stateful_layers_go_on_where_the_last_call_ended():
    layer, whole = LSTM(5, stateful=True), LSTM(5)
    layer.build((2, 4, 3))
    whole.build((2, 8, 3))
    whole.set_weights(layer.get_weights())
    first, second = layer(X), layer(X)
    torch.testing.assert_close(first, whole(X))
    torch.testing.assert_close(second, whole(torch.cat([X, X], 1)))
    layer.reset_state()
    torch.testing.assert_close(layer(X), first)


def test_states_are_no_weights_and_take_no_part_in_files():
    layer = GRU(5, stateful=True)
    layer.build((2, 4, 3))
    assert [state.shape for state in layer.states] == [(2, 5)]
    assert len(layer.weights) == 3 and not any("rnn_state" in key for key in layer.state_dict())


def test_stateful_training_steps_run_one_after_the_other():
    layer = LSTM(5, stateful=True)
    layer.build((2, 4, 3))
    for _ in range(2):
        layer(X, training=True).sum().backward()
    assert layer.cell.kernel.grad.abs().sum() > 0


def test_a_copy_has_states_of_its_own():
    layer = SimpleRNN(5, stateful=True)
    layer(X)
    other = copy.deepcopy(layer)
    other.reset_state()
    assert layer.states[0].abs().sum() > 0 and other.states[0].abs().sum() == 0


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: RNN(object()), "must have `call`"),
        (lambda: LSTM(0), "`units` must be a positive integer; received 0"),
        (lambda: LSTM(3, use_cudnn="yes"), "`use_cudnn` must be 'auto', True or False"),
        (lambda: LSTM(3, implementation=0), "`implementation` must be 1 or 2"),
        (lambda: LSTM(3, stateful=True)(Input((4, 3))), "its batch size must be known"),
        (lambda: LSTM(3, use_cudnn=True, activation="relu")(X), "allow no fused kernel"),
        (lambda: LSTM(3)(torch.ones(2, 3)), "3 axes"),
    ],
)
def test_what_cannot_be_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_another_batch_size_is_refused_by_a_stateful_layer():
    layer = LSTM(3, stateful=True)
    layer(X)
    with pytest.raises(ValueError, match="states for batches of 2; received 1 sequences"):
        layer(X[:1])


def test_initial_states_are_symbols_in_a_graph():
    inputs, states = Input((4, 3)), [Input((5,)), Input((5,))]
    outputs, h, c = LSTM(5, return_sequences=True, return_state=True)(inputs, initial_state=states)
    assert (outputs.shape, h.shape, c.shape) == ((None, 4, 5), (None, 5), (None, 5))
    model = Model([inputs, *states], [outputs, h, c])
    layer = model.layers[-1]
    given = [torch.full((2, 5), 0.5), torch.full((2, 5), -0.5)]
    for ours, theirs in zip(model([X, *given]), layer(X, initial_state=given)):
        torch.testing.assert_close(ours, theirs)


def test_shapes_are_known_without_running_the_steps():
    inputs = Input((None, 3))
    layer = RNN([LSTMCell(4), GRUCell(2)], return_sequences=True, return_state=True)
    assert [s.shape for s in torch.utils._pytree.tree_leaves(layer(inputs))] == [(None, None, 2), (None, 4), (None, 4), (None, 2)]


@pytest.mark.parametrize("rate", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.5, "implementation": 1}])
@pytest.mark.parametrize("layer_class", [LSTM, GRU])
def test_dropout_acts_in_training_only_and_repeats_with_a_seed(layer_class, rate):
    def run(training):
        torch.manual_seed(0)
        layer = layer_class(8, seed=3, **rate)
        return layer(X, training=training)

    torch.testing.assert_close(run(True), run(True))
    assert not torch.allclose(run(True), run(False))


def test_dropout_of_inputs_is_the_same_in_all_steps():
    layer = SimpleRNN(
        3, activation=None, dropout=0.5, kernel_initializer="identity", recurrent_initializer="zeros", return_sequences=True
    )
    kept = layer(torch.ones(1, 6, 3), training=True)[0]
    assert set(kept.unique().tolist()) <= {0.0, 2.0} and (kept == kept[0]).all()


def test_configs_make_the_same_layer_again():
    layer = RNN([LSTMCell(4, dropout=0.1), SimpleRNNCell(2)], return_sequences=True)
    again = RNN.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert [type(cell) for cell in again.cell.cells] == [LSTMCell, SimpleRNNCell]


def test_mixed_precision_computes_in_the_lower_dtype():
    layer, exact = LSTM(5, dtype="mixed_bfloat16", return_sequences=True), LSTM(5, return_sequences=True)
    outputs = layer(X)
    exact.build((2, 4, 3))
    exact.set_weights(layer.get_weights())
    assert outputs.dtype is torch.bfloat16 and layer.cell.kernel.dtype is torch.float32
    np.testing.assert_allclose(outputs.float().detach(), exact(X).detach(), atol=0.02)


@pytest.mark.parametrize("layer", [LSTM(3), GRU(3, return_sequences=True), SimpleRNN(3), RNN([LSTMCell(3), LSTMCell(2)])])
@pytest.mark.parametrize("training", [True, False])
def test_it_compiles_in_one_graph(layer, training):
    layer(X)
    layer.train(training)
    torch._dynamo.reset()
    compiled = torch.compile(torch.nn.Sequential(layer), fullgraph=True, backend="eager")
    outputs = compiled(X)
    torch.testing.assert_close(outputs, layer(X))
    outputs.sum().backward()
