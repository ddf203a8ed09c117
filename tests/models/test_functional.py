"""Functional models: graphs written with layers, operators and torch functions, run as generated code."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import layers


def small() -> keras.Model:
    x = keras.Input((4,), name="x")
    hidden = layers.Dense(3, activation="relu", name="hidden")(x)
    return keras.Model(x, layers.Dense(2, name="out")(hidden + 1.0), name="small")


def test_a_functional_model_computes_what_its_layers_compute() -> None:
    model = small()
    x = torch.randn(5, 4)
    hidden, out = model.get_layer("hidden"), model.get_layer("out")
    assert torch.allclose(model(x), out(hidden(x) + 1.0))
    assert isinstance(model, nn.Module) and isinstance(model, keras.Functional)
    assert list(model.state_dict()) == ["hidden.kernel", "hidden.bias", "out.kernel", "out.bias"]


def test_shapes_names_and_layers_are_listed() -> None:
    model = small()
    assert model.input_shape == (None, 4) and model.output_shape == (None, 2)
    assert model.input_names == ["x"] and model.output_names == ["out"]
    assert [layer.name for layer in model.layers] == ["x", "hidden", "out"]
    assert [operation.name for operation in model.operations] == ["x", "hidden", "add", "out"]


def test_any_torch_function_is_part_of_the_graph() -> None:
    a, b = keras.Input((3,)), keras.Input((3,))
    both = torch.cat([a, b.abs()], dim=-1)
    model = keras.Model([a, b], [torch.where(both > 0, both, -both), both[:, 2:].sum(-1)])
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    joined = torch.cat([x, y.abs()], -1)
    first, second = model([x, y])
    assert torch.allclose(first, joined.abs()) and torch.allclose(second, joined[:, 2:].sum(-1))


def test_inputs_and_outputs_may_be_dicts() -> None:
    inputs = {"left": keras.Input((2,), name="left"), "right": keras.Input((2,), name="right")}
    model = keras.Model(inputs, {"sum": inputs["left"] + inputs["right"], "left": inputs["left"] * 2})
    data = {"right": torch.ones(1, 2), "left": torch.full((1, 2), 3.0)}
    out = model(data)
    assert out["sum"].tolist() == [[4, 4]] and out["left"].tolist() == [[6, 6]]
    with pytest.raises(ValueError, match="'right' is missing"):
        model({"left": torch.ones(1, 2)})


def test_a_list_of_inputs_may_be_given_by_name() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], a - b)
    assert model({"b": torch.ones(1, 2), "a": torch.zeros(1, 2)}).tolist() == [[-1, -1]]


def test_a_shared_layer_has_one_set_of_weights() -> None:
    a, b = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(3)
    model = keras.Model([a, b], shared(a) - shared(b))
    assert len(model.weights) == 2
    x = torch.randn(2, 4)
    assert torch.allclose(model([x, x]), torch.zeros(2, 3))


def test_models_nest_and_their_layers_stay_models() -> None:
    inner = small()
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(1)(inner(x)))
    data = torch.randn(3, 4)
    assert torch.allclose(model(data), model.layers[-1](inner(data)))
    assert "small.hidden.kernel" in model.state_dict()


def test_parameters_in_the_graph_are_trained_and_other_tensors_are_constants() -> None:
    scale, shift = nn.Parameter(torch.ones(4)), torch.full((4,), 2.0)
    x = keras.Input((4,))
    model = keras.Model(x, x * scale + shift)
    assert [w is scale for w in model.trainable_weights] == [True]
    model(torch.ones(1, 4)).sum().backward()
    assert scale.grad is not None and scale.grad.tolist() == [1, 1, 1, 1]


def test_the_middle_of_a_graph_can_be_cut_out() -> None:
    model = small()
    head = keras.Model(model.get_layer("hidden").output, model.output)
    x = torch.randn(2, 3)
    assert torch.allclose(head(x), model.get_layer("out")(x + 1.0))
    features = keras.Model(model.input, model.get_layer("hidden").output)
    assert features.output_shape == (None, 3)


def test_graphs_that_cannot_be_are_refused() -> None:
    x, other = keras.Input((4,), name="x"), keras.Input((4,), name="other")
    with pytest.raises(ValueError, match="disconnected: `outputs` need other"):
        keras.Model(x, x + other)
    with pytest.raises(ValueError, match="'twin' is used twice"):
        keras.Model(x, layers.Dense(2, name="twin")(layers.Dense(2, name="twin")(x)))
    with pytest.raises(ValueError, match="All `outputs` values must be KerasTensors"):
        keras.Model(x, torch.ones(2))


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3, 5), r"input 'x' of shape \(batch, 4\); received \(3, 5\)"), ((3, 2, 4), r"received \(3, 2, 4\). Flatten it")],
)
def test_wrong_shapes_are_told(shape: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small()(torch.zeros(shape))


def test_inputs_get_the_dtype_and_rank_that_the_graph_was_written_for() -> None:
    x = keras.Input((1,))
    model = keras.Model(x, x * 2)
    assert model(np.array([1, 2], dtype="uint8")).tolist() == [[2.0], [4.0]]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_have_their_own_weights_and_graph(again: object) -> None:
    model = small()
    x = torch.randn(2, 4)
    expected = model(x)
    twin = again(model)  # type: ignore[operator]
    assert torch.equal(twin(x), expected)
    twin.get_layer("hidden").kernel.assign(torch.zeros(4, 3))
    assert torch.equal(model(x), expected) and not torch.equal(twin(x), expected)
    assert twin.get_layer("hidden").output.node.target is twin.get_layer("hidden")
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]


def test_configs_make_the_same_graph_again() -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    h = layers.Dense(3, name="h")(a)
    outputs = {"cut": (h * b)[:, :2], "act": torch.relu(h) - 1, "cat": layers.Concatenate(name="cat")([h, b])}
    model = keras.Model([a, b], outputs)
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    data = [torch.randn(2, 4), torch.randn(2, 3)]
    for name, value in model(data).items():
        assert torch.equal(again(data)[name], value), name


def test_a_config_may_not_name_functions_that_do_more_than_compute() -> None:
    x = keras.Input((4,))
    config = keras.Model(x, torch.relu(x)).get_config()
    for name in ("torch.load", "os.system", "torch.hub.load", "builtins.eval"):
        config["layers"][1]["config"]["function"] = name
        with pytest.raises(ValueError, match="none of torch's tensor functions"):
            keras.Model.from_config(config)


def test_layer_names_cannot_smuggle_code_into_the_generated_forward() -> None:
    x = keras.Input((2,), name='x"); raise SystemExit("')
    model = keras.Model(x, layers.Dense(1, name='d"); raise SystemExit("')(x))
    assert model(torch.ones(1, 2)).shape == (1, 1)


def test_masks_are_edges_of_the_graph() -> None:
    words = keras.Input((4,), dtype="int32")
    states = layers.LSTM(3)(layers.Embedding(10, 5, mask_zero=True)(words))
    model = keras.Model(words, states)
    short, padded = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 0, 0]])
    embedding, lstm = model.layers[1], model.layers[2]
    assert torch.allclose(model(padded), lstm(embedding.embeddings[padded[:, :2].long()]), atol=1e-6)
    assert not torch.allclose(model(short), model(padded))


def test_training_mode_holds_for_one_call() -> None:
    x = keras.Input((100,))
    model = keras.Model(x, layers.Dropout(0.5)(x))
    ones = torch.ones(1, 100)
    assert torch.equal(model(ones), ones) and not torch.equal(model(ones, training=True), ones)
    assert torch.equal(model(ones), ones)
    model.train()
    assert not torch.equal(model(ones), ones) and torch.equal(model(ones, training=False), ones)


def test_subclasses_made_with_inputs_and_outputs_are_functional() -> None:
    class Mine(keras.Model):
        """Has a step of its own."""

        def note(self) -> str:
            return "mine"

    class WithInit(keras.Model):
        """Builds its graph itself."""

        def __init__(self, units: int):
            x = keras.Input((4,))
            super().__init__(x, layers.Dense(units)(x))
            self.units = units

    x = keras.Input((4,))
    model = Mine(inputs=x, outputs=layers.Dense(2)(x))
    assert isinstance(model, Mine) and isinstance(model, keras.Functional) and model.note() == "mine"
    assert WithInit(3)(torch.ones(2, 4)).shape == (2, 3)


def test_batches_of_any_size_are_taken_whatever_the_input_says() -> None:
    x = keras.Input((4,), batch_size=2)
    model = keras.Model(x, layers.Dense(3)(x))
    assert model(torch.zeros(5, 4)).shape == (5, 3) and model(keras.Input((4,))).shape == (None, 3)


def test_more_inputs_than_there_are_are_left_out_with_a_word_once() -> None:
    x = keras.Input((2,), name="x")
    model = keras.Model({"x": x}, x * 2)
    data = {"x": torch.ones(1, 2), "more": torch.ones(1, 2)}
    with pytest.warns(UserWarning, match=r"takes \['x'\]; \['more'\] are left out") as told:
        model(data)
        assert model(data).tolist() == [[2, 2]]
    assert len(told) == 1


def test_an_input_that_must_be_there_is_asked_for() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b", optional=True)
    model = keras.Model([a, b], layers.Lambda(lambda both: both[0])([a, b]))
    with pytest.raises(ValueError, match="Input 'a' of functional is not optional; received None"):
        model([None, torch.ones(1, 2)])


def test_outputs_in_a_tuple_come_back_in_one() -> None:
    x = keras.Input((2,))
    model = keras.Model(x, (x * 2, x + 1))
    assert isinstance(keras.Model.from_config(model.get_config())(torch.ones(1, 2)), tuple)


def test_the_list_of_layers_is_not_to_be_set() -> None:
    x = keras.Input((2,))
    with pytest.raises(AttributeError, match="`Model.layers` attribute is reserved.*Use another name"):
        keras.Model(x, x * 2).layers = []


def test_clones_begin_with_symbols_of_the_models_own_structure() -> None:
    x, y = keras.Input((3,), name="x"), keras.Input((3,), name="y")
    model = keras.Model({"x": x, "y": y}, x + y)
    again = keras.models.clone_model(model, {"x": keras.Input((3,)), "y": keras.Input((3,))})
    assert set(again.input) == {"x", "y"}
    with pytest.raises(ValueError, match="the same structure as model.input"):
        keras.models.clone_model(model, (x, y))
