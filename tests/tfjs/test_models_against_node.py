"""Names, shapes and summaries against the real TensorFlow.js, where node finds it: `KERASISH_TFJS` names the folder."""

import json
import os
import shutil
import subprocess

import pytest

import kerasish.tfjs as tf

FOLDER = os.environ.get("KERASISH_TFJS", "")
pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(FOLDER, "node_modules", "@tensorflow", "tfjs")),
    reason="needs node, and KERASISH_TFJS naming a folder with @tensorflow/tfjs in it",
)
# The same text is a program in both languages, but for how a dict is told from keywords.
MODELS = {
    "the guide's": """tf.sequential({"layers": [
        tf.layers.dense({"inputShape": [784], "units": 32, "activation": "relu"}),
        tf.layers.dense({"units": 10, "activation": "softmax"})]})""",
    "images": """tf.sequential({"layers": [
        tf.layers.conv2d({"inputShape": [28, 28, 1], "filters": 8, "kernelSize": 5}),
        tf.layers.maxPooling2d({"poolSize": 2, "strides": 2}),
        tf.layers.batchNormalization(), tf.layers.dropout({"rate": 0.5}), tf.layers.flatten(),
        tf.layers.dense({"units": 10, "name": "scores"})]})""",
    "sequences": """tf.sequential({"layers": [
        tf.layers.embedding({"inputDim": 20, "outputDim": 4, "inputLength": 6}),
        tf.layers.lstm({"units": 3, "returnSequences": True}),
        tf.layers.bidirectional({"layer": tf.layers.gru({"units": 2, "resetAfter": False}), "mergeMode": "concat"})]})""",
    "functional": """(lambda x: tf.model({"inputs": x, "outputs": tf.layers.dense({"units": 1}).apply(
        tf.layers.dense({"units": 3}).apply(x))}))(tf.input({"shape": [4]}))""",
    "branched": """(lambda x, y, shared: tf.model({"inputs": [x, y], "outputs": tf.layers.concatenate().apply(
        [shared.apply(x), shared.apply(y)])}))(
        tf.input({"shape": [4]}), tf.input({"shape": [4]}), tf.layers.dense({"units": 3}))""",
}
PROGRAM = """
console.warn = () => {}; const log = console.log; console.log = () => {};
const tf = require('@tensorflow/tfjs'); const True = true, False = false;
const results = JSON.parse(process.argv[1]).map(text => {
  const model = eval(text), lines = [];
  model.summary(null, null, line => lines.push(line));
  const weights = model.weights.map(w => [w.shape, w.trainable]);
  return {lines, weights, shapes: model.layers.map(l => l.outputShape), parameters: model.countParams()};
});
log(JSON.stringify(results));
"""


def javascript(text: str) -> str:
    """A lambda of Python as an arrow function."""
    head, *rest = text.split("lambda ")
    for part in rest:
        names, body = part.split(": ", 1)
        head += f"({names}) => {body}"
    return head


@pytest.fixture(scope="module")
def theirs() -> dict[str, dict]:
    """What TensorFlow.js says of each model."""
    given = json.dumps([javascript(text) for text in MODELS.values()])
    done = subprocess.run(["node", "-e", PROGRAM, given], cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(zip(MODELS, json.loads(done.stdout.strip().split("\n")[-1]), strict=True))


@pytest.fixture(scope="module")
def ours() -> dict[str, tuple]:
    """All models and their summaries, made in one go: names count on from model to model."""
    made: dict[str, tuple] = {}
    for name, text in MODELS.items():
        model, lines = eval(text, {"tf": tf}), []
        model.summary(None, None, lines.append)
        made[name] = model, lines
    return made


@pytest.mark.parametrize("name", MODELS)
def test_17_19_20_22_shapes_names_and_summaries_are_those_of_tensorflow_js(name, ours, theirs):
    model, lines = ours[name]
    assert model.countParams() == theirs[name]["parameters"]
    assert [[w.shape, w.trainable] for w in model.weights] == theirs[name]["weights"]
    assert [layer.outputShape for layer in model.layers] == theirs[name]["shapes"]
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in theirs[name]["lines"]]
