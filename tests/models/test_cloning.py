import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Functional, Model, Sequential, clone_model, model_from_json


def graph():
    a, b, shared = Input((4,), name="a"), Input((4,), name="b"), layers.Dense(3, name="shared")
    x = layers.Add(name="add")([shared(a), shared(b)]) * 2.0
    return Model([a, b], [layers.Dense(1, name="one")(x), torch.relu(x)], name="mine")


def stack():
    return Sequential([Input((4,), name="in"), layers.Dense(3, name="first"), layers.Dense(1, name="second")], name="mine")


DATA = torch.rand(5, 4, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("make", "inputs"), [(graph, [DATA, DATA + 1]), (stack, DATA)], ids=["graph", "stack"])
def test_a_clone_has_its_own_layers_and_computes_the_same_on_the_same_weights(make, inputs):
    model = make()
    clone = clone_model(model)
    assert type(clone) is type(model) and clone.name == "mine"
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert not {id(w) for w in clone.weights} & {id(w) for w in model.weights}
    clone.set_weights(model.get_weights())
    for ours, theirs in zip(clone(inputs), model(inputs)):
        torch.testing.assert_close(ours, theirs)


def test_a_shared_layer_is_cloned_once():
    assert len(clone_model(graph()).weights) == 4


def test_a_compiled_model_gives_a_compiled_clone():
    model = stack()
    model.compile("adam", "mse", metrics=["mae"])
    clone = clone_model(model)
    clone.fit(DATA, DATA[:, :1], verbose=0)
    assert clone.optimizer is not model.optimizer and int(model.optimizer.iterations) == 0


def test_a_function_may_make_the_layers():
    def wider(layer):
        return layers.Dense(8, name=layer.name) if layer.name == "first" else type(layer).from_config(layer.get_config())

    assert clone_model(stack(), clone_function=wider).output_shape == (None, 1)
    assert clone_model(stack(), clone_function=wider).layers[0].units == 8


def test_a_function_may_call_the_layers():
    def twice(layer, *args, **kwargs):
        return layer(*args, **kwargs) * 2

    symbol = Input((4,))
    model = Model(symbol, layers.Dense(2, name="d")(symbol))
    clone = clone_model(model, call_function=twice)
    clone.set_weights(model.get_weights())
    torch.testing.assert_close(clone(DATA), model(DATA) * 2)


def test_new_inputs_may_be_given():
    clone = clone_model(graph(), input_tensors=[Input((4,), 2, name="c"), Input((4,), 2, name="d")])
    assert clone.input_names == ["c", "d"] and clone.input_shape == [(2, 4), (2, 4)]


def test_models_inside_are_cloned_by_the_function_only_if_that_is_wanted():
    symbol = Input((4,))
    model, seen = Model(symbol, stack()(symbol)), []

    def look(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    clone_model(model, clone_function=look)
    assert "first" not in seen
    clone_model(model, clone_function=look, recursive=True)
    assert "first" in seen


def test_masks_are_made_anew():
    symbol = Input((5,), dtype="int32")
    model = Model(symbol, layers.LSTM(3)(layers.Embedding(7, 2, mask_zero=True)(symbol)))
    clone, x = clone_model(model), torch.tensor([[1, 2, 0, 0, 0], [3, 4, 5, 6, 1]])
    clone.set_weights(model.get_weights())
    torch.testing.assert_close(clone(x), model(x))


def test_a_subclass_is_cloned_by_its_config():
    class Mine(Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(units)

        def call(self, x):
            return self.dense(x)

    clone = clone_model(Mine(3))
    assert type(clone) is Mine and clone.dense.units == 3
    with pytest.raises(ValueError, match="are for functional and sequential models; received a Mine"):
        clone_model(Mine(3), clone_function=lambda layer: layer)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"call_function": lambda layer, x: layer(x)}, "`call_function` is for functional models"),
        ({"input_tensors": [1]}, "`input_tensors` must be a single symbol"),
        ({"other": 1}, "no arguments \\['other'\\]"),
    ],
)
def test_wrong_arguments(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        clone_model(stack(), **options)


def test_symbols_of_another_number_are_refused():
    with pytest.raises(ValueError, match="the same structure as model.input"):
        clone_model(graph(), input_tensors=[Input((4,))])


@pytest.mark.parametrize("make", [graph, stack])
def test_json_makes_the_architecture_again(make):
    model = make()
    again = model_from_json(model.to_json())
    assert type(again) is type(model) and [w.shape for w in again.weights] == [w.shape for w in model.weights]
    assert not all(np.array_equal(a, b) for a, b in zip(again.get_weights(), model.get_weights()))


def test_what_is_no_json_is_told():
    with pytest.raises(ValueError, match="`json_string` must be what `to_json` gave"):
        model_from_json("{")


def test_a_clone_of_a_functional_model_is_functional():
    assert isinstance(clone_model(graph()), Functional)
