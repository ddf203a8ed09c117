"""The same expressions in TensorFlow: values, dtypes, and what is printed."""

import importlib.util
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kerasish.tf as ours
from tests.tf.expressions import EXPRESSIONS, described, value_in

# Results that both print alike: not those of many digits, whose last ones differ, nor of drawn numbers.
PRINTED = [
    expression
    for expression in EXPRESSIONS
    if not expression.startswith(("tf.nn", "tf.math", "tf.linalg", "tf.random", "tf.signal", "tf.image", "tf.keras"))
    and not expression.startswith("tf.unique")  # its tuple has a name of TensorFlow's
    and "_initializer" not in expression  # called alone, an initializer gives a plain tensor
]


@pytest.fixture(scope="session")
def theirs(tmp_path_factory):
    """What TensorFlow gives, evaluated once, in a process of its own: another Keras may have been imported in this one."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is held against where it is installed")
    written = tmp_path_factory.mktemp("tensorflow") / "values.pickle"
    settings = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, str(Path(__file__).with_name("expressions.py")), str(written)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return pickle.loads(written.read_bytes())


def alike(a, b):
    """Say whether two results have the same structure, shapes, dtypes, and nearly the same numbers."""
    if isinstance(a, list) or isinstance(b, list):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(b, str) or isinstance(a, str):
        return a == b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    largest = np.abs(b[np.isfinite(b)]).max(initial=1.0) if b.dtype.kind in "fc" else 0.0
    return np.allclose(a, b, rtol=1e-5, atol=1e-6 * largest, equal_nan=True)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_gives_what_tensorflow_gives(theirs, expression):
    mine, real = described(value_in(ours, expression)), theirs[expression][0]
    assert alike(mine, real), f"{mine} is not {real}"


@pytest.mark.parametrize("expression", PRINTED)
def test_expression_is_printed_as_tensorflow_prints_it(theirs, expression):
    mine = value_in(ours, expression)
    assert (repr(mine), str(mine)) == theirs[expression][1:]
