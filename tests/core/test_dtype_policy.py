"""Dtype policies and dtypes."""

import numpy as np
import pytest
import torch

from kerasish.core import DTypePolicy, convert_to_tensor, dtype_policy, get_dtype_policy, set_dtype_policy, standardize_dtype


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [("float32", "float32", "float32"), ("mixed_float16", "float16", "float32"), ("mixed_bfloat16", "bfloat16", "float32")],
)
def test_a_policy_says_in_what_to_compute_and_what_to_keep(name: str, compute: str, variable: str) -> None:
    policy = DTypePolicy(name)
    assert (policy.compute_dtype, policy.variable_dtype) == (compute, variable)
    assert DTypePolicy.from_config(policy.get_config()) == policy


def test_the_global_policy_is_what_was_set() -> None:
    set_dtype_policy("mixed_bfloat16")
    assert dtype_policy().name == "mixed_bfloat16" and get_dtype_policy(None).name == "mixed_bfloat16"


@pytest.mark.parametrize("wrong", ["mixed_int8", "int8_from_float32", "float33"])
def test_unknown_policies_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong.split("_")[0]):
        DTypePolicy(wrong)


@pytest.mark.parametrize(
    ("told", "name"),
    [("float32", "float32"), (torch.bool, "bool"), (np.int64, "int64"), (float, "float32"), (int, "int32"), (None, "float32")],
)
def test_a_dtype_may_be_told_in_many_ways(told: object, name: str) -> None:
    assert standardize_dtype(told) == name


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(1.5, torch.float32), (3, torch.int32), ([1, 2.0], torch.float32), (np.ones(2), torch.float64), (True, torch.bool)],
)
def test_tensors_have_keras_default_dtypes(value: object, dtype: torch.dtype) -> None:
    assert convert_to_tensor(value).dtype is dtype


def test_text_is_no_tensor() -> None:
    with pytest.raises(ValueError, match="map its values to numbers"):
        convert_to_tensor(np.array(["a"]))
