"""Plain torch modules called on symbols: one node, the module."""

import copy

import pytest
import torch
from torch import nn

import kerasish as keras
from kerasish import layers


class Split(nn.Module):
    """Gives more than one thing, one of them what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.norm = nn.Linear(4, 2), nn.Linear(4, 3), nn.BatchNorm1d(3)

    def forward(self, x: torch.Tensor, scale: float = 1.0) -> dict:
        hidden = self.norm(self.b(x))
        return {"first": self.a(x) * scale, "rest": (hidden, x)}


def test_a_module_called_on_a_symbol_is_one_layer() -> None:
    x, plain = keras.Input((4,)), nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2))
    model = keras.Model(x, plain(x))
    data = torch.randn(5, 4)
    assert [type(layer) for layer in model.layers] == [layers.InputLayer, layers.TorchModuleWrapper]
    assert torch.equal(model(data), plain(data)) and len(model.trainable_weights) == 4


def test_its_training_mode_is_the_models() -> None:
    x, dropout = keras.Input((1000,)), nn.Dropout(0.5)
    assert dropout.training
    model = keras.Model(x, dropout(x))
    ones = torch.ones(1, 1000)
    assert torch.equal(model(ones), ones) and not torch.equal(model(ones, training=True), ones)


def test_outputs_in_any_structure_and_more_arguments() -> None:
    x, split = keras.Input((4,)), Split()
    outputs = split(x, scale=3.0)
    assert outputs["rest"][1] is x and outputs["first"].shape == (None, 2)
    model = keras.Model(x, {"sum": outputs["first"].sum(-1), "hidden": outputs["rest"][0], "x": outputs["rest"][1]})
    data = torch.randn(5, 4)
    expected = split.eval()(data, 3.0)
    found = model(data)
    assert torch.allclose(found["sum"], expected["first"].sum(-1)) and torch.equal(found["hidden"], expected["rest"][0])
    assert torch.equal(copy.deepcopy(model)(data)["sum"], found["sum"])


def test_a_module_called_twice_is_one_layer_with_two_calls() -> None:
    a, b, shared = keras.Input((4,)), keras.Input((4,)), nn.Linear(4, 3)
    model = keras.Model([a, b], torch.relu(shared(a)) - shared(b))
    data = torch.randn(2, 4)
    assert len(model.weights) == 2 and len([layer for layer in model.layers if hasattr(layer, "module")]) == 1
    assert torch.allclose(model([data, data]), torch.relu(shared(data)) - shared(data))


def test_such_a_model_trains() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, nn.Linear(4, 1)(nn.Tanh()(layers.Dense(4)(x))))
    model.compile(keras.optimizers.Adam(0.05), "mse")
    data = torch.randn(64, 4)
    losses = model.fit(data, data.sum(-1), epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 4


def test_a_module_that_asks_for_what_a_symbol_has_not_is_told_the_way() -> None:
    words = keras.Input((5, 4))
    with pytest.raises(AttributeError, match=r"TransformerEncoderLayer asks for it.*TorchModuleWrapper\(module\)\(x\)"):
        nn.TransformerEncoderLayer(4, 2, batch_first=True)(words)
    encoded = layers.TorchModuleWrapper(nn.TransformerEncoderLayer(4, 2, batch_first=True))(words)
    assert encoded.shape == (None, 5, 4)


def test_functions_called_on_symbols_by_themselves_stay_functions() -> None:
    x, weight = keras.Input((4,)), nn.Parameter(torch.ones(2, 4))
    model = keras.Model(x, nn.functional.linear(x, weight))
    assert [weight is w for w in model.trainable_weights] == [True] and len(model.layers) == 1
