"""Recurrent layers against Keras's, with the same weights: outputs, states, gradients, configs and paths of weights."""

import inspect
import itertools
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Model

SHAPE = (4, 6, 5)
MASK = torch.tensor([[1, 1, 1, 1, 0, 0], [0, 0, 1, 0, 1, 1], [0] * 6, [1, 0, 1, 1, 1, 0]], dtype=torch.bool)
KINDS = [
    ("LSTM", {}),
    ("LSTM", {"use_bias": False}),
    ("LSTM", {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    ("LSTM", {"use_cudnn": False}),
    ("GRU", {}),
    ("GRU", {"use_bias": False}),
    ("GRU", {"reset_after": False}),
    ("GRU", {"unroll": True}),
    ("SimpleRNN", {}),
    ("SimpleRNN", {"activation": "relu"}),
    ("SimpleRNN", {"activation": "elu", "use_bias": False}),
]
FLAGS = ["return_sequences", "return_state", "go_backwards", "zero_output_for_mask"]
kinds = pytest.mark.parametrize("kind, arguments", KINDS, ids=lambda value: str(value))


def pair(kind, copy_weights, wrap=lambda room, layer: layer, **arguments):
    """Our layer and Keras's, built, with the same weights."""
    ours, theirs = (wrap(room, getattr(room, kind)(4, **arguments)) for room in (layers, keras.layers))
    ours.build(SHAPE), theirs.build(SHAPE)
    rng = np.random.default_rng(5)
    theirs.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in theirs.get_weights()])
    copy_weights(theirs, ours)
    return ours, theirs


def results(layer, x, **given):
    """Outputs and states, and the gradients of a weighed sum of all, of inputs and weights."""
    x = torch.tensor(x, requires_grad=True)
    outputs = keras.tree.flatten(layer(x, **given))
    loss = sum((output * torch.linspace(0.1, 1, output.numel()).view(output.shape)).sum() for output in outputs)
    weights = [getattr(weight, "value", weight) for weight in layer.trainable_weights]
    return outputs, torch.autograd.grad(loss, [x, *weights])


def states(rng, count):
    return [torch.tensor(rng.normal(size=(4, 4)).astype("float32")) for _ in range(count)]


@kinds
@pytest.mark.parametrize("masked", [False, True], ids=["plain", "masked"])
def test_outputs_states_and_gradients_agree(kind, arguments, masked, rng, agree, copy_weights):
    x = rng.normal(size=SHAPE).astype("float32")
    for chosen in itertools.product([False, True], repeat=len(FLAGS)):
        flags = dict(zip(FLAGS, chosen))
        if masked and arguments.get("unroll") and flags["go_backwards"]:
            continue  # Keras fails there
        ours, theirs = pair(kind, copy_weights, **arguments, **flags)
        for begin in (None, states(rng, len(ours.state_size))):
            given = {"mask": MASK if masked else None, "initial_state": begin}
            agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "ave", "mul", None])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_bidirectional_agrees(kind, merge_mode, rng, agree, copy_weights):
    x = rng.normal(size=SHAPE).astype("float32")
    for sequences, state, masked, begun in itertools.product([False, True], repeat=4):
        flags = {"return_sequences": sequences, "return_state": state}
        ours, theirs = pair(kind, copy_weights, lambda room, layer: room.Bidirectional(layer, merge_mode), **flags)
        begin = states(rng, 2 * len(ours.forward_layer.state_size)) if begun else None
        given = {"mask": MASK if masked else None, "initial_state": begin}
        agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-4, atol=1e-5)


def test_stacked_cells_agree(rng, agree, copy_weights):
    x = rng.normal(size=SHAPE).astype("float32")
    made = []
    for room in (layers, keras.layers):
        cells = [room.LSTMCell(3), room.GRUCell(4, reset_after=False), room.SimpleRNNCell(2)]
        made.append(room.RNN(cells, return_sequences=True, return_state=True, name="it"))
        made[-1].build(SHAPE)
    copy_weights(made[1], made[0])
    for mask in (None, MASK):
        agree(results(made[0], x, mask=mask), results(made[1], x, mask=mask), rtol=1e-4, atol=1e-5)


def test_states_between_calls_agree(rng, agree, copy_weights):
    ours, theirs = pair("GRU", copy_weights, stateful=True)
    for _ in range(3):
        x = rng.normal(size=SHAPE).astype("float32")
        agree(ours(x), theirs(x))
    agree(ours.states, theirs.states)


def test_time_distributed_agrees(rng, agree, copy_weights):
    x = rng.normal(size=(3, 4, 6)).astype("float32")
    for inner in (lambda room: room.Dense(2, activation="tanh"), lambda room: room.BatchNormalization()):
        ours, theirs = (room.TimeDistributed(inner(room)) for room in (layers, keras.layers))
        ours.build(x.shape), theirs.build(x.shape)
        copy_weights(theirs, ours)
        for training in (False, True):
            agree(ours(x, training=training), theirs(x, training=training), atol=1e-5)
        agree(ours.weights, theirs.weights)


@pytest.mark.parametrize(
    "make",
    [
        lambda room: room.LSTM(3, dropout=0.1, seed=1, unit_forget_bias=False, name="it"),
        lambda room: room.GRU(3, reset_after=False, zero_output_for_mask=True, name="it"),
        lambda room: room.SimpleRNN(3, kernel_regularizer="l2", stateful=True, name="it"),
        lambda room: room.LSTMCell(3, recurrent_dropout=2.0, name="it"),
        lambda room: room.RNN([room.LSTMCell(3, name="a"), room.GRUCell(2, name="b")], name="it"),
        lambda room: room.Bidirectional(room.LSTM(3, name="inner"), "sum", name="it"),
        lambda room: room.Bidirectional(
            room.GRU(3, name="f"), backward_layer=room.GRU(3, go_backwards=True, activation="relu", name="b"), name="it"
        ),
        lambda room: room.TimeDistributed(room.LSTM(3, name="inner"), name="it"),
    ],
)
def test_configs_agree_and_are_read_by_keras(make):
    ours, theirs = make(layers), make(keras.layers)
    written = json.loads(json.dumps(layers.serialize(ours)))
    wanted = json.loads(json.dumps(keras.layers.serialize(theirs)))
    for config in (written, wanted):
        rename(config)
    assert written == wanted
    assert type(keras.layers.deserialize(written)) is type(theirs)
    assert type(layers.deserialize(wanted)) is type(ours)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "LSTMCell", "GRU", "GRUCell", "SimpleRNN", "SimpleRNNCell"])
def test_arguments_have_keras_order_and_defaults(name):
    ours, theirs = (inspect.signature(getattr(room, name)).parameters for room in (layers, keras.layers))
    named = [key for key, parameter in theirs.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(named)] == named
    assert [ours[key].default for key in named] == [theirs[key].default for key in named]


def rename(config):
    """Automatic names count on; stacks have one that nobody gave."""
    if isinstance(config, dict):
        if config.get("class_name") == "StackedRNNCells":
            config["config"]["name"] = "stack"
        for value in config.values():
            rename(value)


@pytest.mark.parametrize(
    "make", [lambda room: room.LSTM(3, name="inner"), lambda room: room.Bidirectional(room.GRU(3, name="inner"), name="it")]
)
def test_masks_of_an_embedding_reach_recurrent_layers(make, agree, copy_weights):
    tokens = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 6, 0], [0, 0, 0, 0, 0]])
    inputs = Input((5,), dtype="int32")
    ours = Model(inputs, make(layers)(layers.Embedding(7, 4, mask_zero=True)(inputs)))
    inputs = keras.Input((5,), dtype="int32")
    theirs = keras.Model(inputs, make(keras.layers)(keras.layers.Embedding(7, 4, mask_zero=True)(inputs)))
    copy_weights(theirs, ours)
    assert [w.path.split("/", 1)[1] for w in ours.weights] == [w.path.split("/", 1)[1] for w in theirs.weights]
    agree(ours(torch.tensor(tokens)), theirs(tokens))
    # And without a graph, carried by the tensors.
    embedding, recurrent = ours.layers[1], ours.layers[-1]
    agree(recurrent(embedding(torch.tensor(tokens))), theirs(tokens))
