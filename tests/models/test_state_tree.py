"""The state of a model as a tree."""

import numpy as np
import pytest
import torch

import kerasish as keras
from kerasish import layers


def net() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="d"), layers.BatchNormalization(name="bn")], name="net")
    model.compile("adam", "mse")
    return model


def test_all_variables_are_there_by_their_paths_as_copies() -> None:
    model = net()
    state = model.get_state_tree()
    assert set(state) == {"trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"}
    assert torch.equal(state["trainable_variables"]["net"]["d"]["kernel"], model.layers[0].kernel)
    assert state["non_trainable_variables"]["net"]["bn"]["moving_mean"].tolist() == [0, 0]
    assert int(state["optimizer_variables"]["adam"]["iteration"]) == 0 and set(state["metrics_variables"]["loss"]) == {
        "total",
        "count",
    }
    state["trainable_variables"]["net"]["d"]["kernel"].zero_()
    assert model.layers[0].kernel.abs().sum() > 0
    assert isinstance(model.get_state_tree("numpy_array")["trainable_variables"]["net"]["d"]["bias"], np.ndarray)


def test_a_tree_brings_a_model_back_to_where_it_was() -> None:
    model, x, y = net(), np.random.rand(8, 3), np.random.rand(8, 2)
    state = model.get_state_tree()
    model.fit(x, y, shuffle=False, verbose=0)
    model.set_state_tree(
        {kind: state[kind] for kind in ("trainable_variables", "non_trainable_variables", "optimizer_variables")}
    )
    for before, after in zip(keras.tree.flatten(state), keras.tree.flatten(model.get_state_tree()), strict=True):
        assert torch.equal(before, after) or before.numel() == 1  # the metrics have counted


def test_what_does_not_fit_is_told_and_changes_nothing() -> None:
    model = net()
    before = model.get_weights()
    bad = {"trainable_variables": {"net": {"d": {"bias": [1.0, 1.0], "nope": 1.0}}}}
    for tree, message in ((bad, "'net/d/nope', which is none"), ({"weights": {}}, "received 'weights'")):
        with pytest.raises(ValueError, match=message):
            model.set_state_tree(tree)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))

    class Twice(keras.Model):
        """Two layers of one name."""

        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = layers.Dense(3, name="same"), layers.Dense(3, name="same")

        def call(self, inputs):
            return self.b(self.a(inputs))

    twice = Twice()
    twice(torch.ones(1, 3))
    with pytest.raises(ValueError, match="path is found twice in the model: 'twice/same/kernel'"):
        twice.get_state_tree()
