"""Reductions: result dtypes, no axes, and values to begin with."""

import pytest
import torch

from kerasish import ops

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int8, torch.int32])
def test_small_integers_are_summed_in_int32(dtype):
    assert ops.sum(torch.ones(300, dtype=dtype)).item() == 300
    assert ops.sum(torch.ones(300, dtype=dtype)).dtype is torch.int32


def test_means_of_integers_are_floats_and_places_are_int32():
    assert ops.mean([1, 2]).item() == 1.5
    assert ops.argmax([[1, 3]], axis=1).dtype is torch.int32


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "amax"])
def test_no_axes_leave_the_tensor_as_it_is(name):
    assert torch.equal(getattr(ops, name)(X, axis=()), X)


@pytest.mark.parametrize("name", ["sum", "max", "any", "prod", "logsumexp"])
def test_keepdims_holds_for_all_axes_too(name):
    assert getattr(ops, name)(X, keepdims=True).shape == (1, 1)


def test_variance_divides_by_the_number_of_elements():
    assert ops.var([1.0, 3.0]).item() == 1.0
    assert ops.std([1, 3]).item() == 1.0


def test_max_of_nothing_is_the_initial_value():
    assert ops.max(torch.zeros(0, 2), axis=0, initial=-1.0).tolist() == [-1.0, -1.0]
    with pytest.raises(IndexError):
        ops.max(torch.zeros(0, 2), axis=0)


def test_weights_along_one_axis_broadcast_and_others_are_refused():
    assert ops.average(X, axis=0, weights=[1.0, 3.0]).tolist() == [2.5, 3.5]
    assert ops.average(X, weights=X).item() == 3.0
    with pytest.raises(ValueError, match="`weights`"):
        ops.average(X, weights=[1.0, 3.0])


def test_sums_pass_over_nan_and_say_where_there_is_nothing_else():
    x = torch.tensor([[float("nan"), 2.0], [float("nan"), float("nan")]])
    assert ops.nansum(x, axis=1).tolist() == [2.0, 0.0]
    assert ops.nanargmax(x, axis=1).tolist() == [1, -1]
    assert torch.isnan(ops.nanmax(x, axis=1)).tolist() == [False, True]


def test_nan_reductions_over_no_axes_leave_each_number_alone():
    x = torch.tensor([1.0, float("nan")])
    torch.testing.assert_close(ops.nanmean(x, axis=()), x, equal_nan=True)
    torch.testing.assert_close(ops.nanstd(x, axis=()), torch.tensor([0.0, float("nan")]), equal_nan=True)
