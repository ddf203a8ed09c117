"""Random numbers against the real Keras: shapes and dtypes, and the numbers where both draw alike."""

import pytest

from kerasish import random
from kerasish.core import standardize_dtype

keras = pytest.importorskip("keras")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("normal", ((2, 3),)),
        ("normal", ((2, 3), 1.0, 0.5, "float16")),
        ("uniform", ((2, 3),)),
        ("uniform", ((), 1.0, 2.0)),
        ("truncated_normal", ((4,),)),
        ("randint", ((2, 3), 0, 5)),
        ("randint", ((2, 3), 0, 5, "int64")),
        ("gamma", ((3,), 2.0)),
        ("beta", ((3,), 2.0, 3.0)),
        ("binomial", ((3,), 4.0, 0.5)),
        ("categorical", ([[0.5, 0.5], [0.1, 0.2]], 4)),
        ("shuffle", ([1.0, 2.0, 3.0],)),
    ],
)
def test_shapes_and_dtypes_agree(name, args):
    ours, theirs = getattr(random, name)(*args, seed=1), getattr(keras.random, name)(*args, seed=1)
    assert ours.shape == theirs.shape
    assert standardize_dtype(ours.dtype) == standardize_dtype(theirs.dtype)


@pytest.mark.parametrize(
    ("name", "args"),
    [("normal", ((40,), 1.0, 2.0)), ("uniform", ((40,), -1.0, 1.0)), ("randint", ((40,), 0, 9))],
)
def test_one_seed_gives_the_numbers_of_keras_on_torch(name, args, agree):
    for seed, theirs in ((7, 7), (random.SeedGenerator(7), keras.random.SeedGenerator(7))):
        for _ in range(2):
            agree(getattr(random, name)(*args, seed=seed), getattr(keras.random, name)(*args, seed=theirs))


def test_the_seeds_of_a_generator_are_keras_s():
    ours, theirs = random.SeedGenerator(7), keras.random.SeedGenerator(7)
    for ordered in (True, True, False, True):
        assert ours.next(ordered).tolist() == theirs.next(ordered).tolist()
