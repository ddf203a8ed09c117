"""Arithmetic: the dtypes that come out, and the cases at the edge."""

import numpy as np
import pytest
import torch

from kerasish import ops
from kerasish.core import KerasTensor, Variable


@pytest.mark.parametrize(
    ("x1", "x2", "dtype"),
    [
        (torch.ones(2, dtype=torch.int32), torch.ones(2), torch.float32),
        (torch.ones(2, dtype=torch.int64), torch.ones(2), torch.float32),
        (torch.ones(2, dtype=torch.float16), 2.5, torch.float16),
        (torch.ones(2, dtype=torch.uint8), 2, torch.uint8),
        (torch.ones(2, dtype=torch.int32), 2.5, torch.float32),
        (torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.float16), torch.float32),
        (3, 4, torch.int32),
        ([1.0], np.float32(2), torch.float32),
    ],
)
def test_python_numbers_are_weak_and_floats_win(x1, x2, dtype):
    assert ops.add(x1, x2).dtype is dtype
    assert ops.multiply(x2, x1).dtype is dtype


def test_division_of_integers_gives_floats():
    assert ops.divide([3, 1], 2).tolist() == [1.5, 0.5]
    assert ops.divide(1, 4).dtype is torch.float32
    assert ops.floor_divide([7, -7], 2).tolist() == [3, -4]


def test_bools_are_counted_in_int32():
    difference = ops.subtract([True, False], [True, True])
    assert difference.tolist() == [0, -1]
    assert difference.dtype is torch.int32


def test_what_is_computed_from_a_variable_is_a_plain_tensor():
    assert type(ops.add(Variable([1.0]), 1)) is torch.Tensor


def test_divide_no_nan_gives_zero_and_no_gradient_at_zero():
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    y = torch.tensor([2.0, 0.0], requires_grad=True)
    ops.divide_no_nan(x, y).sum().backward()
    assert x.grad.tolist() == [0.5, 0.0]
    assert y.grad.tolist() == [-0.25, 0.0]


def test_maximum_takes_numbers_on_either_side_and_keeps_nan():
    x = torch.tensor([-1.0, float("nan"), 2.0])
    assert ops.maximum(0, x)[[0, 2]].tolist() == [0.0, 2.0]
    assert torch.isnan(ops.maximum(x, 0.0)[1])
    assert ops.minimum(x, 1)[[0, 2]].tolist() == [-1.0, 1.0]


def test_the_operators_of_a_symbol_are_the_operations():
    x = KerasTensor((None, 3))
    nodes = [(x + 1).node, (2 * x).node, (x / x).node, x[:, 0].node, (-x).node, (x > 0).node]
    assert [node.name for node in nodes] == ["add", "multiply", "true_divide", "get_item", "negative", "greater"]
    assert nodes[0].target is ops.add


@pytest.mark.parametrize("name", ["heaviside", "hypot", "logaddexp", "logaddexp2", "nextafter", "correlate"])
@pytest.mark.parametrize("other", [torch.int32, torch.bool])
def test_integers_beside_a_short_float_take_its_dtype(name, other):
    short, whole = torch.ones(2, dtype=torch.float16), torch.ones(2).to(other)
    assert getattr(ops, name)(short, whole).dtype is getattr(ops, name)(whole, short).dtype is torch.float16
    assert getattr(ops, name)(whole, whole).dtype is torch.float32


def test_weights_of_an_average_take_part_in_its_dtype():
    assert ops.average(torch.ones(2, dtype=torch.int32), weights=torch.ones(2, dtype=torch.bfloat16)).dtype is torch.bfloat16


def test_bools_beside_integers_take_their_dtype():
    whole, bools = torch.tensor([7], dtype=torch.int16), torch.tensor([True])
    for name in ("mod", "fmod"):
        assert getattr(ops, name)(whole, bools).dtype is torch.int16
        assert getattr(ops, name)(bools, bools).dtype is torch.int32
    assert ops.add(bools, 1).dtype is ops.multiply(2, bools).dtype is ops.where(bools, bools, 3).dtype is torch.int32


def test_the_imaginary_part_of_real_numbers_is_0():
    assert ops.imag([1.0, 2.0]).tolist() == [0.0, 0.0]
