"""Edges: layers, losses, metrics and data take the tensors of a face that has registered them, and no others."""

import pytest
import torch

import kerasish as keras
from kerasish._base import _edges


class Shown(torch.Tensor):
    """A face's tensor, for these tests."""

    __torch_function__ = torch._C._disabled_torch_function_impl


def shown(*values):
    return torch.tensor(values).as_subclass(Shown)


def entered(value):
    if isinstance(value, (list, tuple)):
        return type(value)(map(entered, value))
    if isinstance(value, dict):
        return {key: entered(part) for key, part in value.items()}
    return value.as_subclass(torch.Tensor) if type(value) is Shown else value


def left(value, given=()):
    return value.as_subclass(Shown) if type(value) is torch.Tensor else value


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(_edges.kinds, Shown, _edges.Edge(entered, left))


def test_an_edge_is_found_in_lists_tuples_and_dicts(registered):
    assert _edges.edge_among([1, torch.ones(1), ({"x": [2.0]},)]) is None
    assert _edges.edge_among([1, ({"x": [shown(1.0)]},)]).enter is entered


def test_only_the_very_class_belongs_to_an_edge(registered):
    class Own(Shown):
        pass

    assert _edges.edge_among([torch.ones(1).as_subclass(Own)]) is None
    assert type(_edges.plain(shown(1.0))) is torch.Tensor


def test_a_layer_sees_plain_tensors_and_gives_the_faces(registered):
    seen = []

    class Doubling(keras.layers.Layer):
        def call(self, inputs):
            seen.append(type(inputs[0] if isinstance(inputs, list) else inputs))
            return (inputs[0] if isinstance(inputs, list) else inputs) * 2

    for inputs in (shown(1.0, 2.0), [shown(1.0, 2.0), torch.ones(2)]):
        outputs = Doubling()(inputs)
        assert type(outputs) is Shown and outputs.tolist() == [2.0, 4.0]
    assert type(Doubling()(torch.ones(2))) is torch.Tensor
    assert set(seen) == {torch.Tensor}


def test_what_was_made_before_a_kind_is_registered_takes_it_too(monkeypatch):
    layer, loss, metric = keras.layers.Dense(1), keras.losses.MeanSquaredError(), keras.metrics.MeanSquaredError()
    layer(torch.ones(1, 2))
    monkeypatch.setitem(_edges.kinds, Shown, _edges.Edge(entered, left))
    x = torch.ones(1, 2).as_subclass(Shown)
    assert {type(layer(x)), type(loss(x, x)), type(metric(x, x))} == {Shown}


def test_losses_and_metrics_give_what_they_were_given(registered):
    loss, metric = keras.losses.SparseCategoricalCrossentropy(), keras.metrics.SparseCategoricalAccuracy()
    labels, predictions = torch.tensor([1]), torch.tensor([[0.25, 0.75]])
    assert loss(shown(1), predictions).item() == pytest.approx(loss(labels, predictions).item())
    assert type(loss(shown(1), predictions)) is Shown and type(loss(labels, predictions)) is torch.Tensor
    assert type(metric(labels, predictions)) is torch.Tensor
    metric.update_state(shown(0), predictions)
    assert type(metric.result()) is Shown and metric.result().item() == 0.5


def test_batches_of_a_generator_are_plain_in_a_step(registered):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.seen = keras.layers.Dense(1), set()

        def train_step(self, data):
            self.seen |= {type(part) for part in data[:2]}
            return super().train_step(data)

        def call(self, inputs):
            return self.dense(inputs)

    model = Net()
    model.compile("sgd", "mse", run_eagerly=True)
    rows = ((torch.ones(2, 3).as_subclass(Shown), torch.ones(2, 1).as_subclass(Shown)) for _ in range(2))
    model.fit(rows, verbose=0)
    assert model.seen == {torch.Tensor}


def test_conversion_gives_a_plain_tensor(registered):
    assert type(keras.ops.convert_to_tensor(shown(1.0))) is torch.Tensor
