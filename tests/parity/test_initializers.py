"""Initializers against Keras's: values where they are certain, spread where they are not, signatures, configs."""

import inspect

import keras
import numpy as np
import pytest
import torch
from keras.src.initializers.random_initializers import compute_fans

import kerasish.random
from kerasish import initializers
from kerasish.initializers._variance_scaling import fans

LOOKUP = {"get", "serialize", "deserialize"}
CLASSES = sorted(name for name in initializers.__all__ if name not in LOOKUP | {"Initializer"})
RANDOM = [
    ("RandomNormal", {"mean": 0.5, "stddev": 0.2}),
    ("RandomUniform", {"minval": -0.2, "maxval": 0.6}),
    ("TruncatedNormal", {"mean": 0.5, "stddev": 0.2}),
    *((name, {}) for name in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "Normal"}),
    ("VarianceScaling", {"distribution": "uniform", "input_axes": [0, 1], "output_axes": [-1]}),
    ("Orthogonal", {"gain": 1.5}),
]
CONFIGS = RANDOM + [
    ("Constant", {"value": 3}),
    ("Constant", {"value": np.array([1.0, 2.0])}),
    ("STFT", {"side": "imag", "window": "hamming", "scaling": None, "periodic": True}),
    ("HeNormal", {"seed": 5, "input_axes": [0], "output_axes": [1]}),
    ("RandomNormal", {"seed": 5}),
]


def test_the_names_are_keras_names():
    assert set(initializers.__all__) == {name for name in dir(keras.initializers) if not name.startswith("_")}


@pytest.mark.parametrize("name", CLASSES)
def test_signature_and_default_config(name):
    ours, theirs = getattr(initializers, name), getattr(keras.initializers, name)
    assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()] == [
        (p.name, p.default) for p in inspect.signature(theirs).parameters.values()
    ]
    assert initializers.serialize(ours()) == keras.initializers.serialize(theirs())


@pytest.mark.parametrize(("name", "options"), CONFIGS, ids=lambda part: str(part))
def test_configs_go_both_ways(name, options):
    ours, theirs = getattr(initializers, name)(**options), getattr(keras.initializers, name)(**options)
    assert ours.get_config() == theirs.get_config()
    assert initializers.serialize(ours) == keras.initializers.serialize(theirs)
    assert initializers.get(keras.initializers.serialize(theirs)).get_config() == theirs.get_config()
    assert keras.initializers.get(initializers.serialize(ours)).get_config() == ours.get_config()


@pytest.mark.parametrize(("name", "options"), RANDOM, ids=lambda part: str(part))
@pytest.mark.parametrize("shape", [(300, 400), (3, 3, 60, 200)])
def test_the_spread_is_keras_spread(name, options, shape):
    ours = np.asarray(getattr(initializers, name)(**options)(shape)).ravel()
    theirs = keras.ops.convert_to_numpy(getattr(keras.initializers, name)(**options, seed=1)(shape)).ravel()
    spread = float(theirs.std())
    assert ours.mean() == pytest.approx(float(theirs.mean()), abs=0.02 * spread)
    levels = [0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999]
    np.testing.assert_allclose(np.quantile(ours, levels), np.quantile(theirs, levels), atol=0.05 * spread)
    if name not in ("RandomNormal", "Orthogonal") and "untruncated_normal" not in options.values():
        np.testing.assert_allclose([ours.min(), ours.max()], [theirs.min(), theirs.max()], atol=0.01 * spread)


@pytest.mark.parametrize("shape", [(), (4,), (4, 5), (3, 4, 5), (3, 2, 4, 5), (2, 3, 2, 4, 5)])
def test_fans(shape):
    assert fans(shape) == compute_fans(shape)
    if len(shape) > 2:
        axes = {"input_axes": [0, -2], "output_axes": [1]}
        assert fans(shape, **axes) == compute_fans(shape, **axes)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
@pytest.mark.parametrize(
    ("name", "options"),
    [("Zeros", {}), ("Ones", {}), ("Constant", {"value": 2}), ("Constant", {"value": [1.0, 2.0]}), ("Identity", {"gain": 3})],
    ids=lambda part: str(part),
)
def test_certain_values(name, options, dtype, agree):
    ours, theirs = getattr(initializers, name)(**options), getattr(keras.initializers, name)(**options)
    agree(ours((3, 2), dtype), theirs((3, 2), dtype))
    assert ours((3, 2), dtype).dtype is theirs((3, 2), dtype).dtype


@pytest.mark.parametrize("side", ["real", "imag"])
@pytest.mark.parametrize(
    "window", [None, "hann", "hamming", "blackman", "bartlett", "boxcar", "nuttall", np.linspace(0.1, 1, 24)]
)
@pytest.mark.parametrize(("scaling", "periodic"), [("density", False), ("spectrum", True), (None, False)])
def test_stft(side, window, scaling, periodic, agree):
    if isinstance(window, str):
        pytest.importorskip("scipy")
    options = {"side": side, "window": window, "scaling": scaling, "periodic": periodic}
    agree(initializers.STFT(**options)((24, 1, 17)), keras.initializers.STFT(**options)((24, 1, 17)), rtol=1e-4, atol=1e-5)


def test_a_seed_generators_config_goes_both_ways():
    ours = initializers.HeNormal(kerasish.random.SeedGenerator(5, name="seeds"))
    theirs = keras.initializers.HeNormal(keras.random.SeedGenerator(5, name="seeds"))
    assert initializers.serialize(ours) == keras.initializers.serialize(theirs)
    assert initializers.get(keras.initializers.serialize(theirs)).seed.seed == 5
    assert keras.initializers.get(initializers.serialize(ours)).seed.get_config()["seed"] == 5


def test_an_array_as_an_initializer(agree):
    values = np.array([[1.0, 2.0]], "float32")
    for given in (values, torch.tensor(values)):
        agree(initializers.get(given)((1, 2)), keras.initializers.get(given)((1, 2)))
        for room in (initializers, keras.initializers):
            with pytest.raises(ValueError):
                room.get(given)((2, 2))
