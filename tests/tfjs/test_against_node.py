"""The real TensorFlow.js as the oracle, where node finds it: `KERASISH_TFJS` names a folder where it was installed by npm.

`expressions.txt` has one expression in each line, which is a program in both languages. One node process runs them all.
"""

import json
import math
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasish.tfjs as tf
from tests.tfjs.tensorflow_js_names import FUNCTIONS, NAMESPACES, TENSOR_MEMBERS, TOP_LEVEL

FOLDER = os.environ.get("KERASISH_TFJS", "")
needs_node = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(FOLDER, "node_modules", "@tensorflow", "tfjs")),
    reason="needs node, and KERASISH_TFJS naming a folder with @tensorflow/tfjs in it",
)
LINES = (Path(__file__).parent / "expressions.txt").read_text().splitlines()
EXPRESSIONS = [line for line in LINES if line and not line.startswith("#")]
# What has no value to compare, or draws numbers, or is tested with the models and the data.
ELSEWHERE = set(
    "deprecationWarn disableDeprecationWarnings dispose disposeVariables enableDebugMode enableProdMode engine env getBackend "
    "input loadLayersModel memory model nextFrame print profile ready registerCallbackConstructor sequential setBackend time "
    "train variableGrads".split()
)
TELL = """
const True = true, False = false, None = undefined;
const number = v => typeof v === 'number' && !isFinite(v) ? String(v) : v;
const tell = t => t instanceof tf.Tensor
  ? {text: t.toString(), shape: t.shape, dtype: t.dtype, data: Array.from(t.dataSync()).map(number)}
  : ArrayBuffer.isView(t) ? Array.from(t)
  : Array.isArray(t) ? t.map(tell)
  : t && typeof t === 'object' ? Object.fromEntries(Object.entries(t).map(([k, v]) => [k, tell(v)])) : t;
"""
NAMES = """
const own = Object.entries(tf).filter(([n, v]) => v && typeof v === 'object').map(([n, v]) => [n, Object.keys(v)]);
const names = {top: Object.keys(tf), namespaces: Object.fromEntries(own),
               members: Object.getOwnPropertyNames(tf.Tensor.prototype)};
"""


def _javascript(expression: str) -> str:
    return re.sub(r"lambda ([a-z, ]*): ", lambda found: f"({found.group(1).strip()}) => ", expression).replace("=> {", "=> ({")


def _closed(expression: str) -> str:
    """Put an object that a function gives in parentheses, as JavaScript needs it."""
    return expression.replace("dy.mul(7)}", "dy.mul(7)})") if "=> ({" in expression else expression


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What TensorFlow.js says of each expression, and the names that it has."""
    told = ",\n".join(f"() => {_closed(_javascript(expression))}" for expression in EXPRESSIONS)
    program = f"""
        console.warn = () => {{}}; const log = console.log; console.log = () => {{}};
        const tf = require('@tensorflow/tfjs'); {TELL} {NAMES}
        (async () => {{
          const values = [];
          for (const f of [{told}]) {{
            try {{ values.push({{value: tell(await f())}}); }} catch (error) {{ values.push({{error: String(error)}}); }}
          }}
          log(JSON.stringify({{values, names}}));
        }})();
    """
    done = subprocess.run(["node", "-e", program], cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().split("\n")[-1])


def _numbers(data: list) -> np.ndarray:
    return np.array([float(value) for value in data])


def _compare(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, dict) and set(theirs) == {"text", "shape", "dtype", "data"}:
        assert (ours.shape, ours.dtype) == (theirs["shape"], theirs["dtype"]), where
        _compare_values(ours, theirs, where)
    elif isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for name, part in theirs.items():
            _compare(ours[name], part, f"{where}.{name}")
    elif isinstance(theirs, list):
        listed = [ours[name] for name in sorted(ours)] if isinstance(ours, dict) else list(ours)
        assert len(listed) == len(theirs), where
        for place, part in enumerate(theirs):
            _compare(listed[place], part, f"{where}[{place}]")
    else:
        assert ours == (pytest.approx(theirs) if isinstance(theirs, float) else theirs), where


def _compare_values(ours: Any, theirs: dict[str, Any], where: str) -> None:
    values = ours.dataSync()
    if ours.dtype == "string":
        assert values.tolist() == theirs["data"], where
        assert str(ours) == theirs["text"], where
        return
    values = values.view(np.float32) if ours.dtype == "complex64" else values
    expected = _numbers(theirs["data"])
    np.testing.assert_allclose(values.astype(float), expected, rtol=1e-4, atol=1e-5, err_msg=where)
    # A digit more or less in the last place changes the text: it is compared where the values are the same.
    if np.array_equal(values.astype(float), expected, equal_nan=True):
        assert str(ours) == theirs["text"], where


@needs_node
@pytest.mark.parametrize("place", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_66_67_68_values_shapes_dtypes_and_texts_are_those_of_tensorflow_js(place, said):
    theirs = said["values"][place]
    assert "error" not in theirs, theirs
    ours = eval(EXPRESSIONS[place], {"tf": tf, "NaN": math.nan, "Infinity": math.inf})
    _compare(ours, theirs.get("value"), EXPRESSIONS[place])


def test_67_every_function_and_method_of_tensorflow_js_is_among_the_expressions():
    called = set(re.findall(r"\.(\w+)", " ".join(EXPRESSIONS)))
    functions = {name for name in FUNCTIONS if "cannot be here" not in repr(getattr(tf, name))}
    assert functions - called - ELSEWHERE == set()
    assert ELSEWHERE - functions == set()
    members = set(TENSOR_MEMBERS) - called
    assert members == {"print", "dispose", "isDisposed", "throwIfDisposed", "dataToGPU", "dataSync", "arraySync"}


@needs_node
def test_67_the_names_kept_here_are_those_of_tensorflow_js(said):
    assert set(said["names"]["top"]) == set(TOP_LEVEL)
    assert set(said["names"]["members"]) - {"constructor"} == set(TENSOR_MEMBERS)
    for namespace, names in NAMESPACES.items():
        assert set(said["names"]["namespaces"][namespace]) == set(names), namespace
