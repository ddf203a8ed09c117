"""The Layers API of TensorFlow.js: one test for each numbered promise of the guides (the number is in the name)."""

import asyncio
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


def test_02_sequential_takes_keywords_or_one_dict():
    assert tf.sequential({"layers": [tf.layers.dense({"units": 3, "inputShape": [4]})]}).countParams() == 15
    with pytest.raises(ValueError, match="given twice"):
        tf.layers.dense({"units": 3}, units=4)


def test_03_add_checks_at_once():
    model = dense_model()
    with pytest.raises(ValueError, match="conv2d_Conv2D1"):
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


def test_08_no_bias_leaves_one_weight():
    assert [w.name for w in dense_model(useBias=False).weights] == ["dense_Dense1/kernel"]


def test_10_input_and_output_layers():
    model = dense_model()
    assert [layer.name for layer in model.inputLayers] == ["dense_Dense1_input"]
    assert model.output_layers == model.layers[-1:]


def test_11_input_gives_a_symbol():
    symbol = tf.input(shape=[784])
    assert (list(symbol.shape), symbol.dtype, symbol.name) == ([None, 784], "float32", "input1")
    assert tf.SymbolicTensor is keras.KerasTensor
    with pytest.raises(ValueError, match="batchShape"):
        tf.input()


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
    with pytest.raises(ValueError, match=r"dense_Dense1.*784.*783"):
        dense_model(inputs=784).predict(tf.ones([3, 783]))


def test_19_20_summary():
    lines = []
    dense_model(32, 784).summary(printFn=lines.append)
    assert lines[3] == "dense_Dense1 (Dense)        [[null,784]]              [null,32]                 25120     "
    assert lines[5:8] == ["Total params: 25120", "Trainable params: 25120", "Non-trainable params: 0"]
    assert {len(line) for line in lines if set(line) <= set("_=")} == {90}


def test_19_summary_tells_what_branches_receive():
    x = tf.input(shape=[4])
    sides = [tf.layers.dense(units=3).apply(x) for _ in range(2)]
    lines = []
    tf.model(inputs=x, outputs=tf.layers.add().apply(sides)).summary(printFn=lines.append)
    assert lines[5].rstrip().endswith("[[null,4]]                  [null,3]                 15          input1[0][0]")
    assert lines[10].strip() == "dense_Dense2[0][0]"


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


@pytest.mark.parametrize("name", "sgd momentum rmsprop adam adadelta adamax adagrad".split())
def test_27_optimizers_by_name(name):
    model = dense_model()
    model.compile({"optimizer": name, "loss": "meanSquaredError"})
    before = model.getWeights()[0].dataSync()
    model.fit(tf.ones([4, 4]), tf.ones([4, 2]))
    assert not np.array_equal(before, model.getWeights()[0].dataSync())


def test_28_a_loss_may_be_a_function_on_tensors():
    model = dense_model()
    model.compile(optimizer=tf.train.sgd(0.1), loss=lambda y, p: y.sub(p).square().mean())
    assert model.fit(tf.ones([4, 4]), tf.ones([4, 2]), epochs=30).history.loss[-1] < 1e-3


def test_31_32_errors_of_compile_and_fit():
    model = dense_model()
    with pytest.raises(ValueError, match="Unknown Optimizer nope"):
        model.compile(optimizer="nope", loss="meanSquaredError")
    with pytest.raises(ValueError, match="nope"):
        model.compile(optimizer="sgd", loss="nope")
    with pytest.raises(ValueError, match="compile"):
        model.fit(tf.ones([2, 4]), tf.ones([2, 2]))


def test_34_options_of_fit():
    model = compiled()
    x, y = data()
    info = model.fit(x, y, {"batchSize": 4, "epochs": 3, "initialEpoch": 1, "validationData": [x, y], "shuffle": False})
    assert info.epoch == [1, 2] and set(info.history) == {"loss", "acc", "val_loss", "val_acc"}
    with pytest.raises(TypeError, match="batch_size"):
        model.fit(x, y, batchSizes=4)


def test_39_40_hooks_see_each_batch_alone_and_kerass_the_mean():
    alone, running, ends = [], [], []

    class Running(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs):
            running.append(logs["loss"])

    async def on_batch_end(batch, logs):
        alone.append((logs["batch"], logs["size"], logs["loss"], logs.acc == logs["accuracy"]))

    model = compiled()
    hooks = {"onBatchEnd": on_batch_end, "on_epoch_end": lambda epoch, logs: ends.append(logs["loss"])}
    info = model.fit(*data(), batchSize=4, callbacks=[Running(), hooks], shuffle=False)
    assert [(batch, size, same) for batch, size, _, same in alone] == [(0, 4, True), (1, 4, True), (2, 2, True)]
    losses = [loss for _, _, loss, _ in alone]
    assert running[1] == pytest.approx((losses[0] + losses[1]) / 2, rel=1e-5)
    assert ends == info.history["loss"] == [pytest.approx(np.average(losses, weights=[4, 4, 2]), rel=1e-5)]


def test_39_unknown_hooks_are_refused():
    with pytest.raises(ValueError, match="onBatchEnds"):
        compiled().fit(*data(), callbacks={"onBatchEnds": print})


def test_42_43_history_can_be_waited_for():
    model = compiled()
    got = model.fit(*data(), validationSplit=0.2).then(lambda info: (info.history.acc, info.history["val_accuracy"]))
    assert len(got[0]) == len(got[1]) == 1

    async def program():
        first = await model.fit(*data())
        second = await model.fitAsync(*data(), epochs=2)
        return first.epoch, second.epoch

    assert asyncio.run(program()) == ([0], [0, 1])


def test_45_86_a_dataset_serves_fit_and_a_loop():
    rows = [{"xs": [1.0, 2.0, 3.0, 4.0], "ys": [1.0, 0.0]}] * 10
    ds = tf.data.array(rows).batch(4)
    model = compiled()
    info = model.fitDataset(ds, epochs=2, validationData=ds)
    assert len(info.history["val_acc"]) == 2
    sizes = []
    ds.forEachAsync(lambda batch: sizes.append(batch["xs"].shape[0]))
    assert sizes == [4, 4, 2]
    assert len(model.fit(ds, epochs=1).epoch) == 1


def test_48_49_predict_and_evaluate():
    model = compiled()
    x, y = data()
    assert isinstance(model.predict(x, {"batchSize": 4}), tf.Tensor) and model.predictOnBatch(x).shape == [10, 2]
    loss, accuracy = model.evaluate(x, y, batchSize=4)
    assert loss.shape == accuracy.shape == [] and model.metricsNames == ["loss", "acc"]
    assert float(model.trainOnBatch(x, y)[0]) == pytest.approx(float(loss), rel=1e-5)


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


def test_59_early_stopping():
    info = compiled().fit(
        *data(), epochs=9, validationSplit=0.2,
        callbacks=tf.callbacks.earlyStopping(monitor="val_acc", patience=0, baseline=2.0, restoreBestWeights=True),
    )  # fmt: skip
    assert info.epoch == [0, 1]


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


def test_60_stop_training():
    model = compiled()

    def stop(epoch, logs):
        model.stopTraining = True

    assert model.fit(*data(), epochs=5, callbacks={"onEpochEnd": stop}).epoch == [0]


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
