import json
import warnings

import numpy as np
import pytest

import kerasish as keras
from kerasish import layers
from kerasish.saving.tfjs import artifacts_of, hard_sigmoid, is_topology, model_of, named_weights, topology_of


def sequential(*given, shape=(4,)):
    return keras.Sequential([layers.Input(shape), *given])


def config_of(layer, shape=(4,)):
    return topology_of(sequential(layer, shape=shape))["config"]["layers"][0]


def again(model, **changes):
    """The model through JSON."""
    artifacts = artifacts_of(model)
    return model_of(
        {**json.loads(json.dumps({**artifacts, "weightData": None})), "weightData": artifacts["weightData"], **changes}
    )


def test_54_configs_are_tensorflow_jss():
    written = config_of(layers.Dense(3, "relu", kernel_regularizer="l2", kernel_constraint="max_norm", name="d"))
    assert written == {
        "class_name": "Dense",
        "config": {
            "name": "d",
            "trainable": True,
            "units": 3,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
            },
            "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
            "kernel_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}},
            "bias_initializer": {"class_name": "Zeros", "config": {}},
            "bias_regularizer": None,
            "bias_constraint": None,
            "batch_input_shape": [None, 4],
            "dtype": "float32",
        },
    }


def test_a_functional_model_lists_calls_as_keras_2_did():
    x, y = layers.Input((3,), name="x"), layers.Input((3,), name="y")
    dense, inner = layers.Dense(3, name="d"), sequential(layers.Dense(2, name="e"), shape=(3,))
    model = keras.Model([x, y], inner(layers.Add(name="a")([dense(x), dense(y)])))
    config = topology_of(model)["config"]
    calls = {layer["name"]: layer["inbound_nodes"] for layer in config["layers"]}
    assert calls["d"] == [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]
    assert calls["a"] == [[["d", 0, 0, {}], ["d", 1, 0, {}]]]
    assert calls[inner.name] == [[["a", 0, 0, {}]]]
    assert config["output_layers"] == [[inner.name, 1, 0]]  # TensorFlow.js counts a model's making as its first call
    inputs = [np.random.default_rng(i).normal(size=(2, 3)).astype("float32") for i in range(2)]
    np.testing.assert_array_equal(again(model).predict(inputs, verbose=0), model.predict(inputs, verbose=0))


def test_functions_that_are_layers_too_become_layers():
    x = layers.Input((3,))
    y = layers.Dense(3)(x)
    model = keras.Model(x, keras.ops.concatenate([keras.activations.tanh(x + y), keras.ops.relu(x * y)], axis=1))
    written = [layer["class_name"] for layer in topology_of(model)["config"]["layers"]]
    assert sorted(written) == ["Activation", "Activation", "Add", "Concatenate", "Dense", "InputLayer", "Multiply"]
    data = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    np.testing.assert_allclose(again(model).predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-6)


@pytest.mark.parametrize("make", [lambda x: x[:, :2], lambda x: keras.ops.sum(x, axis=1), lambda x: x + 1.0])
def test_other_functions_are_refused_by_name(make):
    x = layers.Input((3,))
    with pytest.raises(ValueError, match="is a call of the function .* hold layers only"):
        topology_of(keras.Model(x, make(x)))


@pytest.mark.parametrize(
    ("layer", "shape", "told"),
    [
        (layers.MultiHeadAttention(1, 2), (4, 2), None),
        (layers.Conv1DTranspose(2, 2), (4, 2), "is a Conv1DTranspose, which TensorFlow.js does not have"),
        (layers.Normalization(mean=0.0, variance=1.0), (4,), "is a Normalization"),
        (layers.GRU(2), (4, 2), "`reset_after`=True"),
        (layers.Conv1D(2, 2, padding="causal"), (4, 2), "`padding`='causal'"),
        (layers.Conv2D(2, 2, groups=2), (4, 4, 2), "`groups`=2"),
        (layers.GlobalAveragePooling1D(keepdims=True), (4, 2), "`keepdims`=True"),
        (layers.Dense(2, "hard_sigmoid"), (4,), "Keras 3's has a slope of 1 / 6"),
        (layers.Dense(2, "celu"), (4,), "no `activation`='celu'"),
        (layers.Dense(2, activity_regularizer="l2"), (4,), "`activity_regularizer`"),
        (layers.Dense(2, kernel_regularizer=keras.regularizers.OrthogonalRegularizer()), (4,), "`kernel_regularizer`"),
        (layers.ELU(0.5), (4,), "`alpha`=0.5"),
        (layers.ReLU(threshold=0.5), (4,), "`threshold`=0.5"),
        (layers.Rescaling([1.0, 2.0]), (4, 2), "`scale`"),
        (layers.Softmax(axis=(1, 2)), (4, 2), "`axis`"),
        (layers.BatchNormalization(renorm=True), (4,), "`renorm`=True"),
        (layers.LayerNormalization(rms_scaling=True), (4,), "`rms_scaling`=True"),
    ],
)  # fmt: skip
def test_what_tensorflow_js_lacks_is_an_error_that_names_it(layer, shape, told):
    if told is None:
        x = layers.Input(shape)
        model, told = keras.Model(x, layer(x, x)), "is a MultiHeadAttention, which TensorFlow.js does not have"
    else:
        model = sequential(layer, shape=shape)
    with pytest.raises(ValueError, match=told):
        topology_of(model)


@pytest.mark.parametrize(
    ("layer", "shape", "written"),
    [
        (layers.Identity(), (4,), ("Activation", {"activation": "linear"})),
        (layers.SpatialDropout2D(0.5), (4, 4, 2), ("Dropout", {"noise_shape": [None, 1, 1, None]})),
        (layers.ReLU(negative_slope=0.1), (4,), ("LeakyReLU", {"alpha": 0.1})),
        (layers.Dense(2, "silu"), (4,), ("Dense", {"activation": "swish"})),
        (layers.Dense(2, hard_sigmoid), (4,), ("Dense", {"activation": "hard_sigmoid"})),
        (layers.Dense(2, kernel_initializer="he_normal"), (4,), ("Dense", {"kernel_initializer": {
            "class_name": "VarianceScaling",
            "config": {"scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": None}}})),
    ],
)  # fmt: skip
def test_what_can_be_said_in_its_words_is(layer, shape, written):
    config = config_of(layer, shape)
    assert config["class_name"] == written[0] and written[1].items() <= config["config"].items()


def test_weights_are_called_as_tensorflow_js_calls_them():
    gru = layers.GRU(2, return_sequences=True, reset_after=False, name="g")
    cells = [layers.SimpleRNNCell(2), layers.LSTMCell(2)]
    model = sequential(
        layers.Bidirectional(gru, name="b"),
        layers.TimeDistributed(layers.Dense(3, use_bias=False, name="inner"), name="t"),
        layers.RNN(cells, return_sequences=True, name="r"),
        layers.BatchNormalization(name="n"),
        shape=(4, 2),
    )
    names = [name for name, _ in named_weights(model)]
    assert names[:6] == [
        f"b/{way}_g/{part}" for way in ("forward", "backward") for part in ("kernel", "recurrent_kernel", "bias")
    ]
    assert names[6:8] == ["t/kernel", "r/RNNCell_0/kernel"] and "r/RNNCell_1/bias" in names
    assert names[-4:] == ["n/gamma", "n/beta", "n/moving_mean", "n/moving_variance"]  # what is not trained comes last


def test_two_weights_of_one_name_are_refused():
    x = layers.Input((3,))
    inner = [sequential(layers.Dense(3, name="same"), shape=(3,)) for _ in range(2)]
    with pytest.raises(ValueError, match="Two weights are called same/kernel"):
        named_weights(keras.Model(x, inner[1](inner[0](x))))


def test_a_model_that_tensorflow_js_has_no_words_for_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="hold Sequential and functional models"):
        topology_of(Own())
    with pytest.raises(ValueError, match="must know its input's shape"):
        topology_of(keras.Sequential([layers.Dense(2)]))


KERAS_2 = {  # as tensorflowjs_converter writes a model of Keras 2
    "keras_version": "2.15.0",
    "backend": "tensorflow",
    "model_config": {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "trainable": True,
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {
                        "batch_input_shape": [None, 3, 2], "dtype": "float32", "sparse": False, "ragged": False, "name": "in",
                    },
                    "name": "in",
                    "inbound_nodes": [],
                },
                {
                    "class_name": "GRU",
                    "config": {
                        "name": "gru", "trainable": True, "dtype": "float32", "return_sequences": False, "return_state": False,
                        "go_backwards": False, "stateful": False, "unroll": False, "time_major": False, "units": 2,
                        "activation": "tanh", "recurrent_activation": "hard_sigmoid", "use_bias": True,
                        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
                        "recurrent_initializer": {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
                        "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None,
                        "recurrent_regularizer": None, "bias_regularizer": None, "activity_regularizer": None,
                        "kernel_constraint": None, "recurrent_constraint": None, "bias_constraint": None, "dropout": 0.0,
                        "recurrent_dropout": 0.0, "implementation": 2, "reset_after": True,
                    },
                    "name": "gru",
                    "inbound_nodes": [[["in", 0, 0, {}]]],
                },
                {
                    "class_name": "LeakyReLU",
                    "config": {"name": "leaky", "trainable": True, "dtype": "float32", "alpha": 0.25},
                    "name": "leaky",
                    "inbound_nodes": [[["gru", 0, 0, {}]]],
                },
            ],
            "input_layers": [["in", 0, 0]],
            "output_layers": [["leaky", 0, 0]],
        },
    },
}  # fmt: skip


def test_52_what_the_converter_wrote_of_keras_2_loads():
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=size).astype("float32") for name, size in
              (("kernel", (2, 6)), ("recurrent_kernel", (2, 6)), ("bias", (2, 6)))}  # fmt: skip
    specs = [{"name": f"gru/gru_cell/{name}", "shape": list(a.shape), "dtype": "float32"} for name, a in arrays.items()]
    data = b"".join(array.tobytes() for array in arrays.values())
    model = model_of({"modelTopology": KERAS_2, "weightSpecs": specs, "weightData": data})
    gru = model.get_layer("gru")
    assert gru.reset_after and model.get_layer("leaky").negative_slope == 0.25
    assert [weight.shape for weight in gru.weights] == [(2, 6)] * 3
    np.testing.assert_array_equal(gru.get_weights()[2], arrays["bias"])
    assert float(gru.cell.recurrent_activation(keras.ops.convert_to_tensor(1.0))) == pytest.approx(0.7)  # Keras 2's own


def test_the_numbered_names_of_keras_3_are_found():
    model = sequential(layers.Dense(2, name="d"))
    arrays = [np.arange(8, dtype="float32").reshape(4, 2), np.ones(2, "float32")]
    names = ["_layer_checkpoint_dependencies/d/vars/0", "d/vars/1"]
    specs = [{"name": name, "shape": list(array.shape), "dtype": "float32"} for name, array in zip(names, arrays)]
    made = again(model, weightSpecs=specs, weightData=b"".join(a.tobytes() for a in arrays))
    np.testing.assert_array_equal(made.get_weights()[0], arrays[0])


def test_what_the_converter_wrote_of_keras_3_loads():
    model = sequential(layers.Dense(2, "hard_sigmoid", name="d"))
    topology = {"keras_version": "3.0.0", "backend": "tensorflow", "model_config": json.loads(model.to_json())}
    arrays = [np.arange(8, dtype="float32").reshape(4, 2), np.ones(2, "float32")]
    names = ["sequential/d/kernel", "sequential/d/bias"]
    specs = [{"name": name, "shape": list(array.shape), "dtype": "float32"} for name, array in zip(names, arrays)]
    data = b"".join(array.tobytes() for array in arrays)
    made = model_of({"modelTopology": topology, "weightSpecs": specs, "weightData": data})
    np.testing.assert_array_equal(made.get_weights()[0], arrays[0])
    assert made.layers[0].activation is keras.activations.hard_sigmoid  # Keras 3's


def test_weights_that_do_not_fit_change_nothing():
    artifacts = artifacts_of(sequential(layers.Dense(2, name="d")))
    specs = [dict(spec) for spec in artifacts["weightSpecs"]]
    specs[1]["name"] = "d/other"
    with pytest.raises(ValueError, match="d/other: the model does not have it\nd/bias: the file does not have it"):
        model_of({**artifacts, "weightSpecs": specs})
    made = model_of({**artifacts, "weightSpecs": specs}, strict=False)
    np.testing.assert_array_equal(made.get_weights()[1], [0, 0])
    specs[0]["shape"] = [2, 4]
    with pytest.raises(ValueError, match=r"d/kernel has shape \(2, 4\) in the file; .* expects \(4, 2\)"):
        model_of({**artifacts, "weightSpecs": specs}, strict=False)


def test_a_file_names_what_is_known_and_runs_nothing():
    topology = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [{"class_name": "system", "config": {"name": "x"}}]},
    }
    with pytest.raises(ValueError, match="system"):
        model_of({"modelTopology": topology})
    topology["config"]["layers"][0].update(module="os", python_class="system", config={"command": "true"})
    with pytest.raises(ValueError, match="system"):
        model_of({"modelTopology": topology})
    with pytest.raises(ValueError, match="graph model has no layers"):
        model_of({"modelTopology": {"node": [], "library": {}}})


def test_56_custom_layers_that_are_registered_are_saved():
    @keras.saving.register_keras_serializable("test_tfjs_topology")
    class Scaled(layers.Layer):
        factor: float = 2.0

        def build(self, shape):
            self.scale = self.add_weight((shape[-1],), "ones", name="scale")

        def call(self, x):
            return x * self.scale * self.factor

    model = sequential(Scaled(3.0, name="s"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = again(model)
    assert type(made.layers[0]) is Scaled and made.layers[0].factor == 3.0
    assert [name for name, _ in named_weights(made)] == ["s/scale"]
    assert topology_of(model)["config"]["layers"][0]["class_name"] == "Scaled"


def test_56_custom_layers_that_no_program_will_find_are_saved_with_a_warning():
    class Lost(layers.Layer):
        def call(self, x):
            return x

    model = sequential(Lost())
    with pytest.warns(UserWarning, match="Lost is a class of your own that a program which loads this file will not find: put"):
        artifacts = artifacts_of(model)
    with pytest.raises(ValueError, match="register_keras_serializable"):
        model_of(artifacts)
    assert type(model_of(artifacts, custom_objects={"Lost": Lost}).layers[0]) is Lost


def test_kerass_own_json_is_told_apart():
    model = sequential(layers.Dense(2))
    assert not is_topology(json.loads(model.to_json())) and is_topology(topology_of(model)) and is_topology(KERAS_2)
    made = keras.models.model_from_json(json.dumps(KERAS_2))
    x = layers.Input((2,))
    assert type(made) is type(keras.Model(x, layers.Dense(1)(x)))


def test_layers_keep_their_dtypes_among_us():
    model = sequential(layers.Dense(2, dtype="mixed_bfloat16"), layers.Dense(2, dtype="float64"))
    made = again(model)
    assert [layer.dtype_policy.name for layer in made.layers] == ["mixed_bfloat16", "float64"]
    assert [spec["dtype"] for spec in artifacts_of(model)["weightSpecs"]] == ["float32"] * 4


def test_a_resizing_warns_that_it_is_another_one():
    with pytest.warns(UserWarning, match="the points between pixels in another way"):
        topology_of(sequential(layers.Resizing(2, 2), shape=(4, 4, 1)))
