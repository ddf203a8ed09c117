"""One battery over every initializer there is."""

import json

import pytest
import torch

from kerasish import initializers
from kerasish._base._names import to_snake_case
from kerasish._base._settings import set_floatx
from kerasish.core import device
from kerasish.initializers._random import _RandomInitializer
from kerasish.initializers._registry import INITIALIZERS

CLASSES = sorted(set(INITIALIZERS.classes.values()) - {initializers.Initializer}, key=lambda cls: cls.__name__)
RANDOM = [cls for cls in CLASSES if issubclass(cls, _RandomInitializer)]
SHAPES = {"STFT": (8, 1, 5)}
every = pytest.mark.parametrize("cls", CLASSES)
every_random = pytest.mark.parametrize("cls", RANDOM)


def shape_for(cls):
    return SHAPES.get(cls.__name__, (4, 6))


def test_there_are_as_many_as_in_keras():
    assert (len(CLASSES), len(RANDOM)) == (16, 11)


@every
def test_every_spelling_of_the_name_finds_it(cls):
    name = cls.__name__
    for spelling in (name, name[0].lower() + name[1:], to_snake_case(name)):
        assert type(initializers.get(spelling)) is cls


@every
def test_the_config_makes_it_again(cls):
    config = json.loads(json.dumps(initializers.serialize(cls())))
    again = initializers.deserialize(config)
    assert type(again) is cls and again.get_config() == cls().get_config()
    assert initializers.get(config).get_config() == cls().clone().get_config()


@every
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_it_makes_the_shape_and_dtype_asked_for(cls, dtype):
    x = cls()(shape_for(cls), dtype)
    assert tuple(x.shape) == shape_for(cls) and x.dtype is getattr(torch, dtype)
    assert x.isfinite().all() and not x.requires_grad and x.is_contiguous()
    assert cls()(shape_for(cls), getattr(torch, dtype)).dtype is x.dtype


@every
def test_the_dtype_is_floatx_unless_told(cls):
    assert cls()(shape_for(cls)).dtype is torch.float32
    set_floatx("float64")
    try:
        assert cls()(shape_for(cls)).dtype is torch.float64
    finally:
        set_floatx("float32")


@every
def test_it_works_on_the_default_device(cls):
    with device("cpu"):
        assert cls()(shape_for(cls)).device.type == "cpu"


@every_random
def test_a_seed_gives_the_same_numbers_each_time_and_leaves_torchs_generator_alone(cls):
    before = torch.get_rng_state()
    one, two = cls(seed=7), cls(seed=7)
    first = one((4, 6))
    torch.testing.assert_close(one((4, 6)), first, rtol=0, atol=0)
    torch.testing.assert_close(two((4, 6)), first, rtol=0, atol=0)
    assert not torch.equal(cls(seed=8)((4, 6)), first)
    assert torch.equal(torch.get_rng_state(), before)


@every_random
def test_without_a_seed_torchs_generator_governs(cls):
    initializer = cls()
    first, second = initializer((4, 6)), initializer((4, 6))
    assert not torch.equal(first, second)
    torch.manual_seed(1)
    assert torch.equal(cls()((4, 6)), first)


@every_random
def test_the_seed_is_in_the_config(cls):
    assert cls().get_config()["seed"] is None
    assert cls.from_config(cls(seed=3).get_config()).seed == 3
