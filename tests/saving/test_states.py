import numpy as np
import pytest
import torch

from kerasish import layers
from kerasish.layers import Input
from kerasish.models import Model, Sequential
from kerasish.saving._states import Entry, state_of, take_state, walk


def wider(units):
    return Sequential([Input((4,)), layers.Dense(3, name="first"), layers.Dense(units, name="second")], name="mine")


def test_every_part_has_a_path_by_attribute_or_numbered_class():
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.b = layers.Dense(1)
            self.a = [layers.Dense(1), {"x": layers.Dense(1), "y": [layers.Dense(1)]}]
            self._hidden = layers.Dense(1)
            self.net = torch.nn.Linear(2, 2)

        def call(self, x):
            return x

    assert [path for path, _ in walk(Mine())] == [
        "", "a/dense", "a/container/dense", "a/container/container/dense", "b", "layers/dense_4", "net",
    ]  # fmt: skip


def test_a_nested_model_is_a_folder():
    inner = Sequential([Input((4,)), layers.Dense(3), layers.Dense(4)])
    symbol = Input((4,))
    paths = [path for path, _ in walk(Model(symbol, layers.Dense(1)(inner(symbol))))]
    assert paths == [
        "", "layers/input_layer", "layers/sequential", "layers/sequential/layers/dense",
        "layers/sequential/layers/dense_1", "layers/dense",
    ]  # fmt: skip


def test_a_state_is_arrays_by_path():
    model = wider(2)
    state = state_of(model)
    assert state["layers/dense"].name == "first"
    assert {key: value.shape for key, value in state["layers/dense_1"].arrays.items()} == {"0": (3, 2), "1": (2,)}


def test_what_does_not_fit_is_named_and_nothing_changes():
    model, other = wider(2), wider(5)
    before = model.get_weights()
    with pytest.raises(ValueError) as error:
        take_state(model, state_of(other))
    assert "second (layers/dense_1): expected kernel of shape (3, 2); the file has (3, 5)" in str(error.value)
    assert "nothing was changed" in str(error.value)
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_what_fits_can_be_taken_alone():
    model, other = wider(2), wider(5)
    kept = model.get_weights()[2]
    with pytest.warns(UserWarning, match=r"second .*expected kernel of shape \(3, 2\)"):
        take_state(model, state_of(other), skip_mismatch=True)
    assert (model.get_weights()[0] == other.get_weights()[0]).all() and (model.get_weights()[2] == kept).all()


def test_a_layer_that_the_file_does_not_have_is_named():
    deeper = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2), layers.Dense(1, name="last")])
    with pytest.raises(ValueError, match=r"last \(layers/dense_2\): expected kernel .*the file has nothing for it"):
        take_state(deeper, state_of(wider(2)))


def test_a_layer_that_the_model_does_not_have_warns():
    smaller = Sequential([Input((4,)), layers.Dense(3)])
    with pytest.warns(UserWarning, match="layers/dense_1"):
        take_state(smaller, state_of(wider(2)))


def test_another_number_of_weights_is_told():
    model = Sequential([Input((4,)), layers.Dense(3, use_bias=False, name="bare")])
    entries = state_of(Sequential([Input((4,)), layers.Dense(3)]))
    with pytest.raises(ValueError, match=r"bare .*expected 1 weights \(kernel \(4, 3\)\); the file has 2"):
        take_state(model, entries)


def test_a_layers_own_way_to_load_that_fails_leaves_all_as_it_was():
    class Picky(layers.Dense):
        def load_own_variables(self, store):
            raise RuntimeError("not mine")

    model = Sequential([Input((4,)), layers.Dense(3), Picky(2, name="picky")])
    before = model.get_weights()
    entries = state_of(model)
    entries["layers/dense"].arrays = {key: value + 1 for key, value in entries["layers/dense"].arrays.items()}
    with pytest.raises(ValueError, match=r"nothing was changed\.\npicky \(layers/picky\): not mine"):
        take_state(model, entries)
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_a_layers_own_way_to_save_and_load_is_used():
    class Half(layers.Dense):
        def save_own_variables(self, store):
            store["half"] = self.kernel.detach() / 2

        def load_own_variables(self, store):
            self.kernel.assign(store["half"])

    model = Sequential([Input((4,)), Half(2, use_bias=False)])
    kernel = model.get_weights()[0]
    take_state(model, state_of(model))
    np.testing.assert_allclose(model.get_weights()[0], kernel / 2)


def test_weights_in_a_graph_are_kept():
    symbol, factor = Input((4,)), torch.nn.Parameter(torch.tensor(3.0))
    model = Model(symbol, layers.Dense(1)(symbol * factor))
    state = state_of(model)
    assert state[""].arrays["0"] == 3.0
    take_state(model, {**state, "": Entry(None, {"0": np.float32(5.0)})})
    assert factor.item() == 5.0


def test_a_torch_module_that_does_not_fit_is_named():
    def made(units):
        return Sequential([Input((4,)), layers.TorchModuleWrapper(torch.nn.Linear(4, units), name="net")])

    model = made(2)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"net \(layers/torch_module_wrapper\): expected weight of shape \(2, 4\); .* \(3, 4\)"):
        take_state(model, state_of(made(3)))
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_an_optimizers_state_of_other_shapes_is_told_before_anything_changes():
    model, x = wider(2), np.ones((4, 4), "float32")
    model.compile("adam", "mse")
    model.fit(x, x[:, :2], verbose=0)
    before, entries = model.get_weights(), state_of(model)
    entries["layers/dense"].arrays = {key: value + 1 for key, value in entries["layers/dense"].arrays.items()}
    entries["optimizer"].arrays["2"] = np.zeros((7, 7), "float32")
    with pytest.raises(ValueError, match=r"\(optimizer\): expected .* of shape \(4, 3\); the file has \(7, 7\)"):
        take_state(model, entries)
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))
