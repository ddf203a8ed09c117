"""Activations against Keras's: values, gradients, signatures, configs."""

import inspect

import keras
import numpy as np
import pytest
import torch

from kerasish import activations

X = np.random.default_rng(1).normal(scale=3, size=(4, 6)).astype("float32")
CASES = [
    (name, {}) for name in sorted(set(activations.__all__) - {"get", "serialize", "deserialize", "threshold", "sparsemax"})
] + [
    ("threshold", {"threshold": 0.5, "default_value": -3.0}),
    ("relu", {"negative_slope": 0.25}),
    ("relu", {"max_value": 6}),
    ("relu", {"max_value": 2.5, "negative_slope": 0.25}),
    ("relu", {"threshold": 1.0}),
    ("relu", {"threshold": -1.0}),
    ("relu", {"threshold": -1.0, "max_value": 2.0}),
    ("relu", {"threshold": 1.0, "max_value": 2.0, "negative_slope": 0.25}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("squareplus", {"b": 1.5}),
    ("hard_shrink", {"threshold": 1.0}),
    ("soft_shrink", {"threshold": 1.0}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("softmax", {"axis": None}),
    ("log_softmax", {"axis": 0}),
    ("log_softmax", {"axis": (1, 0)}),
]


@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda part: str(part))
def test_values_and_gradients(name, options, agree):
    results = []
    for room in (activations, keras.activations):
        x = torch.tensor(X, requires_grad=True)
        y = getattr(room, name)(x, **options)
        y.square().sum().backward()
        results.append((y, x.grad))
    agree(*results)


def test_sparsemax_with_one_survivor(agree):
    # With more of them Keras's probabilities do not sum to 1: it adds up cumulative sums. Ours are the paper's.
    x = torch.tensor(X) + 50 * torch.eye(4, 6)
    agree(activations.sparsemax(x), keras.activations.sparsemax(x))


def test_the_names_are_keras_names():
    assert set(activations.__all__) == {name for name in dir(keras.activations) if not name.startswith("_")}


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES} | {"sparsemax"}))
def test_signature_and_config(name):
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)

    def arguments(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    assert arguments(ours) == arguments(theirs)
    assert activations.serialize(ours) == keras.activations.serialize(theirs)


def scaled(x):
    return 2 * x


def test_a_registered_functions_config_is_read_by_either():
    from kerasish._base._registry import get_custom_objects, register_keras_serializable

    keras.saving.register_keras_serializable("pkg")(scaled)
    register_keras_serializable("pkg")(scaled)
    try:
        assert keras.activations.get(activations.serialize(scaled)) is scaled
        assert activations.get(keras.activations.serialize(scaled)) is scaled
    finally:
        del get_custom_objects()["pkg>scaled"]
