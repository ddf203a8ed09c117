"""Variables: parameters with Keras's methods."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from kerasish.core import Variable


def test_a_variable_is_a_parameter_and_what_is_computed_from_it_a_plain_tensor() -> None:
    v = Variable([1.0, 2.0], name="v")
    assert isinstance(v, nn.Parameter) and v.requires_grad and v.dtype is torch.float32
    assert type(v * 2) is torch.Tensor and type(v[0]) is torch.Tensor
    (v**2).sum().backward()
    assert v.grad is not None and v.grad.tolist() == [2.0, 4.0]


def test_assigning_changes_values_in_place_and_checks_the_shape() -> None:
    v = Variable(np.zeros((2, 2), "float32"), name="v")
    pointer = v.data_ptr()
    v.assign([[1, 2], [3, 4]])
    v.assign_add(np.ones((2, 2)))
    v.assign_sub(0.5)
    assert v.numpy().tolist() == [[1.5, 2.5], [3.5, 4.5]] and v.data_ptr() == pointer
    with pytest.raises(ValueError, match=r"v: a value assigned must have the variable's shape \(2, 2\); received shape \(3,\)"):
        v.assign([1, 2, 3])


def test_a_variable_does_not_share_memory_with_the_value_it_was_made_of() -> None:
    value = torch.zeros(3)
    v = Variable(value)
    v.assign([1.0, 1.0, 1.0])
    assert value.tolist() == [0, 0, 0]


def test_an_initializer_needs_a_shape_and_memory_may_be_ordered() -> None:
    v = Variable(lambda shape, dtype: torch.arange(6.0).reshape(shape), (2, 3), memory_order=(1, 0))
    assert v.shape == (2, 3) and v.t().is_contiguous() and v.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match="needs its `shape`"):
        Variable(lambda shape, dtype: torch.zeros(shape))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_are_variables_with_name_layout_and_values(again: object) -> None:
    v = Variable(lambda shape, dtype: torch.rand(shape), (2, 3), trainable=False, name="v", memory_order=(1, 0))
    c = again(v)  # type: ignore[operator]
    assert type(c) is Variable and c.name == "v" and not c.requires_grad and torch.equal(c, v) and c.stride() == v.stride()
    assert c.data_ptr() != v.data_ptr()


def test_whole_numbers_are_never_trained() -> None:
    assert not Variable(3).requires_grad and Variable(3).dtype is torch.int32


def test_arrays_come_from_trained_variables_too() -> None:
    assert np.asarray(Variable([1.5])).tolist() == [1.5]
    assert Variable([1.5], dtype="bfloat16").numpy().dtype == np.float32


@pytest.mark.parametrize("wrong", [{"name": "a/b"}, {"layout": "x"}, {"aggregation": "median"}, {"synchronization": "x"}])
def test_what_is_not_supported_says_so(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Variable([1.0], **wrong)
