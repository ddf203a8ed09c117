"""Model files between kerasish and the real TensorFlow.js, where node finds it: each loads what the other saved."""

import base64
import json
import subprocess

import numpy as np
import pytest

import kerasish.tfjs as tf
from kerasish.saving.tfjs._layers import KNOWN
from tests.tfjs.test_against_node import FOLDER, needs_node

pytestmark = needs_node


def layer(name, shape, below=0, states=None, behind=False, **options):
    """A sample: a factory of tf.layers, the shape of its input without the batch axis (or a list of them), its options.

    `behind` puts it behind another layer: some of TensorFlow.js's layers overwrite the shape of what is before them.
    """
    shapes = [list(s) for s in (shape if isinstance(shape, list) else [shape])]
    return {"layer": name, "shapes": shapes, "below": below, "options": options, "states": states or [], "behind": behind}


def inner(name, **options):
    return {"__layer": name, "options": options}


SEQUENCE, IMAGE, VOLUME = (4, 3), (6, 7, 2), (4, 5, 4, 2)
SAMPLES = [
    layer("dense", (4,), units=3),
    layer("dense", (2, 4), units=3, useBias=False, activation="softplus"),
    *[layer("activation", (5,), activation=name) for name in (
        "elu", "hardSigmoid", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh", "swish",
        "mish", "logSoftmax", "gelu")],
    layer("add", [(3,), (3,), (3,)]), layer("average", [(3,), (3,)]), layer("maximum", [(3,), (3,)]),
    layer("minimum", [(3,), (3,)]), layer("multiply", [(3,), (2, 3)]),
    layer("concatenate", [(3, 2), (3, 4)]), layer("concatenate", [(3, 2), (1, 2)], axis=1),
    layer("dot", [(3,), (3,)], axes=1, normalize=True), layer("dot", [(3, 2), (3, 4)], axes=[1, 1]),
    layer("alphaDropout", (5,), rate=0.3), layer("dropout", (5, 2), rate=0.3, noiseShape=[None, 1, 2], seed=3),
    layer("gaussianDropout", (5,), rate=0.3), layer("gaussianNoise", (5,), stddev=0.3),
    layer("spatialDropout1d", SEQUENCE, rate=0.3),
    layer("averagePooling1d", (6, 2), poolSize=2, strides=1), layer("maxPooling1d", (6, 2), poolSize=3, padding="same"),
    layer("averagePooling2d", IMAGE, poolSize=[2, 3]), layer("maxPooling2d", IMAGE, poolSize=2, strides=1, padding="same"),
    layer("maxPooling2d", (2, 6, 7), poolSize=2, dataFormat="channelsFirst"),
    layer("averagePooling3d", VOLUME), layer("maxPooling3d", VOLUME, poolSize=2, strides=1),
    layer("globalAveragePooling1d", SEQUENCE), layer("globalMaxPooling1d", SEQUENCE),
    layer("globalAveragePooling2d", IMAGE), layer("globalMaxPooling2d", IMAGE, dataFormat="channelsFirst"),
    layer("batchNormalization", IMAGE), layer("batchNormalization", (5,), center=False, epsilon=0.01, momentum=0.9),
    layer("layerNormalization", SEQUENCE), layer("layerNormalization", IMAGE, axis=[2, 3], scale=False),
    layer("categoryEncoding", (5,), below=4, behind=True, numTokens=4),
    layer("categoryEncoding", (5,), below=4, behind=True, numTokens=4, outputMode="count"),
    layer("categoryEncoding", (1,), below=4, behind=True, numTokens=4, outputMode="oneHot"),
    layer("conv1d", (7, 2), filters=3, kernelSize=3), layer("conv1d", (7, 2), filters=3, kernelSize=2, padding="same", strides=2),
    layer("conv2d", IMAGE, filters=3, kernelSize=[3, 2], activation="relu"),
    layer("conv2d", IMAGE, filters=3, kernelSize=3, padding="same", strides=2, useBias=False),
    layer("conv2d", (2, 6, 7), filters=3, kernelSize=2, dilationRate=2, dataFormat="channelsFirst"),
    layer("conv3d", VOLUME, filters=3, kernelSize=2, padding="same"),
    layer("conv2dTranspose", IMAGE, filters=3, kernelSize=3, strides=2, padding="same"),
    layer("conv2dTranspose", IMAGE, filters=3, kernelSize=3, strides=2),
    layer("conv3dTranspose", VOLUME, filters=2, kernelSize=2, strides=2),
    layer("separableConv2d", IMAGE, filters=3, kernelSize=3, padding="same"),
    layer("centerCrop", (5, 7, 2), behind=True, height=3, width=3), layer("rescaling", (2,), scale=2),
    layer("depthwiseConv2d", IMAGE, kernelSize=3, depthMultiplier=2, strides=2),
    layer("cropping2D", IMAGE, cropping=[[1, 0], [2, 1]]), layer("zeroPadding2d", IMAGE, padding=[[1, 0], [2, 1]]),
    layer("upSampling2d", IMAGE, size=[2, 3]),
    layer("elu", (5,)), layer("leakyReLU", (5,), alpha=0.2), layer("prelu", SEQUENCE, sharedAxes=[1], alphaInitializer="ones"),
    layer("reLU", (5,), maxValue=0.5), layer("softmax", SEQUENCE, axis=-1), layer("thresholdedReLU", (5,), theta=0.3),
    layer("embedding", (5,), below=7, inputDim=7, outputDim=3),
    layer("flatten", IMAGE), layer("flatten", IMAGE, dataFormat="channelsFirst"), layer("permute", (2, 3, 4), dims=[3, 1, 2]),
    layer("repeatVector", (3,), n=2), layer("reshape", (2, 6), targetShape=[3, -1]),
    layer("rescaling", (3,), scale=0.5, offset=1),
    layer("masking", SEQUENCE, maskValue=0.0),
    layer("simpleRNN", SEQUENCE, units=2), layer("simpleRNN", SEQUENCE, units=2, returnSequences=True, activation="relu"),
    layer("gru", SEQUENCE, units=2), layer("gru", SEQUENCE, units=2, goBackwards=True, recurrentActivation="sigmoid"),
    layer("lstm", SEQUENCE, units=2, returnSequences=True), layer("lstm", SEQUENCE, units=2, useBias=False, unroll=True),
    layer("lstm", SEQUENCE, units=2, states=[(2,), (2,)]),
    layer("rnn", SEQUENCE, cell=inner("simpleRNNCell", units=2)),
    layer("rnn", SEQUENCE, cell=[inner("gruCell", units=2), inner("lstmCell", units=3)], returnSequences=True),
    layer("convLstm2d", (3, 5, 4, 2), filters=2, kernelSize=3),
    layer("convLstm2d", (3, 5, 4, 2), filters=2, kernelSize=2, padding="same", returnSequences=True, useBias=False),
    layer("bidirectional", SEQUENCE, layer=inner("lstm", units=2)),
    layer("bidirectional", SEQUENCE, layer=inner("gru", units=2, returnSequences=True), mergeMode="sum"),
    layer("timeDistributed", SEQUENCE, layer=inner("dense", units=2, activation="relu")),
    layer("timeDistributed", (3, *IMAGE), layer=inner("conv2d", filters=2, kernelSize=2)),
]  # fmt: skip


def whole(name, *shapes, below=0):
    """A sample that is more than one layer: models by name, on both sides."""
    return {**layer(name, list(shapes), below), "whole": name}


SAMPLES += [
    whole("sequential", (6, 7, 2)), whole("nested", (4,)), whole("shared", (3,), (3,)), whole("masked", (5,), below=4),
    whole("outputs", (4,)), whole("stack", (4, 3)), whole("inside", (4,)), whole("stateful", (4, 3)), whole("many", (8, 8, 3)),
]  # fmt: skip
IDS = [f"{sample['layer']}-{i}" for i, sample in enumerate(SAMPLES)]

PROGRAM = r"""
console.warn = () => {}; const log = console.log; console.log = () => {};
const tf = require('@tensorflow/tfjs'), fs = require('fs');
const job = JSON.parse(fs.readFileSync(process.argv[1], 'utf8'));
const made = v => Array.isArray(v) ? v.map(made) : v && v.__layer ? tf.layers[v.__layer](opts(v.options)) : v;
const opts = o => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, made(v)]));
const tensors = (arrays, below) => arrays.map(a => tf.tensor(a, undefined, below ? 'int32' : 'float32'));
const given = ts => ts.length === 1 ? ts[0] : ts;
const values = ts => (Array.isArray(ts) ? ts : [ts]).map(t => t.arraySync());
const bytes = s => { const b = Buffer.from(s, 'base64'); return b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength); };
const load = (a, options) => tf.loadLayersModel(tf.io.fromMemory({...a, weightData: bytes(a.weightData)}), options);
async function artifacts(model, config) {
  let got; await model.save(tf.io.withSaveHandler(async a => { got = a; return {modelArtifactsInfo: {}}; }), config);
  return {...got, weightData: Buffer.from(got.weightData).toString('base64')};
}
function build(s) {
  if (s.whole) return filled(wholes[s.whole]());
  const dtype = s.below ? 'int32' : 'float32';
  const inputs = s.shapes.map(shape => tf.input({shape, dtype})), states = s.states.map(shape => tf.input({shape}));
  const l = tf.layers[s.layer](opts(s.options));
  if (s.behind) inputs[1] = tf.layers.reshape({targetShape: s.shapes[0]}).apply(inputs[0]);
  const outputs = states.length ? l.apply(inputs[0], {initialState: states}) : l.apply(s.behind ? inputs.pop() : given(inputs));
  const model = tf.model({inputs: [...inputs, ...states], outputs});
  return filled(model);
}
function filled(model) {
  model.setWeights(model.getWeights().map((w, i) => tf.randomUniform(w.shape, 0.1, 0.9, 'float32', i)));
  return model;
}
const L = tf.layers;
const wholes = {
  sequential: () => tf.sequential({layers: [
    L.conv2d({filters: 3, kernelSize: 3, inputShape: [6, 7, 2], activation: 'relu'}), L.batchNormalization(),
    L.maxPooling2d({poolSize: 2}), L.dropout({rate: 0.2}), L.flatten(),
    L.dense({units: 3, activation: 'softmax', trainable: false})]}),
  nested: () => {
    const a = tf.input({shape: [4]}), b = tf.input({shape: [3]});
    const first = tf.sequential({layers: [L.dense({units: 3, inputShape: [4]}), L.dense({units: 3, activation: 'tanh'})]});
    const second = tf.model({inputs: b, outputs: L.dense({units: 2}).apply(b)});
    const x = first.apply(a);
    return tf.model({inputs: a, outputs: [second.apply(x), second.apply(L.reLU().apply(x))]});
  },
  shared: () => {
    const a = tf.input({shape: [3]}), b = tf.input({shape: [3]}), d = L.dense({units: 3, activation: 'sigmoid'});
    return tf.model({inputs: [a, b], outputs: L.concatenate().apply([d.apply(a), d.apply(d.apply(b))])});
  },
  masked: () => tf.sequential({layers: [
    L.embedding({inputDim: 4, outputDim: 3, inputLength: 5, maskZero: true}), L.lstm({units: 3, returnSequences: true}),
    L.gru({units: 2})]}),
  outputs: () => {
    const a = tf.input({shape: [4]}), s = L.reshape({targetShape: [2, 2]}).apply(a);
    const [y, h, c] = L.lstm({units: 2, returnState: true}).apply(s);
    return tf.model({inputs: a, outputs: [c, L.add().apply([y, h])]});
  },
  stack: () => tf.sequential({layers: [
    L.bidirectional({layer: L.gru({units: 2, returnSequences: true}), inputShape: [4, 3], mergeMode: 'ave'}),
    L.timeDistributed({layer: L.dense({units: 2})}), L.rnn({cell: L.lstmCell({units: 2})})]}),
  inside: () => tf.sequential({layers: [
    tf.sequential({layers: [L.dense({units: 3, inputShape: [4]}), L.dropout({rate: 0.5})]}),
    L.dense({units: 2, activation: 'elu'})]}),
  stateful: () => tf.sequential({layers: [L.simpleRNN({units: 2, stateful: true, batchInputShape: [2, 4, 3]})]}),
  many: () => {
    const a = tf.input({shape: [8, 8, 3]}), same = {kernelSize: 3, padding: 'same'};
    const conv = () => L.conv2d({...same, filters: 4, activation: 'relu6'});
    let x = conv().apply(a);
    for (let i = 0; i < 3; ++i)
      x = L.batchNormalization().apply(L.add().apply([x, conv().apply(L.depthwiseConv2d(same).apply(x))]));
    x = L.globalAveragePooling2d({dataFormat: 'channelsLast'}).apply(x);
    return tf.model({inputs: a, outputs: L.dense({units: 5, activation: 'softmax'}).apply(x)});
  },
};
const attempt = async f => { try { return await f(); } catch (e) { return {error: String(e.message || e)}; } };
(async () => {
  const out = {ours: [], theirs: [], training: []};
  for (const s of job.ours) out.ours.push(await attempt(async () => {
    const model = await load(s.artifacts);
    return {outputs: values(model.predict(given(tensors(s.inputs, s.below)))), names: model.weights.map(w => w.originalName)};
  }));
  for (const s of job.samples) out.theirs.push(await attempt(async () => {
    const model = build(s);
    return {artifacts: await artifacts(model), outputs: values(model.predict(given(tensors(s.inputs, s.below))))};
  }));
  for (const t of job.training) out.training.push(await attempt(async () => {
    const x = tf.tensor(job.x), y = tf.tensor(job.y), fit = {epochs: 4, batchSize: 8, shuffle: false};
    const resumed = await load(t.artifacts);
    const ours = (await resumed.fit(x, y, fit)).history.loss;
    const [name, ...args] = t.optimizer;
    const a = tf.input({shape: [3]}), d = tf.layers.dense({units: 4, activation: 'tanh'}).apply(a);
    const e = tf.layers.dense({units: 4, activation: 'sigmoid'}).apply(a);
    const model = tf.model({inputs: a, outputs: tf.layers.dense({units: 1}).apply(tf.layers.concatenate().apply([e, d]))});
    model.compile({optimizer: tf.train[name](...args), loss: 'meanSquaredError', metrics: ['mse']});
    await model.fit(x, y, fit);
    const saved = await artifacts(model, {includeOptimizer: true});
    return {ours, artifacts: saved, theirs: (await model.fit(x, y, fit)).history.loss};
  }));
  log(JSON.stringify(out));
})();
"""


def made(value):
    if isinstance(value, list):
        return [made(part) for part in value]
    if isinstance(value, dict) and "__layer" in value:
        return getattr(tf.layers, value["__layer"])(value["options"])
    return value


def sequential_model():
    layers = tf.layers
    first = layers.conv2d(filters=3, kernelSize=3, inputShape=[6, 7, 2], activation="relu")
    last = layers.dense(units=3, activation="softmax", trainable=False)
    middle = [layers.batchNormalization(), layers.maxPooling2d(poolSize=2), layers.dropout(rate=0.2), layers.flatten()]
    return tf.sequential(layers=[first, *middle, last])


def nested_model():
    a, b = tf.input(shape=[4]), tf.input(shape=[3])
    first = tf.sequential(layers=[tf.layers.dense(units=3, inputShape=[4]), tf.layers.dense(units=3, activation="tanh")])
    second = tf.model(inputs=b, outputs=tf.layers.dense(units=2).apply(b))
    x = first.apply(a)
    return tf.model(inputs=a, outputs=[second.apply(x), second.apply(tf.layers.reLU().apply(x))])


def shared_model():
    a, b, d = tf.input(shape=[3]), tf.input(shape=[3]), tf.layers.dense(units=3, activation="sigmoid")
    return tf.model(inputs=[a, b], outputs=tf.layers.concatenate().apply([d.apply(a), d.apply(d.apply(b))]))


def masked_model():
    first = tf.layers.embedding(inputDim=4, outputDim=3, inputLength=5, maskZero=True)
    return tf.sequential(layers=[first, tf.layers.lstm(units=3, returnSequences=True), tf.layers.gru(units=2)])


def outputs_model():
    a = tf.input(shape=[4])
    y, h, c = tf.layers.lstm(units=2, returnState=True).apply(tf.layers.reshape(targetShape=[2, 2]).apply(a))
    return tf.model(inputs=a, outputs=[c, tf.layers.add().apply([y, h])])


def stack_model():
    gru = tf.layers.gru(units=2, returnSequences=True)
    first = tf.layers.bidirectional(layer=gru, inputShape=[4, 3], mergeMode="ave")
    second = tf.layers.timeDistributed(layer=tf.layers.dense(units=2))
    return tf.sequential(layers=[first, second, tf.layers.rnn(cell=tf.layers.lstmCell(units=2))])


def inside_model():
    first = tf.sequential(layers=[tf.layers.dense(units=3, inputShape=[4]), tf.layers.dropout(rate=0.5)])
    return tf.sequential(layers=[first, tf.layers.dense(units=2, activation="elu")])


def stateful_model():
    return tf.sequential(layers=[tf.layers.simpleRNN(units=2, stateful=True, batchInputShape=[2, 4, 3])])


def many_model():
    def conv():
        return tf.layers.conv2d(filters=4, kernelSize=3, padding="same", activation="relu6")

    a = tf.input(shape=[8, 8, 3])
    x = conv().apply(a)
    for _ in range(3):
        inner = conv().apply(tf.layers.depthwiseConv2d(kernelSize=3, padding="same").apply(x))
        x = tf.layers.batchNormalization().apply(tf.layers.add().apply([x, inner]))
    x = tf.layers.globalAveragePooling2d(dataFormat="channelsLast").apply(x)
    return tf.model(inputs=a, outputs=tf.layers.dense(units=5, activation="softmax").apply(x))


def built(sample):
    model = globals()[f"{sample['whole']}_model"]() if "whole" in sample else model_around(sample)
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 0.9, weight.shape).astype("float32") for weight in model.weights])
    return model


def model_around(sample):
    dtype = "int32" if sample["below"] else "float32"
    inputs = [tf.input(shape=shape, dtype=dtype) for shape in sample["shapes"]]
    states = [tf.input(shape=shape) for shape in sample["states"]]
    own = getattr(tf.layers, sample["layer"])({name: made(value) for name, value in sample["options"].items()})
    given = inputs if len(inputs) > 1 else inputs[0]
    if sample["behind"]:
        given = tf.layers.reshape(targetShape=sample["shapes"][0]).apply(given)
    outputs = own.apply(given, {"initial_state": states}) if states else own.apply(given)
    return tf.model(inputs=[*inputs, *states], outputs=outputs)


def inputs_of(sample, rng):
    shapes = [(2, *shape) for shape in [*sample["shapes"], *sample["states"]]]
    if sample["below"]:
        return [rng.integers(0, sample["below"], shape).astype("int32") for shape in shapes]
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def packed(model, **options):
    kept = []
    model.save(tf.io.withSaveHandler(lambda artifacts: kept.append(artifacts) or {"modelArtifactsInfo": {}}), **options)
    return {**kept[0], "weightData": base64.b64encode(kept[0].weightData).decode()}


def loaded(artifacts):
    return tf.loadLayersModel(tf.io.fromMemory({**artifacts, "weightData": base64.b64decode(artifacts["weightData"])}))


def outputs_of(model, inputs):
    given = [tf.tensor(x, dtype="int32" if x.dtype.kind == "i" else "float32") for x in inputs]
    outputs = model.predict(given if len(given) > 1 else given[0])
    return [part.numpy() for part in outputs] if isinstance(outputs, list) else [outputs.numpy()]


OPTIMIZERS = [
    ["sgd", 0.1], ["momentum", 0.1, 0.9], ["momentum", 0.1, 0.9, True], ["adam", 0.05], ["rmsprop", 0.01], ["adagrad", 0.1],
    ["rmsprop", 0.01, 0.9, 0.5],
]  # fmt: skip
_RNG = np.random.default_rng(5)
X, Y = _RNG.normal(size=(16, 3)).astype("float32"), _RNG.normal(size=(16, 1)).astype("float32")
FIT = {"epochs": 4, "batchSize": 8, "shuffle": False}


def trained(optimizer):
    a = tf.input(shape=[3])
    d = tf.layers.dense(units=4, activation="tanh").apply(a)
    e = tf.layers.dense(units=4, activation="sigmoid").apply(a)
    model = tf.model(inputs=a, outputs=tf.layers.dense(units=1).apply(tf.layers.concatenate().apply([e, d])))
    model.compile(optimizer=getattr(tf.train, optimizer[0])(*optimizer[1:]), loss="meanSquaredError", metrics=["mse"])
    model.fit(tf.tensor(X), tf.tensor(Y), FIT)
    return model


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """All models of both sides, through one process of node."""
    rng = np.random.default_rng(0)
    inputs = [inputs_of(sample, rng) for sample in SAMPLES]
    ours = [built(sample) for sample in SAMPLES]
    training = [trained(optimizer) for optimizer in OPTIMIZERS]
    listed = [[x.tolist() for x in given] for given in inputs]
    job = {
        "ours": [
            {"artifacts": packed(model), "inputs": given, "below": sample["below"]}
            for model, given, sample in zip(ours, listed, SAMPLES)
        ],
        "samples": [{**sample, "inputs": given} for sample, given in zip(SAMPLES, listed)],
        "training": [{"artifacts": packed(model), "optimizer": name} for model, name in zip(training, OPTIMIZERS)],
        "x": X.tolist(),
        "y": Y.tolist(),
    }
    path = tmp_path_factory.mktemp("node") / "job.json"
    path.write_text(json.dumps(job))
    done = subprocess.run(["node", "-e", PROGRAM, str(path)], cwd=FOLDER, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return {"models": ours, "inputs": inputs, "trained": training, **json.loads(done.stdout.strip().split("\n")[-1])}


def test_every_layer_that_both_have_is_among_the_samples():
    """But for Resizing, which is another function there, and RandomWidth, which fails there."""
    named = json.dumps([sample for sample in SAMPLES if "whole" not in sample]).lower()
    inside = {"inputlayer", "stackedrnncells", "convlstm2dcell", "resizing", "randomwidth"}
    lost = [name for name in KNOWN if f'"{name.lower()}"' not in named and name.lower() not in inside]
    assert lost == []


@pytest.mark.parametrize("place", range(len(SAMPLES)), ids=IDS)
def test_52_tensorflow_js_loads_ours_and_predicts_the_same(place, exchange):
    told = exchange["ours"][place]
    assert "error" not in told, told
    model = exchange["models"][place]
    assert told["names"] == [spec["name"] for spec in packed(model)["weightSpecs"]]  # also the order: optimizers go by it
    expected = outputs_of(model, exchange["inputs"][place])
    for theirs, own in zip(told["outputs"], expected, strict=True):
        np.testing.assert_allclose(theirs, own, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("place", range(len(SAMPLES)), ids=IDS)
def test_52_models_of_tensorflow_js_load_and_predict_the_same(place, exchange):
    told = exchange["theirs"][place]
    assert "error" not in told, told
    model = loaded(told["artifacts"])
    for theirs, own in zip(told["outputs"], outputs_of(model, exchange["inputs"][place]), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-5, atol=1e-5)
    assert {spec["name"] for spec in told["artifacts"]["weightSpecs"]} == {spec["name"] for spec in packed(model)["weightSpecs"]}


@pytest.mark.parametrize("place", range(len(OPTIMIZERS)), ids=[f"{o[0]}-{i}" for i, o in enumerate(OPTIMIZERS)])
def test_50_tensorflow_js_resumes_training_that_began_here(place, exchange):
    told = exchange["training"][place]
    assert "error" not in told, told
    model = exchange["trained"][place]
    ours = packed(model)
    assert ours["trainingConfig"]["loss"] == "mean_squared_error"
    losses = model.fit(tf.tensor(X), tf.tensor(Y), FIT).history["loss"]
    np.testing.assert_allclose(told["ours"], losses, rtol=1e-4)


@pytest.mark.parametrize("place", range(len(OPTIMIZERS)), ids=[f"{o[0]}-{i}" for i, o in enumerate(OPTIMIZERS)])
def test_50_training_that_began_in_tensorflow_js_resumes_here(place, exchange):
    told = exchange["training"][place]
    assert "error" not in told, told
    model = loaded(told["artifacts"])
    losses = model.fit(tf.tensor(X), tf.tensor(Y), FIT).history["loss"]
    np.testing.assert_allclose(losses, told["theirs"], rtol=1e-4)
