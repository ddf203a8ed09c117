"""Seeds as an argument of initializers."""

import pytest
import torch

from kerasish import initializers
from kerasish.random import SeedGenerator


@pytest.mark.parametrize("seed", [1.5, True, "seven"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        initializers.RandomNormal(seed=seed)


def test_a_seed_generator_goes_on_from_call_to_call():
    initializer = initializers.RandomNormal(seed=SeedGenerator(3))
    first, second = initializer((4,)), initializer((4,))
    assert not torch.equal(first, second)
    again = initializers.RandomNormal(seed=SeedGenerator(3))
    assert torch.equal(again((4,)), first) and torch.equal(again((4,)), second)


def test_a_seed_generator_is_in_the_config_and_comes_back_at_its_beginning():
    initializer = initializers.GlorotUniform(seed=SeedGenerator(3))
    first = initializer((4, 4))
    assert initializer.get_config()["seed"]["class_name"] == "SeedGenerator"
    clone = initializer.clone()
    assert isinstance(clone.seed, SeedGenerator) and torch.equal(clone((4, 4)), first)


@pytest.mark.parametrize("seed", [-1, 0, 2**31, 2**40])
def test_any_integer_is_a_seed(seed):
    assert torch.equal(initializers.HeNormal(seed=seed)((3, 3)), initializers.HeNormal(seed=seed)((3, 3)))
