"""One battery over every regularizer there is."""

import json

import pytest
import torch

from kerasish import regularizers
from kerasish._base._names import to_snake_case
from kerasish.core import Variable
from kerasish.regularizers._registry import REGULARIZERS

CLASSES = sorted(set(REGULARIZERS.classes.values()) - {regularizers.Regularizer}, key=lambda cls: cls.__name__)
OPTIONS = {"L1L2": {"l1": 0.125, "l2": 0.25}}
every = pytest.mark.parametrize("cls", CLASSES)


def make(cls):
    return cls(**OPTIONS.get(cls.__name__, {}))


def test_there_are_as_many_as_in_keras():
    assert len(CLASSES) == 4


@every
def test_every_spelling_of_the_name_finds_it(cls):
    name = cls.__name__
    for spelling in (name, name[0].lower() + name[1:], to_snake_case(name)):
        assert type(regularizers.get(spelling)) is cls


@every
def test_the_config_makes_it_again(cls):
    config = json.loads(json.dumps(regularizers.serialize(make(cls))))
    again = regularizers.get(config)
    assert type(again) is cls and again.get_config() == make(cls).get_config()
    x = torch.randn(4, 3)
    torch.testing.assert_close(regularizers.deserialize(config)(x), make(cls)(x))


@every
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_penalty_is_a_scalar_of_the_weights_dtype(cls, dtype):
    x = torch.randn(4, 3).to(dtype)
    penalty = make(cls)(x)
    assert penalty.shape == () and penalty.dtype is dtype
    torch.testing.assert_close(penalty.double(), make(cls)(x.double()), rtol=0.02, atol=0.01)


@every
def test_the_gradient_is_right_and_finite_at_zero(cls):
    assert torch.autograd.gradcheck(make(cls), torch.randn(4, 3, dtype=torch.float64).requires_grad_())
    zero = Variable(torch.zeros(4, 3))
    make(cls)(zero).backward()
    assert zero.grad.eq(0).all()


@every
def test_it_compiles_without_a_graph_break(cls):
    torch._dynamo.reset()
    x = torch.randn(4, 3)
    torch.testing.assert_close(torch.compile(make(cls), fullgraph=True, backend="eager")(x), make(cls)(x))
