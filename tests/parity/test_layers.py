"""Layers: every sample against Keras's, with the same weights: outputs, gradients, weights and configs."""

import inspect
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import layers
from tests.contracts.layer_samples import SAMPLES

SHARED = [sample for sample in SAMPLES if sample.in_keras]
each = pytest.mark.parametrize("sample", SHARED, ids=lambda sample: sample.label)
DRAWS = ("dropout", "noise")


def both(sample, rng, copy_weights, **more):
    """The two layers with the same weights, and inputs for them."""
    ours, theirs = (getattr(room, sample.name)(**sample.arguments, name="it", **more) for room in (layers, keras.layers))
    arrays = sample.inputs(rng)
    theirs(as_tensors(arrays)), ours(as_tensors(arrays))
    theirs.set_weights([rng.uniform(0.5, 1.5, size=weight.shape) for weight in theirs.get_weights()])
    copy_weights(theirs, ours)
    return ours, theirs, arrays


def as_tensors(arrays, wanted=False):
    if isinstance(arrays, list):
        return [as_tensors(array, wanted) for array in arrays]
    tensor = torch.as_tensor(arrays)
    return tensor.requires_grad_(wanted and tensor.is_floating_point())


def outputs_and_gradients(layer, arrays, rng, training):
    """What the layer gives, and the gradients of a weighed sum of it, of inputs and trained weights."""
    inputs = as_tensors(arrays, wanted=True)
    outputs = layer(inputs, training=training) if takes_training(layer) else layer(inputs)
    wanted = [x for x in (inputs if isinstance(inputs, list) else [inputs]) if x.requires_grad]
    wanted += [getattr(weight, "value", weight) for weight in layer.trainable_weights]
    if not wanted:
        return outputs, []
    weighing = torch.as_tensor(rng.normal(size=outputs.shape), dtype=outputs.dtype)
    return outputs, torch.autograd.grad((outputs * weighing).sum(), wanted)


def takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters


@each
def test_outputs_and_gradients_agree(sample, rng, agree, copy_weights):
    ours, theirs, arrays = both(sample, rng, copy_weights)
    modes = [False] if any(word in sample.label.lower() for word in DRAWS) or not takes_training(ours) else [False, True]
    for training in modes:
        mine = outputs_and_gradients(ours, arrays, np.random.default_rng(7), training)
        agree(mine, outputs_and_gradients(theirs, arrays, np.random.default_rng(7), training), rtol=1e-5, atol=2e-5)
        agree(ours.weights, theirs.weights)  # statistics that training moved


@each
def test_weights_have_keras_names_and_shapes_in_its_order(sample, rng, copy_weights):
    ours, theirs, _ = both(sample, rng, copy_weights)
    assert [(w.name, tuple(w.shape)) for w in ours.weights] == [(w.name, tuple(w.shape)) for w in theirs.weights]
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert [w.name for w in ours.trainable_weights] == [w.name for w in theirs.trainable_weights]


@each
def test_configs_agree(sample):
    ours, theirs = (getattr(room, sample.name)(**sample.arguments, name="it") for room in (layers, keras.layers))
    mine, wanted = (
        json.loads(json.dumps(room.serialize(layer)))["config"] for room, layer in ((layers, ours), (keras.layers, theirs))
    )
    for config in (mine, wanted):
        for key in ("activity_regularizer", "lora_rank", "lora_alpha"):  # written or not, None is the default
            if config.get(key, 0) is None:
                del config[key]
    assert mine == wanted
    assert type(keras.layers.deserialize(layers.serialize(ours))) is type(theirs)


NAMES = sorted({sample.name for sample in SHARED})


@pytest.mark.parametrize("name", NAMES)
def test_arguments_have_keras_order_and_defaults(name):
    ours, theirs = (inspect.signature(getattr(room, name)).parameters for room in (layers, keras.layers))
    theirs = {key: p for key, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD}
    assert list(ours)[: len(theirs)] == list(theirs)
    for key, parameter in theirs.items():
        assert same_default(ours[key].default, parameter.default), key


def same_default(ours, theirs):
    if isinstance(theirs, tuple) and isinstance(ours, int):
        return all(size == ours for size in theirs)
    return str(ours).lower() == str(theirs).lower()
