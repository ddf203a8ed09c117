"""Layers that prepare data against Keras's: random ones with bounds that leave nothing to chance, and what others learn."""

import inspect
import json
from importlib.util import find_spec

import keras
import numpy as np
import pytest
import torch

import kerasish
from kerasish import layers

needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="Keras learns and looks up by TensorFlow")

NAMES = (
    "CenterCrop CategoryEncoding Discretization IntegerLookup Normalization RandomBrightness RandomContrast RandomCrop "
    "RandomFlip RandomGrayscale RandomRotation RandomZoom Resizing StringLookup"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_arguments_have_keras_order_and_defaults(name):
    ours, theirs = (inspect.signature(getattr(room, name)).parameters for room in (layers, keras.layers))
    theirs = {key: p for key, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD}
    assert list(ours)[: len(theirs)] == list(theirs)
    assert {key: ours[key].default for key in theirs} == {key: p.default for key, p in theirs.items()}


FIXED = [
    ("RandomRotation", {"factor": (0.07, 0.07)}),
    ("RandomRotation", {"factor": (-0.2, -0.2), "fill_mode": "constant", "fill_value": 0.5, "interpolation": "nearest"}),
    ("RandomRotation", {"factor": (0.12, 0.12), "fill_mode": "wrap"}),
    ("RandomZoom", {"height_factor": (0.3, 0.3)}),
    ("RandomZoom", {"height_factor": (-0.2, -0.2), "width_factor": (0.4, 0.4), "fill_mode": "nearest"}),
    ("RandomBrightness", {"factor": (0.2, 0.2), "value_range": (0, 1)}),
    ("RandomContrast", {"factor": (-0.3, 0.3), "value_range": (0, 1)}),
    ("RandomGrayscale", {"factor": 1.0}),
    ("RandomGrayscale", {"factor": 0.0}),
]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("name, arguments", FIXED, ids=str)
def test_fixed_changes_agree(name, arguments, batched, data_format, rng):
    if name == "RandomContrast":  # Keras takes no negative bound, but draws between 1 - lower and 1 + upper
        theirs = keras.layers.RandomContrast((0.0, 0.3), value_range=(0, 1), data_format=data_format)
        theirs.factor = (-0.3, 0.3)
        ours = layers.RandomContrast((0.0, 0.3), value_range=(0, 1), data_format=data_format)
        ours._lower, ours._upper = -0.3, 0.3
    else:
        ours, theirs = (getattr(room, name)(**arguments, data_format=data_format) for room in (layers, keras.layers))
    x = torch.as_tensor(rng.uniform(size=(2, 6, 7, 3)).astype("float32"))
    x = x.permute(0, 3, 1, 2) if data_format == "channels_first" else x
    x = x if batched else x[0]
    torch.testing.assert_close(ours(x, training=True), theirs(x, training=True), rtol=1e-4, atol=2e-5)
    assert torch.equal(ours(x, training=False), x) and torch.equal(theirs(x, training=False), x)


@pytest.mark.parametrize("size", [(4, 4), (9, 3), (12, 14)])
def test_center_crops_of_one_image_and_of_integers_agree(size, rng):
    for x in (torch.as_tensor(rng.uniform(size=(7, 9, 3)).astype("float32")), torch.arange(7 * 9 * 3).view(1, 7, 9, 3)):
        ours, theirs = (room.CenterCrop(*size)(x) for room in (layers, keras.layers))
        torch.testing.assert_close(ours, theirs)


@needs_tensorflow
@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2)])
def test_statistics_that_normalization_learns_agree(axis, rng):
    data = rng.normal(2.0, 3.0, size=(20, 4, 3)).astype("float32")
    for given in (data, torch.as_tensor(data), [data[:7], data[7:]], keras_batches(data)):
        ours, theirs = (room.Normalization(axis=axis) for room in (layers, keras.layers))
        ours.adapt(given), theirs.adapt(given if not isinstance(given, list) else list(given))
        torch.testing.assert_close(ours(torch.as_tensor(data)), theirs(torch.as_tensor(data)), rtol=1e-4, atol=1e-5)
        assert [(w.name, tuple(w.shape)) for w in ours.weights] == [(w.name, tuple(w.shape)) for w in theirs.weights]
        config = json.loads(json.dumps(theirs.get_config()))
        assert json.loads(json.dumps(ours.get_config())) == {**config, "name": ours.name}


def keras_batches(data):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return data[5 * i : 5 * i + 5], np.zeros(5)

    return Batches()


@needs_tensorflow
@pytest.mark.parametrize("arguments", [{"num_bins": 4}, {"num_bins": 7, "epsilon": 0.05}, {"num_bins": 3, "epsilon": 0.3}])
def test_boundaries_that_discretization_learns_agree(arguments, rng):
    data = rng.normal(size=(60, 5)).astype("float32")
    for given in (data, [data[:11], data[11:]]):
        ours, theirs = (room.Discretization(**arguments) for room in (layers, keras.layers))
        ours.adapt(given), theirs.adapt(given)
        np.testing.assert_allclose(ours.bin_boundaries, theirs.bin_boundaries, rtol=1e-5)
        x = torch.as_tensor(data)
        assert torch.equal(ours(x), theirs(x)) and ours(x).dtype is theirs(x).dtype
        assert torch.equal(layers.Discretization.from_config(ours.get_config())(x), ours(x))


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_bins_agree(mode, rng):
    x = torch.as_tensor(rng.normal(size=(6, 4)).astype("float32"))
    x[0, 0] = 0.5
    ours, theirs = (room.Discretization([-1.0, 0.5, 0.7], output_mode=mode, name="it") for room in (layers, keras.layers))
    assert torch.equal(ours(x), theirs(x)) and ours(x).dtype is theirs(x).dtype
    assert json.loads(json.dumps(ours.get_config())) == json.loads(json.dumps(theirs.get_config()))


LOOKUPS = [
    {},
    {"num_oov_indices": 3},
    {"mask_token": 0},
    {"mask_token": 0, "num_oov_indices": 2},
    {"output_mode": "multi_hot"},
    {"output_mode": "count", "num_oov_indices": 2, "mask_token": 7},
    {"output_mode": "one_hot"},
    {"output_mode": "multi_hot", "max_tokens": 9, "pad_to_max_tokens": True},
]


@needs_tensorflow
@pytest.mark.parametrize("arguments", LOOKUPS, ids=str)
def test_places_of_whole_numbers_agree(arguments):
    x = np.array([[12, 36, 0, 7, 5], [36, 36, -3, 8, 12]])
    ours, theirs = (room.IntegerLookup(vocabulary=[12, 36, 5], **arguments, name="it") for room in (layers, keras.layers))
    assert ours(x).tolist() == theirs(x).tolist()
    assert ours.get_vocabulary() == theirs.get_vocabulary() and ours.vocabulary_size() == theirs.vocabulary_size()
    assert ours.get_vocabulary(False) == theirs.get_vocabulary(False)
    assert (
        json.loads(json.dumps(layers.serialize(ours)))["config"]
        == json.loads(json.dumps(keras.layers.serialize(theirs)))["config"]
    )
    assert layers.deserialize(keras.layers.serialize(theirs))(x).tolist() == ours(x).tolist()
    assert keras.layers.deserialize(layers.serialize(ours))(x).tolist() == ours(x).tolist()


@needs_tensorflow
def test_numbers_of_places_agree():
    x = np.array([[0, 1, 2, 3, 9]])
    ours, theirs = (room.IntegerLookup(vocabulary=[12, 36], invert=True, mask_token=0) for room in (layers, keras.layers))
    assert ours(x).tolist() == theirs(x).tolist()


@needs_tensorflow
@pytest.mark.parametrize(
    "arguments", [{}, {"max_tokens": 4}, {"output_mode": "tf_idf"}, {"output_mode": "tf_idf", "max_tokens": 3}]
)
def test_vocabularies_that_are_learned_agree(arguments, rng):
    data = rng.integers(1, 9, size=(12, 5))
    words = np.array(list("_abcdefgh"))[data]
    for name, given in (("IntegerLookup", data), ("StringLookup", words)):
        ours, theirs = (getattr(room, name)(**arguments) for room in (layers, keras.layers))
        ours.adapt(given), theirs.adapt(given)
        assert ours.get_vocabulary() == theirs.get_vocabulary()
        np.testing.assert_allclose(ours(given).numpy(), theirs(given).numpy(), rtol=1e-5)
        again = getattr(layers, name).from_config(json.loads(json.dumps(ours.get_config())))
        assert torch.equal(again(given), ours(given))


STRINGS = [{}, {"mask_token": ""}, {"output_mode": "multi_hot", "mask_token": ""}, {"output_mode": "count"}]


@needs_tensorflow
@pytest.mark.parametrize("arguments", STRINGS, ids=str)
def test_places_of_strings_agree(arguments):
    x = np.array([["b", "", "a"], ["z", "b", "b"]])
    ours, theirs = (room.StringLookup(vocabulary=["a", "b"], **arguments, name="it") for room in (layers, keras.layers))
    assert ours(x).tolist() == theirs(x).tolist()
    mine, wanted = ours.get_config(), theirs.get_config()
    for config in (mine, wanted):
        config.pop("dtype")
    assert json.loads(json.dumps(mine)) == json.loads(json.dumps(wanted))
    assert layers.StringLookup.from_config(wanted)(x).tolist() == ours(x).tolist()


def learned_statistics(room, data):
    layer = room.layers.Normalization()
    layer.adapt(data)
    return layer


def learned_bins(room, data):
    layer = room.layers.Discretization(num_bins=3, output_mode="one_hot")
    layer.adapt(data)
    return layer


def learned_vocabulary(room, data):
    layer = room.layers.IntegerLookup(output_mode="multi_hot")
    layer.adapt(data.astype("int64"))
    return layer


@needs_tensorflow
@pytest.mark.parametrize("make", [learned_statistics, learned_bins, learned_vocabulary])
def test_what_was_learned_goes_through_files_both_ways(make, rng, tmp_path):
    data = rng.normal(3.0, 2.0, size=(30, 4)).astype("float32")
    for maker, reader in ((keras, kerasish), (kerasish, keras)):
        inputs = maker.Input((4,), dtype="int64" if make is learned_vocabulary else "float32")
        model = maker.Model(inputs, make(maker, data)(inputs))
        model.save(tmp_path / "model.keras")
        x = data.astype(inputs.dtype)
        again = reader.models.load_model(tmp_path / "model.keras").predict(x, verbose=0)
        np.testing.assert_allclose(again, model.predict(x, verbose=0), rtol=1e-6)
