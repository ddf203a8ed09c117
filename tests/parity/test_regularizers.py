"""Regularizers against Keras's: values, gradients, signatures, configs."""

import inspect

import keras
import numpy as np
import pytest
import torch

from kerasish import regularizers

X = np.random.default_rng(1).normal(size=(5, 7)).astype("float32")
CASES = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.3}),
    ("L1L2", {"l2": 0.3}),
    ("L1L2", {"l1": 0.3, "l2": 0.2}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
every = pytest.mark.parametrize(("name", "options"), CASES, ids=lambda part: str(part))


def close(config):
    # Keras keeps some factors as float32, and writes 0.01 as 0.009999999776482582.
    return {key: value if isinstance(value, str) else pytest.approx(value, rel=1e-6) for key, value in config.items()}


@every
def test_values_and_gradients(name, options, agree):
    results = []
    for room in (regularizers, keras.regularizers):
        x = torch.tensor(X, requires_grad=True)
        penalty = getattr(room, name)(**options)(x)
        if penalty.requires_grad:
            penalty.backward()
        results.append((penalty, torch.zeros(()) if x.grad is None else x.grad))
    agree(*results)


@every
def test_configs_go_both_ways(name, options):
    ours, theirs = getattr(regularizers, name)(**options), getattr(keras.regularizers, name)(**options)
    assert ours.get_config() == close(theirs.get_config())
    expected = keras.regularizers.serialize(theirs)
    assert regularizers.serialize(ours) == {**expected, "config": close(expected["config"])}
    assert regularizers.get(expected).get_config() == theirs.get_config()
    assert keras.regularizers.get(regularizers.serialize(ours)).get_config() == close(ours.get_config())


def test_names_and_signatures_are_keras():
    names = {name for name in dir(keras.regularizers) if not name.startswith("_")}
    assert set(regularizers.__all__) == names
    for name in names - {"get", "serialize", "deserialize", "Regularizer"}:
        ours, theirs = inspect.signature(getattr(regularizers, name)), inspect.signature(getattr(keras.regularizers, name))
        assert [(p.name, p.default) for p in ours.parameters.values()] == [
            (p.name, p.default) for p in theirs.parameters.values()
        ]
