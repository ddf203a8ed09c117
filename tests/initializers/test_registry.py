"""What stands for an initializer."""

import numpy as np
import pytest
import torch

from kerasish import initializers


def test_no_initializer_stays_none():
    assert initializers.get(None) is None


@pytest.mark.parametrize("values", [np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])])
def test_an_array_stands_for_its_values(values):
    assert initializers.get(values)((2,), "float16").tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"fits their shape \(2,\); received \(3, 2\)"):
        initializers.get(values)((3, 2))


def test_a_function_is_an_initializer():
    def ramp(shape, dtype=None):
        return torch.arange(shape[0], dtype=dtype)

    assert initializers.get(ramp) is ramp


def test_a_class_is_made_into_an_object():
    assert isinstance(initializers.get(initializers.HeNormal), initializers.HeNormal)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zero", initializers.Zeros),
        ("one", initializers.Ones),
        ("normal", initializers.RandomNormal),
        ("uniform", initializers.RandomUniform),
        ("IdentityInitializer", initializers.Identity),
        ("OrthogonalInitializer", initializers.Orthogonal),
        ("STFTInitializer", initializers.STFT),
    ],
)
def test_aliases(name, cls):
    assert type(initializers.get(name)) is cls


def test_a_misspelled_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"`glorot_unifrm` is not a known initializer\. Did you mean 'GlorotUniform'"):
        initializers.get("glorot_unifrm")
