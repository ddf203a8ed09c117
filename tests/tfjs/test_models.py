"""The Layers API of TensorFlow.js: one test for each numbered promise of the guides (the number is in the name)."""

import copy
import pickle

import numpy as np
import pytest
import torch

import kerasish as keras
import kerasish.tfjs as tf


def dense_model(units=2, inputs=4, **options):
    return tf.sequential(layers=[tf.layers.dense(units=units, inputShape=[inputs], **options)])


def compiled(**options):
    model = dense_model(activation="softmax")
    model.compile(optimizer="sgd", loss="categoricalCrossentropy", metrics=["accuracy"], **options)
    return model


def data(rows=10):
    return tf.randomNormal([rows, 4]), tf.oneHot([i % 2 for i in range(rows)], 2, dtype="float32")


def test_01_four_ways_to_train_take_the_same_data():
    def softmax_model():
        made = dense_model(activation="softmax", useBias=False)
        made.setWeights([tf.linspace(-1, 1, 8).reshape([4, 2])])
        made.compile(optimizer=tf.train.sgd(0.5), loss="categoricalCrossentropy")
        return made

    rows = [{"xs": tf.randomNormal([4]), "ys": tf.oneHot(i % 2, 2, dtype="float32")} for i in range(12)]
    ds = tf.data.array(rows).batch(4)
    xs, ys = (tf.stack([row[key] for row in rows]) for key in ("xs", "ys"))
    arrays, dataset, layers = softmax_model(), softmax_model(), softmax_model()
    arrays.fit(xs, ys, batchSize=4, epochs=3, shuffle=False)
    dataset.fitDataset(ds, epochs=3)
    core = tf.variable(tf.linspace(-1, 1, 8).reshape([4, 2]))
    by_layers, by_core = tf.train.sgd(0.5), tf.train.sgd(0.5)

    def step(batch):
        by_layers.minimize(lambda: layers.apply(batch["xs"]).log().mul(batch["ys"]).sum(-1).mean().neg())
        by_core.minimize(lambda: tf.losses.softmaxCrossEntropy(batch["ys"], batch["xs"].matMul(core)))

    for _ in range(3):
        ds.forEachAsync(step)
    expected = arrays.getWeights()[0].numpy()
    for other in (dataset.getWeights()[0], layers.getWeights()[0], core):
        np.testing.assert_allclose(other.numpy(), expected, atol=1e-6)
    assert abs(expected - tf.linspace(-1, 1, 8).reshape([4, 2]).numpy()).max() > 0.1


def test_02_sequential_takes_keywords_or_one_dict():
    assert tf.sequential({"layers": [tf.layers.dense({"units": 3, "inputShape": [4]})]}).countParams() == 15
    with pytest.raises(ValueError, match="given twice"):
        tf.layers.dense({"units": 3}, units=4)


def test_03_18_add_checks_at_once():
    model = dense_model()
    with pytest.raises(ValueError, match=r"conv2d_Conv2D1 expects an input with 4 axes; received shape \(None, 2\)"):
        model.add(tf.layers.conv2d(filters=1, kernelSize=3))
    assert len(model.layers) == 1


def test_04_the_first_layer_must_tell_the_shape():
    with pytest.raises(ValueError, match="must get an `inputShape` or `batchInputShape` argument"):
        tf.sequential().add(tf.layers.dense(units=3))
    assert tf.Sequential([tf.layers.dense(units=3)]).built is False


@pytest.mark.parametrize(
    "option", [{"inputShape": [7]}, {"input_shape": (7,)}, {"batchInputShape": [None, 7]}, {"batch_input_shape": (None, 7)}]
)
def test_05_spellings_of_the_input_shape(option):
    assert tf.sequential(layers=[tf.layers.dense(units=1, **option)]).countParams() == 8


@pytest.mark.parametrize("activation", ["relu", torch.relu, keras.layers.ReLU()])
def test_06_activations_of_any_kind(activation):
    layer = tf.layers.dense(units=2, activation=activation, kernelInitializer="ones")
    assert layer.apply(tf.tensor([[-3, 1]])).arraySync() == [[0, 0]]


def test_07_a_dense_layer_weighs_adds_and_activates():
    layer = tf.layers.dense(units=2, inputShape=[3], activation="sigmoid")
    x = tf.randomNormal([5, 3])
    tf.sequential(layers=[layer])
    (kernel, bias) = layer.weights
    bias.val.assign(tf.tensor([0.5, -0.5]))
    assert (kernel.shape, bias.shape) == ([3, 2], [2])
    expected = x.matMul(kernel.val).add(bias.val).sigmoid()
    np.testing.assert_allclose(layer.apply(x).numpy(), expected.numpy(), rtol=1e-6)


def test_08_no_bias_leaves_one_weight():
    assert [w.name for w in dense_model(useBias=False).weights] == ["dense_Dense1/kernel"]


def test_09_23_layers_and_their_weights_are_lists():
    layers = [tf.layers.dense(inputShape=[784], units=32), tf.layers.dense(units=10)]
    model = tf.sequential(layers=layers)
    assert model.layers == layers and len(model.weights) == len(model.trainableWeights) == 4
    assert [layer.name for layer in model.layers] == ["dense_Dense1", "dense_Dense2"]


def test_10_input_and_output_layers():
    model = dense_model()
    assert [layer.name for layer in model.inputLayers] == ["dense_Dense1_input"]
    assert model.output_layers == model.layers[-1:]


def test_11_21_input_gives_a_symbol():
    symbol = tf.input(shape=[784])
    assert (list(symbol.shape), symbol.dtype, symbol.name) == ([None, 784], "float32", "input1")
    assert tf.SymbolicTensor is keras.KerasTensor
    with pytest.raises(ValueError, match="batchShape"):
        tf.input()


def test_12_a_layer_called_or_applied_on_a_symbol_gives_a_symbol():
    symbol, layer = tf.input(shape=[4]), tf.layers.dense(units=3)
    called, applied = layer(symbol), layer.apply(symbol)
    for given in (called, applied):
        assert isinstance(given, tf.SymbolicTensor) and list(given.shape) == [None, 3]
    x = tf.ones([2, 4])
    assert layer(x).arraySync() == layer.apply(x).arraySync() and isinstance(layer(x), tf.Tensor)


def test_13_apply_takes_tensors_and_torchs_own_apply_functions():
    layer = tf.layers.activation(activation="relu")
    assert str(layer.apply(tf.tensor([-2, 1, 0, 5]))) == "Tensor\n    [0, 1, 0, 5]"
    seen = []
    layer.apply(seen.append)
    assert seen == [layer]


def test_14_models_of_shared_layers():
    a, b, shared = tf.input(shape=[3]), tf.input(shape=[3]), tf.layers.dense(units=2)
    both = tf.layers.concatenate().apply([shared.apply(a), shared.apply(b)])
    model = tf.model(inputs=[a, b], outputs=both)
    assert model.predict([tf.ones([2, 3]), tf.ones([2, 3])]).shape == [2, 4]
    with pytest.raises(ValueError, match="disconnected"):
        tf.model(inputs=a, outputs=both)


def test_15_all_models_are_layers_models():
    class Mine(tf.LayersModel):
        def __init__(self):
            super().__init__()
            self.inner = tf.layers.dense(units=2)

        def call(self, x):
            return self.inner.apply(x).square()

    x = tf.input(shape=[3])
    mine = Mine()
    for model in (dense_model(), tf.model(inputs=x, outputs=tf.layers.dense(units=1).apply(x)), mine):
        assert isinstance(model, tf.LayersModel) and isinstance(model, keras.Model) and isinstance(model, torch.nn.Module)
    mine.compile(optimizer="sgd", loss="meanSquaredError")
    assert mine.fit(tf.ones([4, 3]), tf.ones([4, 2]), epochs=20).history.loss[-1] < 0.5


def test_16_a_wrong_input_shape_is_refused():
    model = dense_model(inputs=784)
    model.compile(optimizer="sgd", loss="meanSquaredError")
    x, y = tf.ones([3, 783]), tf.ones([3, 2])
    message = r"input 'dense_Dense1_input' of shape \(batch, 784\); received \(3, 783\).*change the `shape` of the input"
    for use in (lambda: model.predict(x), lambda: model.fit(x, y), lambda: model.evaluate(x, y)):
        with pytest.raises(ValueError, match=message):
            use()


def test_17_shapes_are_inferred_and_weights_made_as_soon_as_they_are_known():
    model = tf.sequential()
    model.add(tf.layers.conv2d(filters=4, kernelSize=3, inputShape=[8, 8, 1]))
    model.add(tf.layers.flatten())
    model.add(tf.layers.dense(units=2))
    assert [layer.outputShape for layer in model.layers] == [[None, 6, 6, 4], [None, 144], [None, 2]]
    assert [w.shape for w in model.weights] == [[3, 3, 1, 4], [4], [144, 2], [2]]
    assert tf.layers.dense(units=2).weights == []


def test_19_20_summary():
    lines = []
    dense_model(32, 784).summary(printFn=lines.append)
    assert lines[3] == "dense_Dense1 (Dense)        [[null,784]]              [null,32]                 25120     "
    assert lines[5:8] == ["Total params: 25120", "Trainable params: 25120", "Non-trainable params: 0"]
    assert {len(line) for line in lines if set(line) <= set("_=")} == {90}


def test_19_20_styles_of_the_summary(capsys):
    model = tf.sequential(layers=[tf.layers.dense(inputShape=[784], units=32), tf.layers.dense(units=10)])
    model.layers[0].trainable = False
    model.summary(style="plain")
    assert capsys.readouterr().out.split("\n") == [
        "dense_Dense1 (Dense) [null,32] 25120", "dense_Dense2 (Dense) [null,10] 330",
        "Total params: 25450", "Trainable params: 330", "Non-trainable params: 25120", "",
    ]  # fmt: skip
    lines = []
    model.summary({"lineLength": 60, "positions": [0.4, 0.6, 0.8, 1], "printFn": lines.append})
    assert lines[1] == "Layer (type)            Input Shape Output shap Param #     " and len(lines[0]) == 60
    last = ["dense_Dense2", "dense_Dense2"]
    model.summary(style="keras", printFn=lines.append, lineLength=80, showTrainable=True, layerRange=last)
    assert "(None, 10)" in lines[-1] and "dense_Dense1" not in lines[-1] and "Trainable" in lines[-1] and "25,450" in lines[-1]
    with pytest.raises(ValueError, match="'tfjs', 'plain' or 'keras'; received 'grand'"):
        model.summary(style="grand")
    with pytest.raises(ValueError, match="has no columns"):
        model.summary(30, style="plain")
    with pytest.raises(ValueError, match="give it an `inputShape`"):
        tf.Sequential([tf.layers.dense(units=3)]).summary()


def test_21_the_batch_axis_is_null_and_of_any_size():
    model, lines = dense_model(), []
    model.summary(printFn=lines.append)
    assert "[[null,4]]" in lines[3] and [model.predict(tf.ones([rows, 4])).shape for rows in (1, 7)] == [[1, 2], [7, 2]]


def test_19_summary_tells_what_branches_receive():
    x = tf.input(shape=[4])
    sides = [tf.layers.dense(units=3).apply(x) for _ in range(2)]
    lines = []
    tf.model(inputs=x, outputs=tf.layers.add().apply(sides)).summary(printFn=lines.append)
    assert lines[5].rstrip().endswith("[[null,4]]                  [null,3]                 15          input1[0][0]")
    assert lines[10].strip() == "dense_Dense2[0][0]"


def test_22_names_go_by_either_scheme():
    def made():
        model = tf.sequential(layers=[tf.layers.dense(units=2, inputShape=[4]), tf.layers.dense(units=2)])
        return [model.name, *(w.name for w in model.weights[::2]), model.inputs[0].name, tf.input(shape=[1]).name]

    assert made() == ["sequential_1", "dense_Dense1/kernel", "dense_Dense2/kernel", "dense_Dense1_input", "input1"]
    try:
        tf.config.set_naming("keras")
        assert tf.config.naming() == "keras"
        assert made() == ["sequential", "dense/kernel", "dense_1/kernel", "input_layer", "input_layer_1"]
        symbol = tf.input(shape=[4])
        assert tf.model(inputs=symbol, outputs=tf.layers.dense(units=1).apply(symbol)).name == "functional"
    finally:
        tf.config.setNaming("tfjs")
    assert tf.layers.dense(units=1).name == "dense_Dense3" and tf.layers.dense(units=1, name="mine").name == "mine"
    with pytest.raises(ValueError, match="must be 'tfjs' or 'keras'; received 'torch'"):
        tf.config.set_naming("torch")


def test_22_24_weights():
    kernel, bias = dense_model().weights
    assert (kernel.name, kernel.shape, bias.name, bias.shape) == ("dense_Dense1/kernel", [4, 2], "dense_Dense1/bias", [2])
    assert isinstance(kernel.val, tf.Variable)
    kernel.val.assign(tf.ones([4, 2]))
    assert kernel.read().sum().arraySync() == 8
    kernel.write(tf.zeros([4, 2]))
    assert kernel.val.sum().arraySync() == 0
    with pytest.raises(ValueError, match=r"\(4, 2\).*\(3, 2\)"):
        kernel.val.assign(tf.ones([3, 2]))
    with pytest.raises(ValueError, match="dtype"):
        kernel.val.assign(tf.ones([4, 2], "int32"))


def test_22_60_what_is_trained_comes_first():
    model = tf.sequential(layers=[tf.layers.batchNormalization(inputShape=[3]), tf.layers.dense(units=2)])
    names = [w.name.split("/")[1] for w in model.weights]
    assert names == ["gamma", "beta", "kernel", "bias", "moving_mean", "moving_variance"]
    values = [tf.fill(w.shape, i) for i, w in enumerate(model.weights)]
    model.setWeights(values)
    assert [w.dataSync().max() for w in model.getWeights()] == [0, 1, 2, 3, 4, 5]
    assert [float(w.val.max()) for w in model.layers[0].weights] == [0, 1, 4, 5]


def test_24_the_guide_overwrites_all_weights():
    model = dense_model()
    for w in model.weights:
        new = tf.randomNormal(w.shape)
        assert w.val.assign(new) is w.val and w.read().arraySync() == new.arraySync()
        w.assign(tf.zeros(w.shape))
    assert model.predict(tf.ones([1, 4])).arraySync() == [[0, 0]]


def test_25_a_variable_is_a_tensor_that_can_be_assigned_to():
    model = dense_model()
    for variable in (tf.variable(tf.ones([2])), model.weights[0].val):
        assert isinstance(variable, tf.Tensor) and isinstance(variable, tf.Variable) and variable.dtype == "float32"
        doubled = variable.add(variable)
        variable.assign(doubled)
        assert type(doubled) is tf.Tensor and variable.sum().arraySync() == doubled.sum().arraySync()
    assert not hasattr(tf.ones([2]), "assign")


def test_26_kernels_begin_as_keras_does_and_say_so():
    layer = tf.layers.dense(units=300, inputShape=[200])
    tf.sequential(layers=[layer])
    config = layer.getConfig()["kernel_initializer"]
    assert config["class_name"] == "GlorotUniform" and layer.getConfig()["bias_initializer"]["class_name"] == "Zeros"
    kernel, limit = layer.getWeights()[0].numpy(), (6 / 500) ** 0.5
    assert 0.99 * limit < abs(kernel).max() <= limit and kernel.std() == pytest.approx(limit / 3**0.5, rel=0.02)
    normal = tf.layers.dense(units=300, inputShape=[200], kernelInitializer="glorotNormal")
    tf.sequential(layers=[normal])
    assert normal.getConfig()["kernel_initializer"]["class_name"] == "GlorotNormal"
    assert abs(normal.getWeights()[0].numpy()).max() > 1.2 * limit  # two standard deviations are the uniform's limit and more


def test_54_json_goes_both_ways():
    model = tf.sequential(layers=[tf.layers.dense(units=2, inputShape=[4]), tf.layers.dropout(rate=0.5)])
    again = tf.models.modelFromJSON(model.toJSON())
    assert type(again) is tf.Sequential and [w.shape for w in again.weights] == [[4, 2], [2]]
    assert type(keras.models.model_from_json(model.toJSON())) is keras.Sequential


def test_55_custom_layers():
    class Scaled(tf.layers.Layer):
        def build(self, inputShape):
            self.scale = self.addWeight("scale", [inputShape[-1]], "float32", "ones")

        def computeOutputShape(self, inputShape):
            assert isinstance(inputShape, list)
            return inputShape

        def call(self, x, kwargs=None):
            assert isinstance(x, tf.Tensor) and "training" in kwargs
            return x.mul(self.scale.read())

    x = tf.input(shape=[3])
    model = tf.model(inputs=x, outputs=Scaled().apply(x))
    model.compile(optimizer=tf.train.sgd(1.0), loss="meanSquaredError")
    model.fit(tf.ones([4, 3]), tf.fill([4, 3], 2.0), epochs=20)
    assert model.predict(tf.ones([1, 3])).arraySync()[0] == pytest.approx([2, 2, 2], abs=1e-3)
    assert [(w.name, w.shape) for w in model.weights] == [("scaled_Scaled1/scale", [3])]


ONE_OF_EACH = {
    "activation": {"activation": "relu"}, "bidirectional": None, "categoryEncoding": {"numTokens": 3, "outputMode": "multiHot"},
    "centerCrop": {"height": 2, "width": 2}, "conv1d": {"filters": 1, "kernelSize": 2},
    "conv2d": {"filters": 1, "kernelSize": 2, "dataFormat": "channelsLast"}, "conv2dTranspose": {"filters": 1, "kernelSize": 2},
    "conv3d": {"filters": 1, "kernelSize": 2}, "conv3dTranspose": {"filters": 1, "kernelSize": 2},
    "convLstm2d": {"filters": 1, "kernelSize": 2}, "convLstm2dCell": {"filters": 1, "kernelSize": 2}, "dense": {"units": 2},
    "depthwiseConv2d": {"kernelSize": 2, "depthMultiplier": 1}, "dot": {"axes": -1}, "dropout": {"rate": 0.5},
    "alphaDropout": {"rate": 0.5}, "gaussianDropout": {"rate": 0.5}, "gaussianNoise": {"stddev": 1.0},
    "embedding": {"inputDim": 4, "outputDim": 2, "inputLength": 3}, "gru": {"units": 2, "resetAfter": False},
    "gruCell": {"units": 2}, "inputLayer": {"batchInputShape": [None, 3]}, "leakyReLU": {"alpha": 0.1},
    "lstm": {"units": 2, "returnSequences": True}, "lstmCell": {"units": 2}, "permute": {"dims": [2, 1]},
    "randomWidth": {"factor": 0.1}, "repeatVector": {"n": 2}, "rescaling": {"scale": 2.0}, "reshape": {"targetShape": [4]},
    "resizing": {"height": 2, "width": 2}, "rnn": None, "separableConv2d": {"filters": 1, "kernelSize": 2},
    "simpleRNN": {"units": 2}, "simpleRNNCell": {"units": 2}, "spatialDropout1d": {"rate": 0.5}, "stackedRNNCells": None,
    "timeDistributed": None, "reLU": {"maxValue": 6.0}, "thresholdedReLU": {"theta": 0.5}, "masking": {"maskValue": 0.0},
}  # fmt: skip


def one_of(name):
    inner = {
        "bidirectional": lambda: {"layer": tf.layers.lstm(units=2), "mergeMode": "concat"},
        "rnn": lambda: {"cell": tf.layers.lstmCell(units=2)},
        "stackedRNNCells": lambda: {"cells": [tf.layers.lstmCell(units=2)]},
        "timeDistributed": lambda: {"layer": tf.layers.dense(units=2)},
    }
    options = inner[name]() if name in inner else ONE_OF_EACH.get(name, {})
    return getattr(tf.layers, name)(options)


FACTORIES = [name for name in dir(tf.layers) if name[0].islower() and name != "input"]


@pytest.mark.parametrize("name", FACTORIES)
def test_58_61_every_factory_makes_a_layer_of_its_class(name):
    layer = one_of(name)
    kind = layer.getClassName()
    assert isinstance(layer, getattr(keras.layers, kind)) and layer.name.endswith(f"_{kind}1")
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    assert getattr(tf.layers, snake).__doc__ == getattr(tf.layers, name).__doc__


def test_57_weights_training_monitoring_and_checks_come_with_layers():
    seen = []
    model = tf.sequential(layers=[tf.layers.dense(units=1, inputShape=[2], kernelInitializer="zeros")])
    model.compile(optimizer="sgd", loss="meanSquaredError")
    model.fit(tf.ones([4, 2]), tf.ones([4, 1]), callbacks={"onEpochEnd": lambda epoch, logs: seen.append(logs.loss)})
    assert seen == [1] and tf.models.modelFromJSON(model.toJSON()).countParams() == 3
    with pytest.raises(ValueError, match="dense_Dense1"):
        model.predict(tf.ones([4, 3]))


def test_61_options_are_dicts_and_strings_in_camel_case():
    layer = tf.layers.conv2d({
        "filters": 2, "kernelSize": [3, 3], "dataFormat": "channelsFirst", "kernelInitializer": "heNormal",
        "kernelRegularizer": "l1l2", "biasConstraint": "nonNeg", "inputShape": [3, 8, 8],
    })  # fmt: skip
    config = layer.getConfig()
    assert (config["data_format"], config["kernel_size"]) == ("channels_first", (3, 3))
    kinds = [config[name]["class_name"] for name in ("kernel_initializer", "kernel_regularizer", "bias_constraint")]
    assert kinds == ["HeNormal", "L1L2", "NonNeg"]
    snake = tf.layers.conv2d(filters=2, kernel_size=(3, 3), data_format="channels_first")
    assert tf.sequential(layers=[layer]).outputShape == [None, 2, 6, 6] and snake.getConfig()["data_format"] == "channels_first"


def test_58_there_are_66_classes():
    kinds = {one_of(name).getClassName() for name in FACTORIES} | {"RNN"}
    assert len(kinds) == 66


@pytest.mark.parametrize("shelf", ["initializers", "regularizers", "constraints"])
def test_59_small_parts(shelf):
    shelf = getattr(tf, shelf)
    needed = {"constant": {"value": 2.0}}
    for name in dir(shelf):
        assert hasattr(getattr(shelf, name)(needed.get(name)), "get_config")
    with pytest.raises(AttributeError, match="has no `nope`"):
        shelf.nope  # noqa: B018


def test_60_members_of_layers():
    model = dense_model()
    layer = model.getLayer("dense_Dense1")
    assert model.getLayer(0) is layer and model.getLayer(None, 0) is layer
    layer.setWeights([tf.ones([4, 2]), tf.zeros([2])])
    assert layer.getWeights()[0].sum().arraySync() == 8 and layer.countParams() == 10
    assert (layer.outputShape, layer.inputShape, layer.computeOutputShape([None, 4])) == ([None, 2], [None, 4], [None, 2])
    layer.trainable = False
    assert model.trainableWeights == [] and [w.name for w in model.nonTrainableWeights] == [w.name for w in model.weights]
    with pytest.raises(ValueError, match=r"dense_Dense1/bias has shape \[2\]; received shape \[3\]"):
        layer.setWeights([tf.ones([4, 2]), tf.zeros([3])])


def test_layers_are_called_on_plain_tensors_inside():
    seen = []
    model = tf.sequential(layers=[tf.layers.dense(units=2, inputShape=[4])])
    model.layers[0].register_forward_hook(lambda module, args, output: seen.append((type(args[0]), type(output))))
    model.predict(tf.ones([2, 4]))
    model.compile(optimizer="sgd", loss="meanSquaredError")
    model.fit(tf.ones([2, 4]), tf.ones([2, 2]))
    assert set(seen) == {(torch.Tensor, torch.Tensor)}


def test_models_are_copied_pickled_and_saved(tmp_path):
    model, x = dense_model(), tf.randomNormal([3, 4])
    expected = model.predict(x).arraySync()
    assert copy.deepcopy(model).predict(x).arraySync() == expected
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(x).arraySync() == expected and type(again.layers[0]) is type(model.layers[0])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is keras.Sequential
    np.testing.assert_allclose(loaded.predict(x.numpy(), verbose=0), expected, rtol=1e-6)


def test_kerass_own_layers_and_names_stay_as_they_are():
    dense_model()
    assert keras.layers.Dense(2).name == "dense"
    assert type(keras.layers.deserialize({"class_name": "Dense", "config": {"units": 2}})) is keras.layers.Dense
    assert type(keras.callbacks.History()).__module__ == "kerasish.callbacks._history"
