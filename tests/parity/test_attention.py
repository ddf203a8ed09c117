"""Attention layers against Keras's, with the same weights: outputs, scores, gradients, configs and paths of weights."""

import inspect
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Model

QUERY, VALUE, KEY = (4, 5, 6), (4, 7, 8), (4, 7, 9)
VALUE_MASK = torch.tensor([[True] * 6 + [False]] * 3 + [[True] * 7])
QUERY_MASK = torch.tensor([[True] * 3 + [False] * 2] * 4)
ALLOWED = (torch.arange(4 * 5 * 7).view(4, 5, 7) * 7 % 10) > 2

HEADS = [
    {},
    {"value_dim": 5},
    {"use_bias": False, "output_shape": 4},
    {"output_shape": (2, 3)},
    {"use_gate": True, "value_dim": 5},
    {"sliding_window": 2},
    {"dropout": 0.3},
]
CALLS = [
    {},
    {"use_causal_mask": True},
    {"attention_mask": ALLOWED},
    {"value_mask": VALUE_MASK, "use_causal_mask": True},
    {"key_mask": VALUE_MASK, "attention_mask": ALLOWED},
    {"return_attention_scores": True},
    {"return_attention_scores": True, "use_causal_mask": True, "key_mask": VALUE_MASK},
]


def built(kind, shapes, copy_weights, *args, **arguments):
    ours, theirs = (getattr(room, kind)(*args, **arguments, name="it") for room in (layers, keras.layers))
    ours.build(*shapes), theirs.build(*shapes)
    rng = np.random.default_rng(5)
    theirs.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in theirs.get_weights()])
    copy_weights(theirs, ours)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    return ours, theirs


def results(layer, arrays, listed=False, **given):
    """Outputs, and the gradients of a weighed sum of them, of inputs and weights."""
    inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
    outputs = keras.tree.flatten(layer(inputs, **given) if listed else layer(*inputs, **given))
    loss = sum((output * torch.linspace(0.1, 1, output.numel()).view(output.shape)).sum() for output in outputs)
    weights = [getattr(weight, "value", weight) for weight in layer.trainable_weights]
    gradients = torch.autograd.grad(loss, [*inputs, *weights], allow_unused=True)
    return outputs, [torch.zeros(()) if gradient is None else gradient for gradient in gradients]


def arrays(rng, *shapes):
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize("arguments", HEADS, ids=str)
@pytest.mark.parametrize("given", CALLS, ids=lambda given: "+".join(given))
def test_multi_head_attention_agrees(arguments, given, rng, agree, copy_weights):
    ours, theirs = built("MultiHeadAttention", (QUERY, VALUE, KEY), copy_weights, 2, 3, **arguments)
    x = arrays(rng, QUERY, VALUE, KEY)
    agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"use_gate": True}, {"sliding_window": 2, "use_bias": False}], ids=str)
@pytest.mark.parametrize("given", [*CALLS, {"query_mask": QUERY_MASK}], ids=lambda given: "+".join(given))
def test_grouped_query_attention_agrees(arguments, given, rng, agree, copy_weights):
    ours, theirs = built("GroupQueryAttention", (QUERY, VALUE, KEY), copy_weights, 2, 4, 2, **arguments)
    x = arrays(rng, QUERY, VALUE, KEY)
    agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("axes", [None, 1, (2,), (1, 2), -2])
@pytest.mark.parametrize("scores", [False, True])
def test_attention_over_chosen_axes_agrees(axes, scores, rng, agree, copy_weights):
    query, value = (2, 3, 4, 6), (2, 3, 4, 8)
    ours, theirs = built("MultiHeadAttention", (query, value), copy_weights, 2, 3, attention_axes=axes)
    x, given = arrays(rng, query, value), {"return_attention_scores": scores}
    agree(results(ours, x, **given), results(theirs, x, **given), rtol=1e-4, atol=1e-5)
    if axes is None:
        mask = torch.tensor(rng.random((2, 3, 4, 3, 4)) > 0.3)
        agree(results(ours, x, attention_mask=mask), results(theirs, x, attention_mask=mask), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "kind, arguments",
    [
        ("Attention", {}),
        ("Attention", {"use_scale": True}),
        ("Attention", {"score_mode": "concat"}),
        ("Attention", {"score_mode": "concat", "use_scale": True}),
        ("AdditiveAttention", {}),
        ("AdditiveAttention", {"use_scale": False}),
    ],
)
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"use_causal_mask": True},
        {"mask": [QUERY_MASK, VALUE_MASK]},
        {"mask": [None, VALUE_MASK], "use_causal_mask": True},
        {"return_attention_scores": True},
    ],
    ids=lambda given: "+".join(given),
)
def test_attention_without_heads_agrees(kind, arguments, given, rng, agree, copy_weights):
    shapes = [QUERY, VALUE, (4, 7, 6)]
    ours, theirs = built(kind, (shapes,), copy_weights, **arguments)
    x = arrays(rng, *shapes)
    agree(results(ours, x, listed=True, **given), results(theirs, x, listed=True, **given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda room: room.MultiHeadAttention(2, 3, dropout=0.1, output_shape=4, attention_axes=1, name="it"),
        lambda room: room.MultiHeadAttention(2, 3, use_gate=True, kernel_regularizer="l2", activity_regularizer="l2", name="it"),
        lambda room: room.GroupQueryAttention(2, 4, 2, sliding_window=3, seed=1, name="it"),
        lambda room: room.Attention(True, "concat", 0.1, 3, name="it"),
        lambda room: room.AdditiveAttention(False, 0.1, name="it"),
        lambda room: room.EinsumDense("abc,cd->abd", (None, 3), "relu", "d", name="it"),
    ],
)
def test_configs_agree_and_are_read_by_keras(make):
    ours, theirs = make(layers), make(keras.layers)
    written = json.loads(json.dumps(layers.serialize(ours)))
    assert written == json.loads(json.dumps(keras.layers.serialize(theirs)))
    assert type(keras.layers.deserialize(written)) is type(theirs)
    assert layers.deserialize(written).get_config() == ours.get_config()


@pytest.mark.parametrize("name", "MultiHeadAttention GroupQueryAttention Attention AdditiveAttention EinsumDense".split())
def test_arguments_have_keras_order_and_defaults(name):
    ours, theirs = (inspect.signature(getattr(room, name)).parameters for room in (layers, keras.layers))
    named = [key for key, parameter in theirs.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(named)] == named
    assert [ours[key].default for key in named] == [theirs[key].default for key in named]


def test_activity_regularizers_are_for_the_projections(rng, agree, copy_weights):
    ours, theirs = built("MultiHeadAttention", (QUERY, VALUE, KEY), copy_weights, 2, 3, activity_regularizer="l2")
    x = arrays(rng, QUERY, VALUE, KEY)
    ours(*(torch.tensor(a) for a in x)), theirs(*x)
    agree(sum(ours.losses), sum(theirs.losses))


def test_masks_of_an_embedding_reach_the_attention(agree, copy_weights):
    tokens = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 6, 0], [6, 1, 0, 0, 0]])

    def model(room, model_class, symbol):
        h = room.Embedding(7, 4, mask_zero=True)(symbol)
        return model_class(symbol, room.LSTM(3)(room.MultiHeadAttention(2, 3)(h, h)))

    ours, theirs = (
        model(layers, Model, Input((5,), dtype="int32")),
        model(keras.layers, keras.Model, keras.Input((5,), dtype="int32")),
    )
    copy_weights(theirs, ours)
    agree(ours(torch.tensor(tokens)), theirs(tokens))
