"""The real TensorFlow.js as the oracle, where node finds it: `KERASISH_TFJS` names a folder where it was installed by npm."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

import kerasish.tfjs as tf

FOLDER = os.environ.get("KERASISH_TFJS", "")
needs_node = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(FOLDER, "node_modules", "@tensorflow", "tfjs")),
    reason="needs node, and KERASISH_TFJS naming a folder with @tensorflow/tfjs in it",
)
# The same text is a program in both languages.
EXPRESSIONS = """
tf.tensor([[1.5, 2], [3, 100.25]])
tf.tensor([1e10, 0.1, 123456.789, 1e-5])
tf.range(0, 44).reshape([2, 22])
tf.ones([25, 3])
tf.ones([2, 2, 2, 2])
tf.ones([25, 2, 2])
tf.ones([2, 25, 2])
tf.tensor([[1, -2], [3, 4]]).matMul(tf.tensor([[1, 0.5], [2, 1]]))
tf.tensor([[1, 2], [3, 4]]).softmax()
tf.tensor([[1, 2], [3, 4]]).logSumExp(1)
tf.tensor([[1, 2], [3, 4]]).norm()
tf.tensor([5, -5, 7]).mod(3)
tf.tensor([1, 2, 3]).cumsum(0, 1, 1)
tf.tensor([2.5, 3.5, -0.5]).round()
tf.tensor([-1, 0, 1]).step(0.25)
tf.tensor([-1, 0, 1]).leakyRelu()
tf.tensor([-1, 0, 1]).elu()
tf.tensor([-1, 0, 1]).selu()
tf.tensor([3, 1, 3, 2]).argMax()
tf.tensor([[3, 1], [1, 2]]).argMin(1)
tf.tensor([[1, 2], [3, 4]]).prod()
tf.tensor([0, 1, 2]).squaredDifference([2, 2, 2])
tf.tensor([7, 8], [2], "int32").div(tf.scalar(2, "int32"))
tf.tensor([7, -7]).floorDiv(2)
tf.oneHot(tf.tensor1d([0, 2, 5], "int32"), 3)
tf.linspace(0, 1, 5)
tf.eye(3)
tf.losses.softmaxCrossEntropy([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]])
tf.losses.sigmoidCrossEntropy([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]])
tf.losses.hingeLoss([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]])
tf.losses.huberLoss([[0, 1], [1, 0]], [[0.2, 2.7], [0.1, 0.6]])
tf.losses.logLoss([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]])
tf.losses.meanSquaredError([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]], [[1], [0]])
tf.losses.absoluteDifference([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]], [[1], [0.5]])
tf.losses.cosineDistance([[0, 1], [1, 0]], [[0.2, 0.7], [0.1, 0.6]], 1)
tf.image.resizeBilinear(tf.range(0, 12).reshape([2, 3, 2]), [3, 5])
tf.image.resizeNearestNeighbor(tf.range(0, 12).reshape([2, 3, 2]), [3, 5])
tf.range(0, 16).reshape([1, 4, 4, 1]).avgPool(3, 2, "same")
tf.range(0, 16).reshape([1, 4, 4, 1]).conv2d(tf.ones([3, 3, 1, 2]), 2, "same")
tf.range(0, 16).reshape([4, 4, 1]).depthwiseConv2d(tf.ones([2, 2, 1, 1]), 1, "valid")
tf.range(0, 6).reshape([2, 3]).mirrorPad([[1, 0], [0, 1]], "reflect")
tf.range(0, 24).reshape([4, 6]).stridedSlice([0, 5], [4, 1], [2, -2])
tf.sparseToDense([0, 2], [5, 6], [4], 1)
tf.concat2d([[[1, 2]], [[3, 4]]], 1)
tf.slice1d([1, 2, 3], 1, 2)
tf.reverse2d([[1, 2], [3, 4]], [1])
tf.range(0, 6).reshape([2, 3]).gather(tf.tensor1d([2, 0], "int32"), 1)
""".strip().split("\n")


@pytest.fixture(scope="module")
def said() -> list[dict]:
    """What TensorFlow.js says of each expression."""
    told = ",\n".join(f"() => {expression}" for expression in EXPRESSIONS)
    program = f"""
        console.warn = () => {{}}; const log = console.log; console.log = () => {{}};
        const tf = require('@tensorflow/tfjs');
        log(JSON.stringify([{told}].map(f => {{ const t = f();
          return {{text: t.toString(), shape: t.shape, dtype: t.dtype, data: Array.from(t.dataSync())}}; }})));
    """
    done = subprocess.run(["node", "-e", program], cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().split("\n")[-1])


@needs_node
@pytest.mark.parametrize("place", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_values_shapes_and_dtypes_are_those_of_tensorflow_js(place, said):
    ours = eval(EXPRESSIONS[place], {"tf": tf})
    theirs = said[place]
    assert (ours.shape, ours.dtype) == (theirs["shape"], theirs["dtype"])
    np.testing.assert_allclose(ours.dataSync(), theirs["data"], rtol=1e-4, atol=1e-6)


@needs_node
@pytest.mark.parametrize("place", range(7), ids=EXPRESSIONS[:7])
def test_tensors_print_as_in_tensorflow_js(place, said):
    assert str(eval(EXPRESSIONS[place], {"tf": tf})) == said[place]["text"]
