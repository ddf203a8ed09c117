"""Constraints against Keras's: values, signatures, configs."""

import inspect
import json

import keras
import numpy as np
import pytest

from kerasish import constraints

W = np.random.default_rng(1).normal(size=(3, 4, 5)).astype("float32")
CASES = [
    ("NonNeg", {}),
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.7, "axis": 1}),
    ("MaxNorm", {"max_value": 1, "axis": [0, 1]}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": (0, 2)}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 2.5, "rate": 0.3, "axis": [0, 1]}),
    ("Constraint", {}),
]
every = pytest.mark.parametrize(("name", "options"), CASES, ids=lambda part: str(part))


@every
def test_values(name, options, agree):
    ours, theirs = getattr(constraints, name)(**options), getattr(keras.constraints, name)(**options)
    agree(ours(W), theirs(W))
    agree(ours(np.zeros_like(W)), theirs(np.zeros_like(W)))


@every
def test_configs_go_both_ways(name, options):
    ours, theirs = getattr(constraints, name)(**options), getattr(keras.constraints, name)(**options)
    assert ours.get_config() == theirs.get_config()
    assert json.dumps(constraints.serialize(ours)) == json.dumps(keras.constraints.serialize(theirs))
    again, back = constraints.get(keras.constraints.serialize(theirs)), keras.constraints.get(constraints.serialize(ours))
    assert json.dumps(again.get_config()) == json.dumps(back.get_config()) == json.dumps(theirs.get_config())


def test_names_and_signatures_are_keras():
    names = {name for name in dir(keras.constraints) if not name.startswith("_")}
    assert set(constraints.__all__) == names
    for name in names - {"get", "serialize", "deserialize", "Constraint", "NonNeg", "non_neg"}:
        ours, theirs = inspect.signature(getattr(constraints, name)), inspect.signature(getattr(keras.constraints, name))
        assert [(p.name, p.default) for p in ours.parameters.values()] == [
            (p.name, p.default) for p in theirs.parameters.values()
        ]
