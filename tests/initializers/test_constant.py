"""Initializers that give the same values each time."""

import numpy as np
import pytest
import torch

from kerasish import initializers


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        (initializers.Zeros(), [[0, 0, 0], [0, 0, 0]]),
        (initializers.Ones(), [[1, 1, 1], [1, 1, 1]]),
        (initializers.Constant(2.5), [[2.5, 2.5, 2.5], [2.5, 2.5, 2.5]]),
        (initializers.Constant([1.0, 2.0, 3.0]), [[1, 2, 3], [1, 2, 3]]),
        (initializers.Constant(torch.tensor([[1.0], [2.0]])), [[1, 1, 1], [2, 2, 2]]),
        (initializers.Identity(), [[1, 0, 0], [0, 1, 0]]),
        (initializers.Identity(0.5), [[0.5, 0, 0], [0, 0.5, 0]]),
    ],
)
def test_values(initializer, expected):
    assert initializer((2, 3)).tolist() == expected


@pytest.mark.parametrize("name", ["zeros", "ones", "constant", "identity"])
@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_dtypes_that_do_not_float_are_made_too(name, dtype):
    assert initializers.get(name)((2, 2), dtype).dtype is getattr(torch, dtype)


def test_an_identity_of_another_gain_keeps_an_integer_dtype():
    assert initializers.Identity(3)((1, 2), "int32").tolist() == [[3, 0]]


def test_the_identity_is_a_matrix():
    with pytest.raises(ValueError, match=r"of shape \(rows, columns\); received shape \(2, 2, 2\)"):
        initializers.Identity()((2, 2, 2))


def test_constants_are_copies_that_own_their_memory():
    values = np.zeros(3, "float32")
    made = initializers.Constant(values)((3,))
    made += 1
    assert values.tolist() == [0, 0, 0]
    assert initializers.Constant(values)((4, 3)).is_contiguous()


def test_an_array_in_a_config_comes_back():
    config = initializers.Constant(np.array([1.0, 2.0], "float32")).get_config()
    assert config == {"value": {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}}
    assert initializers.Constant.from_config(config)((2,)).tolist() == [1, 2]


def test_a_gain_is_in_the_config_unless_it_is_one():
    assert initializers.Identity().get_config() == {}
    assert initializers.Identity(2.0).clone()((1, 1)).item() == 2.0
