"""Seeds: what is the same again, and what is not."""

import random as python_random

import numpy as np
import pytest
import torch

from kerasish import random
from kerasish._base._serialization import deserialize, serialize
from kerasish.core import KerasTensor, op
from kerasish.random._seeds import draw_seed, generator_for


def test_an_integer_gives_the_same_numbers_each_time():
    assert torch.equal(random.normal((5,), seed=3), random.normal((5,), seed=3))
    assert not torch.equal(random.normal((5,), seed=3), random.normal((5,), seed=4))


def test_a_generator_goes_on_and_begins_again_from_its_config():
    seeds = random.SeedGenerator(3)
    first, second = random.uniform((5,), seed=seeds), random.uniform((5,), seed=seeds)
    assert not torch.equal(first, second)
    again = random.SeedGenerator.from_config(seeds.get_config())
    assert torch.equal(random.uniform((5,), seed=again), first)
    assert again.get_config() == {"seed": 3, "name": "seed_generator"}


def test_the_state_can_be_taken_over():
    seeds, other = random.SeedGenerator(3), random.SeedGenerator(8)
    seeds.next()
    other.state.assign(seeds.state)
    assert torch.equal(random.normal((3,), seed=other), random.normal((3,), seed=seeds))


def test_unordered_seeds_jump():
    seeds = random.SeedGenerator(3)
    seeds.next(ordered=False)
    assert seeds.next().tolist() == [4 * 5387 % 933199, 1 * 5387 % 933199]


def test_a_generator_is_found_again_in_a_file():
    described = serialize(random.SeedGenerator(3, name="s"))
    assert described["module"] == "keras.random"
    assert deserialize(described).get_config() == {"seed": 3, "name": "s"}


def test_one_seed_for_everything():
    def draw():
        return python_random.random(), np.random.rand(), torch.rand(1).item(), random.normal((1,)).item()

    random.set_random_seed(5)
    first = draw()
    random.set_random_seed(5)
    assert draw() == first


def test_without_a_seed_torchs_own_generator_is_drawn_from():
    assert generator_for(None, torch.device("cpu")) is None
    torch.manual_seed(2)
    ours = random.uniform((3,))
    torch.manual_seed(2)
    assert torch.equal(ours, torch.rand(3))


def test_inferring_shapes_draws_no_seed():
    seeds = random.SeedGenerator(3)

    @op("keras.src.ops.numpy")
    def noisy(x):
        return x + random.normal((4,), seed=seeds)

    assert noisy(KerasTensor((None, 4))).shape == (None, 4)
    assert seeds.state.tolist() == [3, 0]


def test_what_is_no_seed_is_refused():
    for seed in ("a", 1.5):
        with pytest.raises(ValueError, match="`seed` must be an integer"):
            draw_seed(seed)
        with pytest.raises(ValueError, match="`seed` must be an integer"):
            random.SeedGenerator(seed)
