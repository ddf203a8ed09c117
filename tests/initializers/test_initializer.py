"""The base that users write their own initializers on."""

import pytest
import torch

from kerasish import initializers
from kerasish._base._registry import custom_object_scope


class Ramp(initializers.Initializer):
    """Written as for Keras: an `__init__` of its own."""

    def __init__(self, start, step=1.0):
        self.start, self.step = start, step

    def __call__(self, shape, dtype=None):
        return self.start + self.step * torch.arange(shape[0])


def test_the_arguments_of_ones_own_init_are_its_config():
    assert Ramp(1.0).get_config() == {"start": 1.0}
    assert Ramp(1.0, step=2.0).clone()((3,)).tolist() == [1, 3, 5]


def test_ones_own_class_comes_back_from_its_config():
    config = initializers.serialize(Ramp(1.0, 2.0))
    with custom_object_scope({"Ramp": Ramp}):
        assert initializers.deserialize(config)((2,)).tolist() == [1, 3]
        assert isinstance(initializers.get(config), Ramp)


def test_the_base_says_what_it_lacks():
    with pytest.raises(NotImplementedError, match=r"Bare needs a method `__call__\(self, shape, dtype=None\)`"):
        type("Bare", (initializers.Initializer,), {})()((2,))


class Doubled(initializers.GlorotUniform):
    """A subclass of one that settles its options."""

    def __call__(self, shape, dtype=None):
        return 2 * super().__call__(shape, dtype)


def test_a_subclass_of_a_preset_keeps_its_config():
    assert Doubled(seed=1).get_config() == {"seed": 1, "input_axes": None, "output_axes": None}
    ours, preset = Doubled(seed=1)((2, 2)), initializers.GlorotUniform(seed=1)((2, 2))
    torch.testing.assert_close(ours, 2 * preset)
