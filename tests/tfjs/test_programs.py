"""What the programs that TensorFlow.js is known for rely on: its examples and guides, line by line."""

import socket

import numpy as np
import pytest

import kerasish.tfjs as tf


def dense_model(units=1, inputs=3):
    return tf.sequential(layers=[tf.layers.dense(units=units, inputShape=[inputs], activation="elu")])


# Policy gradients: what a model predicts is a part of the gradients' graph.


def test_gradients_go_through_what_a_model_predicts():
    model, x = dense_model(), tf.tensor([[1, -2, 3], [0.5, 1, 2]])
    expected = tf.variableGrads(lambda: model.apply(x).square().mean())
    for predict in (model.predict, model.predictOnBatch):
        found = tf.variableGrads(lambda predict=predict: predict(x).square().mean())
        assert found.value.arraySync() == expected.value.arraySync()
        for name, gradient in expected.grads.items():
            np.testing.assert_array_equal(found.grads[name].numpy(), gradient.numpy())
    assert not model.predict(x).torch.requires_grad
    of_input = tf.grad(lambda given: model.predict(given).sum())(x)
    assert of_input.shape == [2, 3] and of_input.abs().sum().arraySync() > 0


def test_minimize_trains_by_what_a_model_predicts():
    model, x, optimizer = dense_model(), tf.tensor([[1, 2, 3]]), tf.train.sgd(0.01)
    costs = [optimizer.minimize(lambda: model.predict(x).sub(2).square().mean(), True).arraySync() for _ in range(3)]
    assert costs[0] > costs[1] > costs[2]


def test_gradients_averaged_by_name_are_applied_to_a_models_weights():
    model, x, optimizer = dense_model(), tf.tensor([[1, 2, 3]]), tf.train.sgd(0.5)
    kernel = model.getWeights()[0].arraySync()
    seen = [tf.variableGrads(lambda: model.predict(x).sum()).grads for _ in range(2)]
    optimizer.applyGradients({name: tf.mean(tf.stack([grads[name] for grads in seen]), 0) for name in seen[0]})
    (name,) = [name for name, gradient in seen[0].items() if gradient.rank == 2]
    np.testing.assert_allclose(model.getWeights()[0].numpy(), np.array(kernel) - 0.5 * seen[0][name].numpy(), rtol=1e-6)


# Translation: a decoder begins with the encoder's states.


@pytest.mark.parametrize("make", [lambda: tf.layers.lstm(units=2, returnState=True), lambda: tf.layers.gru(units=2)])
def test_a_recurrent_layer_takes_its_first_states_behind_its_input(make):
    layer, x, states = make(), tf.ones([1, 3, 4]), [tf.fill([1, 2], 0.5), tf.fill([1, 2], -0.5)]
    states = states if layer.returnState else states[:1]
    behind, named, without = layer.apply([x, *states]), layer.apply(x, {"initialState": states}), layer.apply(x)
    first = [made[0] if layer.returnState else made for made in (behind, named, without)]
    assert first[0].arraySync() == first[1].arraySync() != first[2].arraySync()
    with pytest.raises(ValueError, match="first states twice"):
        layer.apply([x, *states], initialState=states)
    symbols = [tf.input(shape=[3, 4]), *[tf.input(shape=[2]) for _ in states]]
    model = tf.model(inputs=symbols, outputs=layer.apply(symbols))
    made = model.predict([x, *states])
    np.testing.assert_allclose((made[0] if layer.returnState else made).numpy(), first[0].numpy(), rtol=1e-6)


# A layer of one's own, as JavaScript's are written: one dict of all options.


class Powered(tf.layers.Layer):
    className = "Powered"

    def __init__(self, config=None):
        super().__init__(config or {})
        self.power = (config or {}).get("power", 2)
        self.supportsMasking = True

    def build(self, inputShape):  # noqa: N803
        self.scale = self.addWeight("scale", [inputShape[-1]], "float32", tf.initializers.ones())

    def computeOutputShape(self, inputShape):  # noqa: N802, N803
        return super().computeOutputShape(inputShape)

    def call(self, inputs, kwargs):
        self.invokeCallHook(inputs, kwargs)
        return inputs.pow(self.power).mul(self.scale.read())

    def getConfig(self):  # noqa: N802
        config = super().getConfig()
        config.update(power=self.power)
        return config


def test_a_layer_of_ones_own_takes_one_dict_of_options():
    layer = Powered({"power": 3, "name": "cubed", "trainable": False})
    assert (layer.name, layer.trainable, layer.getConfig()["power"], layer.getConfig()["name"]) == ("cubed", False, 3, "cubed")
    assert layer.apply(tf.tensor([[1, 2]])).arraySync() == [[1.0, 8.0]] and layer.computeOutputShape([None, 2]) == [None, 2]
    again = Powered.fromConfig(layer.getConfig())
    assert (again.power, again.name, again.trainable) == (3, "cubed", False)
    assert Powered().power == 2 and Powered().getConfig()["trainable"]


def test_a_layer_of_options_is_saved_and_loaded_with_its_model():
    tf.serialization.registerClass(Powered)
    model = tf.sequential(layers=[tf.layers.dense(units=2, inputShape=[2]), Powered({"power": 3})])
    kept = []
    model.save(tf.io.withSaveHandler(lambda artifacts: kept.append(artifacts) or {"modelArtifactsInfo": None}))
    loaded, x = tf.loadLayersModel(tf.io.fromMemory(kept[0])), tf.tensor([[1, 2]])
    assert loaded.predict(x).arraySync() == model.predict(x).arraySync() and loaded.layers[1].power == 3


def test_what_get_config_gives_where_it_is_not_written():
    class Plain(tf.layers.Layer):
        def __init__(self, config):
            super().__init__(config)
            self.power = config["power"]

    config = Plain({"power": 4, "name": "plain"}).getConfig()
    assert (config["power"], config["name"], Plain.fromConfig(config).power) == (4, "plain", 4)


def test_an_unknown_option_of_a_layer_without_options_of_its_own_is_an_error():
    class Nothing(tf.layers.Layer):
        pass

    assert Nothing({"name": "nothing"}).name == "nothing"
    with pytest.raises(TypeError, match="has no argument `power`"):
        Nothing({"power": 2})


def test_options_are_read_as_they_are_written():
    layer = tf.layers.lstm(units=2, returnSequences=True)
    assert (layer.returnSequences, layer.returnState, layer.units) == (True, False, 2)
    with pytest.raises(AttributeError, match="returnStates"):
        _ = layer.returnStates
    powered = Powered()
    assert powered.supports_masking and powered.supportsMasking


def test_call_hooks():
    seen, layer = [], Powered()
    layer.setCallHook(lambda inputs, kwargs: seen.append(inputs.shape))
    layer.apply(tf.ones([1, 2]))
    layer.clearCallHook()
    layer.apply(tf.ones([1, 2]))
    assert seen[-1] == [1, 2] and len(seen) == 1


# Models of several inputs and outputs.


def test_names_of_inputs_outputs_and_metrics():
    a, b = tf.input(shape=[2], name="a"), tf.input(shape=[2], name="b")
    x = tf.layers.add().apply([a, b])
    outputs = [tf.layers.dense(units=1, name="o1").apply(x), tf.layers.dense(units=2, name="o2").apply(x)]
    model = tf.model(inputs=[a, b], outputs=outputs)
    model.compile(optimizer="sgd", loss={"o1": "meanSquaredError", "o2": "meanSquaredError"}, metrics={"o2": ["accuracy", "mse"]})
    assert (model.inputNames, model.outputNames) == (["a", "b"], ["o1", "o2"])
    assert model.metricsNames == ["loss", "o1_loss", "o2_loss", "o2_acc", "o2_mse"]
    assert len(model.evaluate([tf.ones([4, 2])] * 2, [tf.ones([4, 1]), tf.ones([4, 2])])) == 5


# Operations on symbols.

_SYMBOLIC = {
    "slice": lambda x: tf.slice(x, [0, 1, 0], [-1, 2, 4]),
    "gather": lambda x: tf.gather(x, [2, 0], 1),
    "gather of more axes": lambda x: tf.gather(x, [[2, 0], [1, 1]], 1),
    "gather of a number": lambda x: tf.gather(x, 2, 1),
    "stridedSlice": lambda x: tf.stridedSlice(x, [0, 0, 1], [0, 6, 4], [1, 2, 1], 1, 1),
    "where": lambda x: tf.where(tf.greater(x, 0), x, 0),
    "oneHot": lambda x: tf.oneHot(tf.argMax(x, -1), 4),
    "resizeBilinear": lambda x: tf.image.resizeBilinear(tf.expandDims(x, -1), [3, 2]),
    "resizeNearestNeighbor": lambda x: tf.image.resizeNearestNeighbor(tf.expandDims(x, -1), [3, 2]),
}


@pytest.mark.parametrize("name", _SYMBOLIC)
def test_operations_on_symbols_are_those_on_tensors(name):
    x, value = tf.input(shape=[6, 4]), tf.randomNormal([3, 6, 4], seed=1)
    model = tf.model(inputs=x, outputs=_SYMBOLIC[name](x))
    np.testing.assert_array_equal(model.predict(value).numpy(), _SYMBOLIC[name](value).numpy())


def test_an_operation_that_takes_no_symbols_says_so():
    with pytest.raises(TypeError, match="tf.stridedSlice does not take the symbols of a model.*`call` of a layer"):
        tf.stridedSlice(tf.input(shape=[None, 4]), [0, 5], [1, 0], [1, -1])


def test_an_error_of_shapes_names_the_operation():
    with pytest.raises(RuntimeError, match=r"tf.matMul of shapes \[2, 3\] and \[2, 3\]"):
        tf.ones([2, 3]).matMul(tf.ones([2, 3]))
    with pytest.raises(RuntimeError, match=r"tf.concat of shapes \[1, 2\] and \[1, 3\]"):
        tf.concat([tf.ones([1, 2]), tf.ones([1, 3])])


# Classes.


def test_optimizers_have_classes():
    optimizer = tf.train.momentum(0.1, 0.5)
    assert isinstance(optimizer, tf.MomentumOptimizer) and isinstance(optimizer, tf.SGDOptimizer)
    assert isinstance(optimizer, tf.Optimizer) and not isinstance(optimizer, tf.AdamOptimizer)
    assert [tf.AdamOptimizer.className, optimizer.getClassName(), tf.SGDOptimizer(0.5).learningRate] == ["Adam", "Momentum", 0.5]
    assert type(tf.train.rmsprop(0.1)) is tf.RMSPropOptimizer
    model = dense_model()
    model.compile(optimizer=tf.AdamOptimizer(0.01), loss="meanSquaredError")
    assert len(model.fit(tf.ones([2, 3]), tf.ones([2, 1])).history.loss) == 1


def test_serialization():
    class Thing(tf.serialization.Serializable):
        className = "OneThing"

        def __init__(self, config):
            self.size = config["size"]

        def getConfig(self):  # noqa: N802
            return {"size": self.size}

    assert tf.serialization.getRegisteredName(Thing) == "OneThing"
    tf.serialization.registerClass(Thing, "mine")
    assert tf.serialization.getRegisteredName(Thing) == "mine>OneThing"
    cls, make = tf.serialization.SerializationMap.getMap().classNameMap["mine>OneThing"]
    assert cls is Thing and make({"size": 3}).size == 3 and make({"size": 3}).getClassName() == "OneThing"
    with pytest.raises(NotImplementedError, match="must have a `getConfig`"):
        tf.serialization.Serializable().getConfig()


# Files.


def test_strings_as_weights():
    data, specs = tf.io.encodeWeights({"words": tf.tensor(["x", "yz"]), "numbers": tf.tensor([1, 2])}).values()
    # The bytes that TensorFlow.js writes: each string behind its length.
    assert list(data) == [1, 0, 0, 0, 120, 2, 0, 0, 0, 121, 122, 0, 0, 128, 63, 0, 0, 0, 64]
    decoded = tf.io.decodeWeights(data, specs)
    assert decoded["words"].dtype == "string" and decoded["words"].arraySync() == ["x", "yz"]
    assert decoded["numbers"].arraySync() == [1, 2]


def test_a_silent_server_is_not_waited_for_without_end():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/model.json"
        with pytest.raises(TimeoutError, match=r"silent for 0.05 seconds"):
            tf.loadLayersModel(url, requestInit={"timeout": 0.05})


# Data.


def test_numbers_of_a_dataset_are_compared_by_value():
    dataset = tf.data.array([1, 2, 3, 4, 5, 6])
    assert [x.arraySync() for x in dataset.filter(lambda x: x % 2 == 0).toArray()] == [2, 4, 6]
    x = tf.tensor([1, 2])
    assert (x == 2).arraySync() == [False, True] and (x != 2).arraySync() == [True, False]
    assert x == x and x != tf.tensor([1, 2]) and x != "a" and (tf.tensor(["a", "b"]) == "a").arraySync() == [True, False]


def test_the_size_of_a_dataset_of_an_array_is_known():
    dataset = tf.data.array([{"x": 1}, {"x": 2}, {"x": 3}])
    assert [d.size for d in (dataset, dataset.batch(2), dataset.take(1), dataset.repeat(2))] == [3, 2, 1, 6]


def test_steps_of_an_iterator_and_gradients_have_attributes():
    steps = tf.data.array([5]).iterator()
    first, last = steps.next(), steps.next()
    assert (first.value.arraySync(), first.done, last.value, last.done) == (5, False, None, True)
    w = tf.variable(tf.scalar(3), True, "w")
    made = tf.train.sgd(0.1).computeGradients(lambda: w.square())
    assert made.value.arraySync() == 9 and made.grads["w"].arraySync() == 6


def test_elements_of_a_csv_file_are_dicts_of_columns(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    rows = tf.data.csv(f"file://{path}", {"columnConfigs": {"c": {"isLabel": True}}})
    lists = rows.map(lambda row: {"xs": list(row.xs.values()), "ys": list(row.ys.values())})
    (batch,) = lists.batch(2).toArray()
    assert batch.xs.arraySync() == [[1, 2], [4, 5]] and batch.ys.arraySync() == [[3], [6]]
    assert dense_model(1, 2).predict(batch.xs).shape == [2, 1]


def test_a_recurrent_cell_tells_the_size_of_its_state():
    class Sum(tf.layers.RNNCell):
        def __init__(self, units):
            super().__init__()
            self.stateSize = units

        def call(self, inputs, states):
            return inputs.add(states[0]), [inputs.add(states[0])]

    assert tf.layers.rnn(cell=Sum(2)).apply(tf.ones([1, 3, 2])).arraySync() == [[3, 3]]
