"""Layers: every sample against Keras's, with the same weights: outputs, gradients, weights and configs."""

import inspect
import json

import keras
import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers._calling import alive
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


# What samples do not reach: masks, and arguments that only some layers have.


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "mask_shape"),
    [
        ("GlobalAveragePooling1D", {}, (2, 5, 3), (2, 5)),
        ("GlobalAveragePooling1D", {"data_format": "channels_first", "keepdims": True}, (2, 3, 5), (2, 5)),
        ("BatchNormalization", {"momentum": 0.5}, (4, 5, 3), (4, 5)),
        ("BatchNormalization", {"momentum": 0.5, "renorm": True}, (4, 5, 3), (4, 5)),
        ("Softmax", {}, (2, 5), (2, 5)),
        ("Softmax", {"axis": [1, 2]}, (2, 3, 5), (2, 3, 5)),
    ],
)
def test_masked_outputs_agree(name, arguments, shape, mask_shape, rng, agree):
    ours, theirs = (getattr(room, name)(**arguments) for room in (layers, keras.layers))
    x, mask = torch.randn(shape), torch.as_tensor(rng.integers(0, 2, size=mask_shape).astype(bool))
    mask[:, 0] = True
    modes = [False, True] if takes_training(ours) else [None]
    for training in modes:
        more = {} if training is None else {"training": training}
        agree(ours(x, mask=mask, **more), theirs(x, mask=mask, **more), atol=1e-5)
        agree(ours.weights, theirs.weights)


@pytest.mark.parametrize("name", ["Masking", "Embedding"])
def test_masks_that_layers_make_agree(name, rng):
    arguments = {"Masking": {"mask_value": 1.0}, "Embedding": {"input_dim": 3, "output_dim": 2, "mask_zero": True}}[name]
    x = torch.as_tensor(rng.integers(0, 3, size=(4, 5, 1) if name == "Masking" else (4, 5)))
    x = x.float() if name == "Masking" else x
    ours, theirs = (getattr(room, name)(**arguments) for room in (layers, keras.layers))
    assert torch.equal(ours.compute_mask(x), theirs.compute_mask(x))
    assert torch.equal(ours(x)._keras_mask, theirs(x)._keras_mask)


@pytest.mark.parametrize("name", ["Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"])
def test_masks_of_merged_inputs_agree(name, rng, monkeypatch):
    monkeypatch.setattr(alive, "masks", True)
    inputs = [torch.randn(2, 4, 3) for _ in range(3)]
    masks = [torch.as_tensor(rng.integers(0, 2, size=(2, 4)).astype(bool)) for _ in range(3)]
    ours, theirs = (getattr(room, name)() for room in (layers, keras.layers))
    assert torch.equal(ours.compute_mask(inputs, masks), theirs.compute_mask(inputs, masks))
    for x, mask in zip(inputs, masks):
        x._keras_mask = mask
    torch.testing.assert_close(ours(inputs), theirs(inputs))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "Dense", "Conv2D", "Rescaling"])
def test_half_precision_agrees(name, dtype, copy_weights):
    arguments = {"Dense": {"units": 3}, "Conv2D": {"filters": 3, "kernel_size": 2}, "Rescaling": {"scale": 0.5}}.get(name, {})
    ours, theirs = (getattr(room, name)(**arguments, dtype=dtype) for room in (layers, keras.layers))
    x = torch.randn(2, 4, 4, 3) * 5 + 2
    ours(x), theirs(x)
    copy_weights(theirs, ours)
    for training in [False, True] if takes_training(ours) else [None]:
        more = {} if training is None else {"training": training}
        mine, wanted = ours(x, **more), theirs(x, **more)
        assert mine.dtype is wanted.dtype
        close = 3e-2 if "bfloat" in dtype else 4e-3
        torch.testing.assert_close(mine.float(), wanted.float(), rtol=close, atol=close)
    for mine, wanted in zip(ours.weights, theirs.weights, strict=True):
        assert mine.dtype is wanted.value.dtype
        torch.testing.assert_close(mine.detach().float(), wanted.value.detach().float(), rtol=1e-2, atol=1e-2)
