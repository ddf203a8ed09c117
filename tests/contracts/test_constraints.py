"""One battery over every constraint there is."""

import json

import pytest
import torch

from kerasish import constraints
from kerasish._base._names import to_snake_case
from kerasish.constraints._registry import CONSTRAINTS
from kerasish.core import Variable

CLASSES = sorted(set(CONSTRAINTS.classes.values()) - {constraints.Constraint}, key=lambda cls: cls.__name__)
every = pytest.mark.parametrize("cls", CLASSES)


def test_there_are_as_many_as_in_keras():
    assert len(CLASSES) == 4


@every
def test_every_spelling_of_the_name_finds_it(cls):
    name = cls.__name__
    for spelling in (name, name[0].lower() + name[1:], to_snake_case(name)):
        assert type(constraints.get(spelling)) is cls


@every
def test_the_config_makes_it_again(cls):
    config = json.loads(json.dumps(constraints.serialize(cls())))
    again = constraints.get(config)
    assert type(again) is cls and again.get_config() == cls().get_config()
    assert constraints.deserialize(config).get_config() == cls().get_config()


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_shape_and_dtype_are_kept(cls, dtype):
    w = torch.randn(4, 3).to(dtype)
    projected = cls()(w)
    assert projected.shape == w.shape and projected.dtype is dtype
    torch.testing.assert_close(projected.double(), cls()(w.double()), rtol=0.02, atol=0.01)


@every
def test_a_second_projection_changes_nothing(cls):
    once = cls()(torch.randn(4, 3))
    torch.testing.assert_close(cls()(once), once)


@every
def test_a_variable_gives_a_plain_tensor(cls):
    with torch.no_grad():
        assert type(cls()(Variable(torch.randn(4, 3)))) is torch.Tensor


@every
def test_zeros_stay_zeros(cls):
    assert cls()(torch.zeros(4, 3)).eq(0).all()


@every
def test_it_compiles_without_a_graph_break(cls):
    torch._dynamo.reset()
    w = torch.randn(4, 3)
    torch.testing.assert_close(torch.compile(cls(), fullgraph=True, backend="eager")(w), cls()(w))
