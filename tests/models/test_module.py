"""Module: what it finds, in which order, and that it is a torch module."""

import copy
import pickle

import pytest
import torch
from torch import nn

from kerasish import Model, Module, Sequential, Variable, layers, metrics


class Line(Module):
    def __init__(self):  # without super().__init__()
        self.w = Variable(5.0)
        self.b = Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


class Deep(Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.z = Variable([3.0])
        self.line = Line()
        self.parts = [Variable(1.0), {"b": Variable(2.0), "a": Line()}]
        self.frozen = Variable(7, trainable=False)
        self.pair = (Variable(8.0), "text")


def test_variables_come_by_the_names_of_attributes():
    line = Line()
    assert [variable is own for variable, own in zip(line.variables, (line.b, line.w), strict=True)] == [True, True]
    assert line(3.0).item() == 15.0 and line.name == "line"


def test_own_variables_come_before_those_inside():
    deep = Deep()
    assert [float(v) for v in deep.variables] == [7.0, 8.0, 1.0, 2.0, 3.0, 0.0, 5.0, 0.0, 5.0]
    assert len(deep.trainable_variables) == 8 and [float(v) for v in deep.non_trainable_variables] == [7.0]
    assert deep.submodules == (deep.line, deep.parts[1]["a"])


def test_it_is_a_torch_module():
    deep = Deep()
    assert isinstance(deep, nn.Module) and not deep.training
    assert {"z", "line.w", "parts.0", "parts.1.b", "parts.1.a.w", "frozen", "pair_items.0"} <= set(deep.state_dict())
    assert len(list(deep.parameters())) == 8
    for twin in (copy.deepcopy(deep), pickle.loads(pickle.dumps(deep))):
        twin.z.assign([9.0])
        assert float(deep.z) == 3.0 and [float(v) for v in twin.variables][4] == 9.0


def test_layers_and_models_are_modules():
    model = Sequential([layers.Dense(2)])
    assert isinstance(model, Module) and isinstance(layers.Dense(1), Module) and issubclass(Model, Module)
    assert not isinstance(nn.Linear(1, 1), Module)


def test_layers_metrics_and_plain_modules_inside_are_found():
    class Mixed(Module):
        def __init__(self):
            self.dense = layers.Dense(2)
            self.linear = nn.Linear(2, 1)
            self.mean = metrics.Mean()

        def __call__(self, x):
            return self.linear(self.dense(x))

    mixed = Mixed()
    mixed(torch.ones(1, 3))
    names = [tuple(v.shape) for v in mixed.variables]
    assert names == [(), (), (3, 2), (2,), (1, 2), (1,)]
    assert [type(m).__name__ for m in mixed.submodules] == ["Dense", "Linear"]


def test_names():
    assert Deep(name="other").name == "other"
    with pytest.raises(ValueError, match="identifier"):
        Deep(name="no name")

    class Scoped(Module):
        @Module.with_name_scope
        def build(self):
            self.v = Variable(1.0)
            return self

    assert Scoped().build().v.path == "scoped/v"
    with Deep().name_scope as scope:
        assert scope == "deep/"


def test_an_attribute_can_be_set_anew():
    line = Line()
    line.w = Variable(1.0)
    assert [float(v) for v in line.variables] == [0.0, 1.0]
    line.w = None
    assert [float(v) for v in line.variables] == [0.0]
