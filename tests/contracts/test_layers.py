"""The contract of layers: one battery over everything that is registered; what each is called with stands in layer_samples."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish._base import _tree
from kerasish.layers._calling import alive
from kerasish.layers._layer import Layer
from kerasish.layers._registry import LAYERS
from tests.contracts.layer_samples import SAMPLES

# What only makes sense around or in place of others, and has tests of its own.
APART = {"Layer", "InputLayer", "Wrapper"}
# What is called with more than its inputs, and has tests of its own too.
APART |= {"MultiHeadAttention", "GroupedQueryAttention", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}
APART |= {"ConvLSTM1DCell", "ConvLSTM2DCell", "ConvLSTM3DCell"}
# What gives another width each time, and what takes no tensors.
APART |= {"RandomWidth", "StringLookup"}
# What is inside has a dtype of its own.
AROUND = {"Bidirectional", "RNN", "TimeDistributed", "TorchModuleWrapper"}
each = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.label)


def make(sample, **more):
    """The layer, not in training mode: some are where nobody says otherwise."""
    return getattr(layers, sample.name)(**copy.deepcopy(sample.arguments), **more).eval()


def tensors(sample, rng, batch_first=True):
    return _tree.map_structure(torch.as_tensor, sample.inputs(rng))


def built(sample, rng, **more):
    """A layer that has been called once, with weights that are neither zeros nor ones, and its inputs."""
    layer, x = make(sample, **more), tensors(sample, rng)
    layer(x)
    layer.set_weights([rng.uniform(0.5, 1.5, size=weight.shape) for weight in layer.get_weights()])
    return layer, x


def assert_same(first, second, **tolerances):
    for one, other in zip(_tree.flatten(first), _tree.flatten(second), strict=True):
        torch.testing.assert_close(one.detach(), other.detach(), **tolerances)


def test_every_layer_has_a_sample():
    known = {cls.__name__ for cls in LAYERS.classes.values() if issubclass(cls, Layer)}
    assert sorted(known - APART - {sample.name for sample in SAMPLES}) == []


@each
def test_config_makes_the_same_layer(sample, rng):
    layer, x = built(sample, rng, name="mine", trainable=False)
    described = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(described).eval()
    assert type(again) is type(layer) and again.name == "mine"
    assert json.loads(json.dumps(layers.serialize(again)["config"])) == described["config"]
    again(x)
    again.set_weights(layer.get_weights())
    assert_same(again(x), layer(x))


@each
def test_symbols_have_the_shapes_and_dtypes_that_tensors_get(sample, rng):
    layer, x = make(sample), tensors(sample, rng)
    outputs = layer(x)
    symbols = _tree.map_structure(lambda t: layers.Input(t.shape[1:], dtype=t.dtype), x)
    for symbol, output in zip(_tree.flatten(make(sample)(symbols)), _tree.flatten(outputs), strict=True):
        assert symbol.shape == (None, *output.shape[1:])
        assert symbol.dtype == str(output.dtype)[6:]


@each
def test_every_trained_weight_gets_a_gradient(sample, rng):
    layer, x = built(sample, rng)
    outputs = [output for output in _tree.flatten(layer(x)) if output.requires_grad]
    weights = layer.trainable_weights
    assert bool(outputs) == bool(weights)
    if weights:
        weighed = torch.stack([(output * torch.randn(output.shape)).sum() for output in outputs]).sum()
        gradients = torch.autograd.grad(weighed, weights)
        assert all(gradient.shape == weight.shape for gradient, weight in zip(gradients, weights))
        assert all(torch.isfinite(gradient).all() for gradient in gradients)


@each
def test_frozen_layers_have_nothing_to_train(sample, rng):
    layer, x = built(sample, rng)
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == len(layer.weights)
    assert not any(output.requires_grad for output in _tree.flatten(layer(x)))


@each
def test_state_moves_to_another_layer(sample, rng):
    layer, x = built(sample, rng)
    for load in (
        lambda other: other.set_weights(layer.get_weights()),
        lambda other: other.load_state_dict(layer.state_dict()),
    ):
        other = make(sample)
        other(x)
        load(other)
        assert_same(other(x), layer(x))
    assert len(layer.state_dict()) == len(layer.weights)


@each
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))], ids=["copy", "pickle"])
def test_copies_give_the_same_and_share_nothing(sample, rng, copied):
    layer, x = built(sample, rng)
    twin = copied(layer)
    assert_same(twin(x), layer(x))
    assert [w.path for w in twin.weights if hasattr(w, "path")] == [w.path for w in layer.weights if hasattr(w, "path")]
    before = layer.get_weights()
    twin.set_weights([weight + 1 for weight in before])
    assert all(np.array_equal(now, then) for now, then in zip(layer.get_weights(), before))


@each
def test_arrays_give_what_tensors_give(sample, rng):
    layer, x = built(sample, rng)
    assert_same(layer(_tree.map_structure(lambda t: t.numpy(), x)), layer(x))


@each
def test_mixed_precision_computes_in_bfloat16_and_keeps_float32(sample, rng):
    if sample.name in AROUND:
        pytest.skip("what is inside has a dtype of its own")
    layer, x = built(sample, rng, dtype="mixed_bfloat16")
    exact = make(sample)
    exact(x)
    exact.set_weights(layer.get_weights())
    assert all(weight.dtype is torch.float32 for weight in layer.weights)
    for output, wanted in zip(_tree.flatten(layer(x)), _tree.flatten(exact(x)), strict=True):
        assert output.dtype is torch.bfloat16
        torch.testing.assert_close(output.detach().float(), wanted.detach(), rtol=0.1, atol=0.1)
    trained = layer.trainable_weights
    if trained:
        gradients = torch.autograd.grad(torch.stack([output.sum() for output in _tree.flatten(layer(x))]).sum(), trained)
        assert all(gradient.dtype is torch.float32 for gradient in gradients)


@each
def test_float64_is_float64_throughout(sample, rng):
    if sample.name in AROUND:
        pytest.skip("what is inside has a dtype of its own")
    layer, x = make(sample, dtype="float64"), tensors(sample, rng)
    x = _tree.map_structure(lambda t: t.double() if t.is_floating_point() else t, x)
    assert all(output.dtype is torch.float64 for output in _tree.flatten(layer(x)))
    assert all(weight.dtype is torch.float64 for weight in layer.weights)


@each
@pytest.mark.parametrize("training", [False, True])
def test_compiles_without_a_graph_break(sample, rng, training):
    layer, x = built(sample, rng)
    layer.train(training)
    if training and sample.arguments.get("seed") is not None:
        pytest.skip("torch's compiler takes no generators")
    torch.manual_seed(3)
    plain = layer(x)
    torch._dynamo.reset()
    torch.manual_seed(3)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")(x)
    if not training or "rop" not in sample.name:
        assert_same(compiled, plain)


@each
def test_the_second_call_is_fast(sample, rng, monkeypatch):
    monkeypatch.setattr(alive, "masks", False)
    layer, x = built(sample, rng)
    steps = []
    monkeypatch.setattr(type(layer), "_call_in_steps", lambda self, *_: steps.append(self))
    outputs = layer(x)
    if not layer._starts_mask and layer.activity_regularizer is None:
        assert steps == [] and outputs is not None


@each
def test_training_leaves_no_trace_when_not_training(sample, rng):
    layer, x = built(sample, rng)
    before = layer.get_weights()
    first, second = layer(x, training=False), layer(x)
    assert_same(first, second)
    assert all(np.array_equal(now, then) for now, then in zip(layer.get_weights(), before))


@each
def test_stateless_call_changes_nothing(sample, rng):
    layer, x = built(sample, rng)
    before = layer.get_weights()
    outputs, after = layer.stateless_call(layer.trainable_variables, layer.non_trainable_variables, x, training=True)
    assert all(np.array_equal(now, then) for now, then in zip(layer.get_weights(), before))
    assert len(after) == len(layer.non_trainable_variables)
    assert [o.shape for o in _tree.flatten(outputs)] == [o.shape for o in _tree.flatten(layer(x))]


@each
def test_weights_lie_dense_in_memory(sample, rng):
    layer, _ = built(sample, rng)
    for weight in layer.weights:
        ordered = sorted(((stride, size) for stride, size in zip(weight.stride(), weight.shape) if size > 1))
        extent = 1
        for stride, size in ordered:
            assert stride == extent
            extent *= size
