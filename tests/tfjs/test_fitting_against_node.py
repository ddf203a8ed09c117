"""`fit` against the real TensorFlow.js, where node finds it: `KERASISH_TFJS` names a folder where it was installed by npm."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

import kerasish.tfjs as tf

FOLDER = os.environ.get("KERASISH_TFJS", "")
pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(FOLDER, "node_modules", "@tensorflow", "tfjs")),
    reason="needs node, and KERASISH_TFJS naming a folder with @tensorflow/tfjs in it",
)
# Without adadelta, which divides there by the mean of squares of the step before: its first step is a plain one. Here it is
# Zeiler's, as in Keras.
OPTIMIZERS = "sgd momentum rmsprop adam adamax adagrad".split()
# Three inputs, two classes, ten rows, in batches of four.
X = np.sin(np.arange(30.0)).reshape(10, 3).round(3).tolist()
Y = np.eye(2)[[0, 1, 1, 0, 1, 0, 0, 1, 1, 0]].tolist()
KERNEL, BIAS = [[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]], [0.05, -0.05]
LOSSES = (
    "categoricalCrossentropy meanSquaredError meanAbsoluteError meanAbsolutePercentageError meanSquaredLogarithmicError "
    "binaryCrossentropy categoricalHinge squaredHinge hinge logcosh kullbackLeiblerDivergence poisson cosineProximity"
).split()
# Of labels 0 and 1 the hinges make -1 and 1, as in Keras; there they are taken as they are.
HINGES = ("hinge", "squaredHinge")
# The same text is a program in both languages.
OPTIONS = [
    '{"epochs": 3, "batchSize": 4, "shuffle": false}',
    '{"epochs": 3, "batchSize": 4, "shuffle": false, "validationSplit": 0.25}',
    '{"epochs": 2, "shuffle": false, "classWeight": {"0": 1, "1": 3}}',
    '{"epochs": 4, "initialEpoch": 2, "batchSize": 3, "shuffle": false, "validationData": [x, y]}',
]
RUNS = [(name, "categoricalCrossentropy", 0) for name in OPTIMIZERS]
RUNS += [("sgd", loss, 0) for loss in LOSSES[1:]] + [("sgd", LOSSES[0], place) for place in range(1, len(OPTIONS))]

PROGRAM = """
console.warn = () => {}; const log = console.log; console.log = () => {};
const tf = require('@tensorflow/tfjs');
const given = JSON.parse(process.argv[1]);
(async () => {
  await tf.setBackend('cpu');
  const results = [];
  for (const [optimizer, loss, place] of given.runs) {
    const x = tf.tensor(given.x), batches = [];
    const y = given.hinges.includes(loss) ? tf.tensor(given.y).mul(2).sub(1) : tf.tensor(given.y);
    const model = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3], activation: 'softmax'})]});
    model.setWeights([tf.tensor(given.kernel), tf.tensor(given.bias)]);
    model.compile({optimizer: tf.train[optimizer](0.1, ...(optimizer === 'momentum' ? [0.9] : [])), loss, metrics: ['accuracy']});
    const options = eval('(' + given.options[place] + ')');
    options.callbacks = {onBatchEnd: (batch, logs) => { batches.push(logs); }};
    const info = await model.fit(x, y, options);
    results.push({history: info.history, epoch: info.epoch, batches, weights: model.getWeights().map(w => w.arraySync())});
  }
  log(JSON.stringify(results));
})();
"""


@pytest.fixture(scope="module")
def theirs() -> list[dict]:
    """What TensorFlow.js gives for each run."""
    given = {"runs": RUNS, "x": X, "y": Y, "kernel": KERNEL, "bias": BIAS, "options": OPTIONS, "hinges": HINGES}
    command = ["node", "-e", PROGRAM, json.dumps(given)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().split("\n")[-1])


@pytest.mark.parametrize("place", range(len(RUNS)), ids=[f"{name}-{loss}-{options}" for name, loss, options in RUNS])
def test_27_34_38_40_training_gives_the_numbers_of_tensorflow_js(place, theirs):
    name, loss, options = RUNS[place]
    x, y, batches = tf.tensor(X), tf.tensor(Y), []
    y = y.mul(2).sub(1) if loss in HINGES else y
    model = tf.sequential(layers=[tf.layers.dense(units=2, inputShape=[3], activation="softmax")])
    model.setWeights([tf.tensor(KERNEL), tf.tensor(BIAS)])
    model.compile({"optimizer": getattr(tf.train, name)(0.1), "loss": loss, "metrics": ["accuracy"]})
    info = model.fit(
        x, y, eval(OPTIONS[options], {"x": x, "y": y, "false": False}),
        callbacks={"onBatchEnd": lambda batch, logs: batches.append(logs)},
    )  # fmt: skip
    wanted = theirs[place]
    assert info.epoch == wanted["epoch"] and set(info.history) == set(wanted["history"])
    for key, values in wanted["history"].items():
        np.testing.assert_allclose(info.history[key], values, rtol=1e-4, atol=1e-5, err_msg=key)
    for got, expected in zip(batches, wanted["batches"], strict=True):
        assert set(got) == set(expected) and (got.batch, got.size) == (expected["batch"], expected["size"])
        np.testing.assert_allclose([got.loss, got.acc], [expected["loss"], expected["acc"]], rtol=1e-4, atol=1e-5)
    for got, expected in zip(model.getWeights(), wanted["weights"], strict=True):
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-4, atol=1e-5)
