"""Bidirectional: two layers from one, how their outputs merge, and one kernel for both where that can be."""

import copy

import pytest
import torch

from kerasish.layers import GRU, LSTM, Bidirectional, Input, SimpleRNN

X = torch.linspace(-1, 1, 2 * 4 * 3).view(2, 4, 3)


@pytest.mark.parametrize("layer_class", [LSTM, GRU, SimpleRNN])
@pytest.mark.parametrize("sequences", [False, True])
def test_the_fused_kernel_equals_both_layers(layer_class, sequences):
    layer = Bidirectional(layer_class(5, return_sequences=sequences))
    output = layer(X)
    assert layer._fused_kernel(X, False) is not None
    forward, backward = layer.forward_layer(X), layer.backward_layer(X)
    torch.testing.assert_close(output, torch.cat([forward, backward.flip(1) if sequences else backward], -1))


def test_hooks_of_the_inner_layers_are_called():
    layer, seen = Bidirectional(LSTM(5)), []
    layer(X)
    layer.forward_layer.register_forward_hook(lambda *_: seen.append("forward"))
    layer(X)
    assert seen == ["forward"]


@pytest.mark.parametrize(
    "merge_mode, merge", [("sum", torch.add), ("mul", torch.mul), ("ave", lambda a, b: (a + b) / 2), (None, lambda a, b: [a, b])]
)
def test_outputs_merge(merge_mode, merge):
    layer = Bidirectional(GRU(5), merge_mode)
    output = layer(X)
    torch.testing.assert_close(output, merge(layer.forward_layer(X), layer.backward_layer(X)))


def test_states_come_after_the_output_forward_ones_first():
    layer = Bidirectional(LSTM(5, return_state=True))
    output, *states = layer(X)
    torch.testing.assert_close(states, [*layer.forward_layer(X)[1:], *layer.backward_layer(X)[1:]])
    torch.testing.assert_close(output, torch.cat([states[0], states[2]], -1))


def test_both_layers_are_new_and_named_after_the_one_given():
    inner = LSTM(5, name="inner")
    layer = Bidirectional(inner)
    assert [layer.forward_layer.name, layer.backward_layer.name] == ["forward_inner", "backward_inner"]
    assert layer.forward_layer is not inner and layer.backward_layer.go_backwards


def test_weights_are_taken_forward_ones_first():
    trained = Bidirectional(LSTM(5))
    output = trained(X)
    torch.testing.assert_close(Bidirectional(LSTM(5), "concat", trained.get_weights())(X), output)


def test_dropout_falls_on_each_direction_alone():
    layer = Bidirectional(LSTM(5, dropout=0.5))
    layer(X)
    assert layer._fused_kernel(X, True) is None and not torch.allclose(layer(X, training=True), layer(X))


def test_stateful_layers_go_on_and_are_reset():
    layer = Bidirectional(GRU(5, stateful=True))
    first, second = layer(X), layer(X)
    assert not torch.allclose(first, second) and len(layer.states) == 2
    layer.reset_state()
    torch.testing.assert_close(layer(X), first)


def test_a_copy_and_a_config_make_the_same():
    layer = Bidirectional(LSTM(5, return_sequences=True), merge_mode="sum")
    again = Bidirectional.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    output = layer(X)
    torch.testing.assert_close(copy.deepcopy(layer)(X), output)
    again(X)
    again.set_weights(layer.get_weights())
    torch.testing.assert_close(again(X), output)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Bidirectional(torch.nn.LSTM(3, 4)), "`layer` must be a Layer"),
        (lambda: Bidirectional(LSTM(3), "max"), "`merge_mode` must be 'concat'"),
        (lambda: Bidirectional(LSTM(3), backward_layer=LSTM(3)), "must differ in `go_backwards`"),
        (
            lambda: Bidirectional(LSTM(3), backward_layer=LSTM(3, go_backwards=True, return_sequences=True)),
            "must have the same `return_sequences`",
        ),
    ],
)
def test_what_cannot_be_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "merge_mode, state, shapes",
    [
        ("concat", False, [(None, None, 8)]),
        ("sum", True, [(None, None, 4), *[(None, 4)] * 4]),
        (None, True, [(None, None, 4)] * 2 + [(None, 4)] * 4),
    ],
)
def test_shapes_on_symbols(merge_mode, state, shapes):
    outputs = Bidirectional(LSTM(4, return_sequences=True, return_state=state), merge_mode)(Input((None, 3)))
    assert [symbol.shape for symbol in (outputs if isinstance(outputs, list) else [outputs])] == shapes


@pytest.mark.parametrize("training", [True, False])
def test_it_compiles_in_one_graph(training):
    layer = Bidirectional(LSTM(4, return_sequences=True))
    layer(X)
    torch._dynamo.reset()
    compiled = torch.compile(torch.nn.Sequential(layer).train(training), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(X), layer(X))
